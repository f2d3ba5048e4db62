"""Who is let in, and what is written down of who has read what."""

import asyncio
import base64
import json
import logging
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from htpasswd import file, line
from served import Answer, answer, ask, asked, at, judging, serving
from watched import worker

from models.errors import ConfigError
from streams.health import Health
from streams.http_settings import HttpAuthConfig
from streams.web.access import Guard

PASSWORD = "correct horse: battery"  # noqa: S105 - it guards nothing
TOKEN = "0123456789abcdef-token"  # noqa: S105 - same


def basic(name: str, password: str) -> dict[str, str]:
    """Return what a client sends of a user."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """Return what a client sends of a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def guarded(tmp_path: Path) -> Health:
    """Lend a worker that knows a user and a token."""
    users = file(tmp_path, f"# who may\n\n{line('ada', PASSWORD)}\n{line('bob', 'x', prefix=b'2b')}\n")
    auth = HttpAuthConfig(users, file(tmp_path, f"{TOKEN}\n", "token"))
    return judging(auth=auth)


ASKED = ("/metrics", "/api/v1/health", "/api/v1/document", "/nowhere")


def test_a_stranger_is_told_how_to_come_in(guarded: Health) -> None:
    """401 everywhere, with both ways."""
    for got in asked(guarded, *ASKED):
        assert got.status == 401
        assert got.headers["WWW-Authenticate"].startswith('Basic realm="touchpoint", charset="UTF-8", Bearer')


def test_probes_ask_nobody(guarded: Health) -> None:
    """Who starts workers anew has no password."""
    assert [got.status for got in asked(guarded, "/healthz", "/readyz")] == [200, 200]


@pytest.mark.parametrize("headers", [basic("ada", PASSWORD), basic("bob", "x"), bearer(TOKEN)])
def test_who_is_known_is_let_in(guarded: Health, headers: dict[str, str]) -> None:
    """Users of the file, whichever of bcrypt's names is in it, and whoever has the token."""
    assert [got.status for got in asked(guarded, *((path, headers) for path in ASKED))] == [
        200,
        200,
        200,
        404,
    ]


