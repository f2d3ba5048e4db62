"""The users file: what may stand in it, and what it costs to verify a password."""

import asyncio
from pathlib import Path
from threading import Semaphore
from time import sleep
from typing import Any

import bcrypt
import pytest
from htpasswd import file, line

from models.errors import ConfigError
from streams.web.users import BusyError, Users

PASSWORD = "correct horse: battery"  # noqa: S105 - it guards nothing


def test_an_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody finds out names by the clock: bcrypt runs, at the greatest cost that any user has."""
    costs: list[bytes] = []

    def right(_: bytes, hashed: bytes) -> bool:
        costs.append(hashed[4:6])
        return True

    monkeypatch.setattr(bcrypt, "checkpw", right)
    hashes = {name: line("", "x", cost).encode()[1:] for name, cost in (("ada", 4), ("bob", 6))}

    assert not asyncio.run(Users(hashes).knows("eve", b"x"))
    assert costs == [b"06"]


def test_bcrypt_looks_at_72_bytes() -> None:
    """A longer one is cut by htpasswd; who has one comes in, as at other servers."""
    password = "p" * 80
    users = Users({"ada": line("", password).encode()[1:]})

    assert asyncio.run(users.knows("ada", password.encode()))


def test_a_flood_of_wrong_passwords_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for each other, a few of them; the others are sent away, and who is remembered comes in."""
    users = Users({"ada": line("", PASSWORD).encode()[1:]})
    running, at_once = Semaphore(0), list[int]()

    async def run() -> list[Any]:
        assert await users.knows("ada", PASSWORD.encode())
        flood = [asyncio.ensure_future(users.knows("ada", b"%d" % number)) for number in range(20)]
        await asyncio.sleep(0)
        assert await users.knows("ada", PASSWORD.encode())
        return await asyncio.gather(*flood, return_exceptions=True)

    verify = bcrypt.checkpw

    def watched(password: bytes, hashed: bytes) -> bool:
        running.release()
        at_once.append(running._value)
        sleep(0.01)  # long enough for another one to begin, if it may
        running.acquire()
        return verify(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", watched)
    ended = asyncio.run(run())
    assert sum(one is False for one in ended) == 8
    assert sum(isinstance(one, BusyError) for one in ended) == 12
    assert at_once == [1] * 9


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("ada:secret-in-clear", "line 1 is not name:bcrypt"),
        ("ada:$apr1$abcdefgh$0123456789012345678901", "line 1 is not name:bcrypt"),
        (f"# first\n{line('', PASSWORD)}", "line 2 is not name:bcrypt"),
        (line("ada", "x").replace("$04$", "$31$"), "a cost of 4 to 15 is needed"),
        (f"{line('ada', 'x')}\n{line('ada', 'y')}", "line 2 names a user for the second time"),
        ("# nobody\n", "names no user"),
    ],
)
def test_a_users_file_that_cannot_be_right_is_told(tmp_path: Path, content: str, problem: str) -> None:
    """With the line, what prints a right one, and nothing of what stands there."""
    with pytest.raises(ConfigError, match=problem) as caught:
        Users.read(file(tmp_path, content))

    assert caught.value.key == "http.auth.users_file"
    assert "secret-in-clear" not in str(caught.value)
