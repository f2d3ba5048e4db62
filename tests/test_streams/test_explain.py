"""`touchpoint explain`: one alert of a worker in words, as a person reads it or a script does."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from click.testing import Result
from commands import touchpoint
from kafka.secured import Authority
from pages import judged
from served import at, judging, serving
from watched import worker

from streams.health import Health
from streams.http_settings import HttpAuthConfig, HttpTlsConfig


@contextmanager
def worker_at(of: Health) -> Iterator[int]:
    """Lend the port of a worker that serves on a thread of its own: the command has a loop of its own."""
    port: list[int] = []
    listens, over = threading.Event(), threading.Event()

    async def run() -> None:
        async with serving(of) as server:
            port.append(server.port)
            listens.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert listens.wait(30)
        yield port[0]
    finally:
        over.set()
        thread.join()


def explain(of: Health, alert_id: str, *options: object, scheme: str = "http") -> Result:
    """Ask a worker for an alert."""
    with worker_at(of) as port:
        return touchpoint("explain", alert_id, "--url", f"{scheme}://127.0.0.1:{port}", *options)


SPLIT = next(one for one in judged().alerts if one.kind == "stratum_split")
OUTLIER = next(one for one in judged().alerts if one.kind == "employee_outlier")


@pytest.mark.parametrize("alert", [SPLIT, OUTLIER], ids=["split", "outlier"])
def test_an_alert_is_told_in_words(alert: Any) -> None:
    """What differs, how sure, figures, thresholds, what to check first, where to look on."""
    told = explain(at(judging(), grafana_url="https://grafana.example.org"), alert.id[:8])
    text = " ".join(told.stdout.split())

    assert (told.exit_code, told.stderr) == (0, "")
    assert all(" ".join(reason.split()) in text for reason in alert.reasons)
    assert alert.employee is None or f"employee {alert.employee}" in text
    assert "28d" in text
    assert "verdicts.persistence 3" in text
    assert f"/alerts/{alert.id}" in text
    assert "board https://grafana.example.org/d/touchpoint-" in text


def test_a_script_gets_what_the_api_says() -> None:
    """The same JSON."""
    told = explain(judging(), SPLIT.id, "--format", "json")

    assert json.loads(told.stdout)["alert"]["id"] == SPLIT.id


@pytest.mark.parametrize("asked", ["ffffffff", "ab", "../health", "a/b"])
def test_an_id_that_no_alert_has(asked: str) -> None:
    """Exit code 1, and where to find those that are there."""
    told = explain(judging(), asked)

    assert (told.exit_code, told.stdout) == (1, "")
    assert "/api/v1/alerts lists them" in told.stderr


def test_a_worker_without_the_judge_says_who_has_it() -> None:
    """Exit code 2, and whom to ask."""
    told = explain(at(worker()), SPLIT.id)

    assert told.exit_code == 2
    assert "ask the others. It is where touchpoint_judge_active is 1" in told.stderr


def test_nobody_there_is_told() -> None:
    """Exit code 2, with the address and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = touchpoint("explain", SPLIT.id, "--url", f"http://127.0.0.1:{port}")

    assert told.exit_code == 2
    assert f"127.0.0.1:{port} does not answer" in told.stderr
    assert "is a worker running there?" in told.stderr


def test_somebody_else_there_is_told() -> None:
    """What speaks HTTP and is no worker is not believed."""
    with worker_at(judging()) as port:
        told = touchpoint("explain", SPLIT.id, "--url", f"http://127.0.0.1:{port}/elsewhere")

    assert told.exit_code == 2
    assert "is it a touchpoint worker?" in told.stderr


def test_a_user_and_a_token_come_in(tmp_path: Path) -> None:
    """From files; without them the answer says what is needed."""
    users, token, password = (tmp_path / name for name in ("users", "token", "password"))
    users.write_text("ada:" + bcrypt.hashpw(b"secret: one", bcrypt.gensalt(4)).decode())
    token.write_text("0123456789abcdef\n")
    password.write_text("secret: one\n")
    health = judging(auth=HttpAuthConfig(str(users), str(token)))
    for file in (users, token):
        file.chmod(0o600)

    stranger = explain(health, SPLIT.id)
    assert stranger.exit_code == 2
    assert "a user of http.auth.users_file and the password are needed" in stranger.stderr
    assert explain(health, SPLIT.id, "--token-file", token).exit_code == 0
    assert explain(health, SPLIT.id, "--user", "ada", "--password-file", password).exit_code == 0
    assert explain(health, SPLIT.id, "--user", "bob", "--password-file", password).exit_code == 2


@pytest.mark.parametrize("host", ["worker-1", "192.0.2.1", "[2001:db8::1]"])
def test_no_password_goes_out_in_clear(host: str, tmp_path: Path) -> None:
    """To another machine only over TLS."""
    token = tmp_path / "token"
    token.write_text("0123456789abcdef")
    told = touchpoint("explain", SPLIT.id, "--url", f"http://{host}:6066", "--token-file", token)

    assert told.exit_code == 2
    assert "ask over https" in told.stderr


@pytest.mark.parametrize("options", [("--user", "ada"), ("--password-file", "x"), ("--url", "worker-1:6066")])
def test_half_a_question_is_refused(options: tuple[str, str]) -> None:
    """A user without a password, a password without a user, an address without a scheme."""
    assert touchpoint("explain", SPLIT.id, *options).exit_code == 2


def test_a_worker_is_believed_by_its_certificate(tmp_path: Path) -> None:
    """With the authority named; without, the answer says how."""
    authority = Authority(tmp_path / "authority")
    certificate, key = authority.issue("server")
    health = judging(tls=HttpTlsConfig(str(certificate), str(key)))

    unknown = explain(health, SPLIT.id, scheme="https")
    assert unknown.exit_code == 2
    assert "--ca-file" in unknown.stderr
    assert explain(health, SPLIT.id, "--ca-file", authority.file, scheme="https").exit_code == 0


def test_a_name_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come from upstream: what moves the cursor or turns the text around is shown as a mark."""
    health = judging()
    hostile = replace(SPLIT, issue_type="\x1b[2J\u202egnihton", reasons=("\x1b]0;title\x07",))
    monkeypatch.setattr(health.ownership, "shown", lambda: replace(judged(), alerts=(hostile,)))
    told = explain(health, SPLIT.id)

    assert told.exit_code == 0
    assert "gnihton" in told.stdout
    assert not {"\x1b", "\u202e", "\x07"} & set(told.stdout)
