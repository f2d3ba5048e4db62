"""The users file: lines of name:bcrypt, as `htpasswd -nB NAME` prints them.

bcrypt is slow on purpose: a password is verified on a thread, one at a time, and one that was right is
remembered under a key of this process, so that a scrape every few seconds costs nothing.
"""

import asyncio
import hmac
import re
import secrets
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, Self

import bcrypt

from models.errors import ConfigError, require
from streams.key_material import secret_in

_KEY: Final = "http.auth.users_file"
_HASH: Final = re.compile(rb"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_COSTS: Final = range(4, 16)
"""Below 4 is none; 15 takes some three seconds, and whoever waits longer has gone."""
_PASSWORD_BYTES: Final = 72
"""bcrypt looks at no more; htpasswd cuts what is longer, so it is cut here."""
_WAITING_MAX: Final = 8


class BusyError(Exception):
    """More passwords are to be verified than is bearable."""


class Users:
    """Who may come in by name and password."""

    def __init__(self, hashes: Mapping[str, bytes]) -> None:
        self._hashes = dict(hashes)
        self._slowest = max(self._hashes.values(), key=lambda one: one.split(b"$")[2])
        self._key = secrets.token_bytes(32)
        self._remembered: dict[str, bytes] = {}
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    @classmethod
    def read(cls, path: str) -> Self:
        """Return the users that a file names.

        Raises
        ------
        ConfigError
            With the number of the line that cannot be right, and nothing of what stands there.
        """
        hashes: dict[str, bytes] = {}
        for number, line in enumerate(secret_in(_KEY, path).splitlines(), start=1):
            if not line.strip() or line.startswith(b"#"):
                continue
            raw_name, _, password = line.strip().partition(b":")
            name = raw_name.decode(errors="replace")
            where = f"{path} line {number}"
            found = _HASH.fullmatch(password)
            if found is None or not name:
                raise ConfigError(_KEY, f"{where} is not name:bcrypt; `htpasswd -nBC 12 NAME` prints one")
            holds = int(found[1]) in _COSTS
            require(holds, _KEY, f"{where}: a cost of {_COSTS[0]} to {_COSTS[-1]} is needed")
            require(name not in hashes, _KEY, f"{where} names a user for the second time")
            hashes[name] = password
        require(bool(hashes), _KEY, f"{path} names no user")
        return cls(hashes)

    async def knows(self, name: str, password: bytes) -> bool:
        """Return whether this is a user's password; an unknown name takes as long as a wrong password.

        Raises
        ------
        BusyError
        """
        password = password[:_PASSWORD_BYTES]
        told = blake2b(b"%d:%b%b" % (len(name), name.encode(), password), key=self._key).digest()
        if hmac.compare_digest(self._remembered.get(name, b""), told):
            return True
        if self._waiting >= _WAITING_MAX:
            raise BusyError
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                is_right = await asyncio.to_thread(self._verify, name, password)
        finally:
            self._waiting -= 1
        if is_right:
            self._remembered[name] = told
        return is_right

    def _verify(self, name: str, password: bytes) -> bool:
        is_known = name in self._hashes
        is_right = b"\0" not in password and bcrypt.checkpw(password, self._hashes.get(name, self._slowest))
        return is_known and is_right