@pytest.mark.parametrize(
    "header",
    [
        basic("ada", "wrong")["Authorization"],
        basic("eve", PASSWORD)["Authorization"],
        basic("ada", f"{PASSWORD}\0")["Authorization"],
        basic("ada", "")["Authorization"],
        bearer(TOKEN[:-1])["Authorization"],
        bearer(TOKEN + "x")["Authorization"],
        bearer("")["Authorization"],
        "Bearer t\u00f6ken",
        "Bearer \udcff",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic",
        f"Digest {TOKEN}",
        TOKEN,
    ],
)
def test_who_is_not_known_is_not(guarded: Health, header: str, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong password, name or token, and whatever is none; the log says so and not what was tried."""
    got = answer(guarded, "/metrics", Authorization=header)

    assert got.status == 401
    assert "a wrong password or token was refused" in caplog.text
    assert not any(secret in caplog.text for secret in (PASSWORD, TOKEN, "wrong:"))


def test_a_password_that_was_right_is_not_verified_again(
    guarded: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scrape costs no bcrypt; a wrong password does, also after a right one."""
    verified: list[bytes] = []
    verify = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        verified.append(password)
        return verify(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    right, wrong = ("/metrics", basic("ada", PASSWORD)), ("/metrics", basic("ada", "wrong"))

    assert [got.status for got in asked(guarded, right, right, wrong, right, wrong)] == [
        200,
        200,
        401,
        200,
        401,
    ]
    assert verified == [PASSWORD.encode(), b"wrong", b"wrong"]


def test_a_token_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    """Sixteen bytes are the least."""
    with pytest.raises(ConfigError, match="16 bytes are the least") as caught:
        Guard(HttpAuthConfig(token_file=file(tmp_path, "short\n")))

    assert "short" not in str(caught.value)


def warned(of: Health, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says of who can read, when a worker starts to listen."""
    asked(of)
    return [record.getMessage() for record in caplog.records if record.name == "touchpoint.http"]


def test_on_loopback_nothing_is_to_be_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Only this machine comes there."""
    assert warned(at(worker()), caplog) == []


@pytest.mark.parametrize(
    ("mode", "what"),
    [
        ("team", "metrics and findings, no employees"),
        ("pseudonym", "the figures of employees under their pseudonyms"),
        ("named", "the figures of employees under their names"),
    ],
)
def test_what_anyone_can_read_is_told(mode: str, what: str, caplog: pytest.LogCaptureFixture) -> None:
    """Elsewhere the worker starts and says what it shows to whom, and what to set."""
    reach, listen = warned(at(worker(), host="0.0.0.0", mode=mode), caplog)  # noqa: S104 - what is warned of

    assert reach.startswith("http: whoever reaches http://0.0.0.0:0 reads ")
    assert what in reach
    assert "Set http.auth" in reach
    assert listen.startswith("http: whoever is on the way")
    assert "Set http.tls.certificate_file" in listen


def test_passwords_in_clear_are_told(guarded: Health, caplog: pytest.LogCaptureFixture) -> None:
    """Authentication without TLS shows them to whoever is on the way."""
    [listen] = warned(at(guarded, host="0.0.0.0", auth=guarded.config.http.auth), caplog)  # noqa: S104

    assert ", passwords and tokens. Set http.tls.certificate_file" in listen


def noted(of: Health, folder: Path, *questions: Any) -> list[dict[str, Any]]:
    """Return the lines of the access log after some questions."""
    path = folder / "access.jsonl"
    asked(
        at(of, access_log_file=str(path), auth=of.config.http.auth, mode=of.config.privacy.mode), *questions
    )
    return [json.loads(one) for one in path.read_text().splitlines()]


def test_who_reads_of_employees_is_written_down(guarded: Health, tmp_path: Path) -> None:
    """User, address, path, status, time: a JSON line each, and nothing of what was sent along."""
    lines = noted(
        guarded,
        tmp_path,
        ("/api/v1/document", basic("ada", PASSWORD)),
        ("/api/v1/alerts?state=ended", bearer(TOKEN)),
        ("/api/v1/document", basic("ada", "wrong")),
    )

    assert [(one["who"], one["path"], one["status"]) for one in lines] == [
        ("ada", "/api/v1/document", 200),
        ("token", "/api/v1/alerts", 200),
    ]
    assert all(one["address"] == "127.0.0.1" and one["time"].endswith("+00:00") for one in lines)
    written = json.dumps(lines)
    assert not any(secret in written for secret in (PASSWORD, TOKEN, "Basic", "Bearer", "wrong"))


def test_an_address_stands_for_who_is_not_asked(tmp_path: Path) -> None:
    """Where nobody has to say who he is."""
    [one] = noted(judging(), tmp_path, "/api/v1/document")

    assert one["who"] == "127.0.0.1"


def test_what_shows_nobody_is_not_written_down(tmp_path: Path) -> None:
    """Scrapes, probes and health; in team mode nothing shows anybody."""
    quiet = ("/metrics", "/healthz", "/readyz", "/api/v1/health")

    assert noted(judging(), tmp_path, *quiet) == []
    assert noted(judging(mode="team"), tmp_path, *quiet, "/api/v1/document") == []


def test_the_access_log_survives_its_rotation(tmp_path: Path) -> None:
    """A file that is moved away is followed by a new one."""
    path = tmp_path / "access.jsonl"

    async def run() -> list[Answer]:
        async with serving(judging(access_log_file=str(path))) as server:
            before = await ask(server, "/api/v1/document")
            path.rename(tmp_path / "access.jsonl.1")
            return [before, await ask(server, "/api/v1/alerts")]

    assert [one.status for one in asyncio.run(run())] == [200, 200]
    assert json.loads(path.read_text())["path"] == "/api/v1/alerts"


def test_without_a_file_the_log_has_it(caplog: pytest.LogCaptureFixture) -> None:
    """Under a name of its own."""
    with caplog.at_level(logging.INFO, "touchpoint.access"):
        asked(judging(), "/api/v1/document")

    [record] = [one for one in caplog.records if one.name == "touchpoint.access"]
    assert vars(record)["path"] == "/api/v1/document"


def test_an_access_log_that_cannot_be_written_stops_the_worker(tmp_path: Path) -> None:
    """It would be no log."""
    with pytest.raises(ConfigError, match=r"http\.access_log_file: .* cannot be written"):
        asked(judging(access_log_file=str(tmp_path / "nowhere" / "access")))
