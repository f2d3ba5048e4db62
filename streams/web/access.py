"""Who is let in, and who has read what of people."""

import base64
import binascii
import hmac
import logging
from logging.handlers import WatchedFileHandler
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from models.errors import ConfigError, require
from streams.config import Config
from streams.http_settings import HttpAuthConfig
from streams.key_material import secret_in
from streams.logs import ACCESS, JsonFormatter
from streams.web.refusal import Refusal
from streams.web.users import BusyError, Users

log: Final = logging.getLogger("touchpoint.http")

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Never behind authentication: who starts workers anew asks them."""
_SHOWS_NOBODY: Final = PROBES | {"/metrics", "/api/v1/health"}
"""Not in the access log. /metrics is read by Prometheus; who reads it there, it knows."""
_TOKEN_BYTES_MIN: Final = 16
_WHO: Final = web.RequestKey("who", str)


class Guard:
    """Lets in who has the right name and password, or the token; everybody where neither is asked for."""

    def __init__(self, config: HttpAuthConfig) -> None:
        self._users = Users.read(config.users_file) if config.users_file else None
        self._token = _token_in(config.token_file) if config.token_file else None

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked."""
        return self._users is None and self._token is None

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer who is let in."""
        if request.path not in PROBES:
            request[_WHO] = await self._who(request)
        return await handler(request)

    async def _who(self, request: web.Request) -> str:
        if self.is_open:
            return _certified(request) or request.remote or ""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        found: str | None = None
        try:
            if scheme.lower() == "bearer":
                found = self._bearer(given.strip())
            elif scheme.lower() == "basic":
                found = await self._user(given.strip())
        except BusyError:
            message = "too many passwords are being verified; ask again in a moment"
            raise Refusal(503, "busy", message, {"Retry-After": "2"}) from None
        if found is not None:
            return found
        if scheme:
            log.warning("a wrong password or token was refused", extra={"address": request.remote})
        raise Refusal(
            401,
            "unauthorized",
            "a user of http.auth.users_file and the password are needed, or http.auth.token_file's token",
            {"WWW-Authenticate": ", ".join(self._schemes())},
        )

    def _schemes(self) -> list[str]:
        basic = [] if self._users is None else ['Basic realm="touchpoint", charset="UTF-8"']
        return basic + ([] if self._token is None else ['Bearer realm="touchpoint"'])

    def _bearer(self, given: str) -> str | None:
        told = given.encode(errors="surrogateescape")  # as aiohttp decodes what is no UTF-8
        is_right = self._token is not None and hmac.compare_digest(told, self._token)
        return "token" if is_right else None

    async def _user(self, given: str) -> str | None:
        try:
            raw_name, colon, password = base64.b64decode(given, validate=True).partition(b":")
            name = raw_name.decode()
        except (binascii.Error, ValueError):
            return None
        is_right = self._users is not None and colon and await self._users.knows(name, password)
        return name if is_right else None


class AccessLog:
    """Who has read what and when, where employees are shown: a JSON line each, or a line of the log.

    Every answer that may show a person is in it, whoever asks, and nothing of what was sent along.
    """

    def __init__(self, config: Config) -> None:
        self._is_kept = config.privacy.mode != "team"
        self._log = _kept_in(config.http.access_log_file) if config.http.access_log_file else ACCESS

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer, and write down who asked for what."""
        response = await handler(request)
        if self._is_kept and request.path not in _SHOWS_NOBODY:
            about = {
                "who": request.get(_WHO, ""),
                "address": request.remote,
                "path": request.rel_url.raw_path,
                "status": response.status,
            }
            self._log.info("read", extra=about)
        return response

    async def closed(self, _: web.Application) -> None:
        """Close the file, where there is one of its own."""
        if self._log is not ACCESS:
            for handler in self._log.handlers:
                handler.close()


def _token_in(path: str) -> bytes:
    key = "http.auth.token_file"
    token = secret_in(key, path).strip()
    require(len(token) >= _TOKEN_BYTES_MIN, key, f"{path}: {_TOKEN_BYTES_MIN} bytes are the least")
    return token


def _certified(request: web.Request) -> str | None:
    """Return the name in a client's certificate, None where it showed none."""
    transport = request.transport
    certificate: dict[str, Any] | None = None if transport is None else transport.get_extra_info("peercert")
    names = {} if not certificate else {key: value for [(key, value), *_] in certificate["subject"]}
    return names.get("commonName")


def _kept_in(path: str) -> logging.Logger:
    """Return a logger that writes to a file, also to the one that takes its place when it is rotated."""
    try:
        handler = WatchedFileHandler(path)
    except OSError as error:
        raise ConfigError("http.access_log_file", f"{path} cannot be written: {error.strerror}") from None
    handler.setFormatter(JsonFormatter())
    kept = logging.Logger("touchpoint.access", logging.INFO)  # noqa: LOG001 - of this server, not of the process
    kept.addHandler(handler)
    return kept
