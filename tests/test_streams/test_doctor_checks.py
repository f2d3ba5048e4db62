"""The checks that need no Kafka, and those whose faults a Kafka of one broker and one clock cannot show."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import SECRET
from decoding import decoded
from kafka.secured import Authority
from served import at, serving
from watched import worker

from models.identity import Identity, Keys
from models.segment import IdleMark, Source
from streams.config import Config, KafkaConfig, PrivacyConfig
from streams.doctor import Finding, State, here, recorded, sources
from streams.http_settings import HttpAuthConfig, HttpConfig, HttpTlsConfig
from streams.ledger import segment_of

NOW = 1_700_000_000.0
PLACE = ("events", 0)
CONFIG = Config()


def record(seconds: float, *, by_broker: bool = False) -> Any:
    """Return a record written so many seconds from now."""
    at = int((NOW + seconds) * 1_000)
    return SimpleNamespace(timestamp=at, timestamp_type=int(by_broker), topic="events", partition=0)


@pytest.mark.parametrize(
    ("seconds", "by_broker", "state"),
    [
        (-3, False, State.OK),
        (CONFIG.intake.skew_s, False, State.OK),
        (CONFIG.intake.skew_s + 1, False, State.WARNING),
        (CONFIG.intake.skew_s + 1, True, State.FAILED),
        (-86_400 * 30, True, State.OK),
    ],
)
def test_a_record_from_the_future_accuses_a_clock(seconds: float, by_broker: bool, state: State) -> None:
    """Within the skew all is well; beyond it a broker's clock is a failure, one producer's a warning."""
    finding = sources.clock(CONFIG, {PLACE: [record(-9), record(seconds, by_broker=by_broker)]}, NOW)

    assert finding.state is state
    assert ("broker" in finding.seen) == (state is State.FAILED)


def test_the_newest_record_is_told_by_its_age() -> None:
    """Seconds first, then hours and days."""
    assert "written 3 s ago" in sources.clock(CONFIG, {PLACE: [record(-3)]}, NOW).seen
    assert "written 2 days, 0:00:00 ago" in sources.clock(CONFIG, {PLACE: [record(-2 * 86_400)]}, NOW).seen
    assert sources.clock(CONFIG, {PLACE: []}, NOW).state is State.SKIPPED


@pytest.mark.parametrize(
    ("committed", "in_ledger", "state", "seen"),
    [
        (None, None, State.OK, "lag 90 in 1 partition, nothing was read yet"),
        (10, None, State.OK, "lag 90"),
        (100, 100, State.OK, "lag 0"),
        (9, None, State.WARNING, "before they were read: 1 (partition 0)"),
        (101, None, State.FAILED, "up to 101, and it ends at 100"),
        (50, 101, State.FAILED, "up to 101, and it ends at 100"),
    ],
)
def test_a_position_lies_within_what_the_source_holds(
    committed: int | None, in_ledger: int | None, state: State, seen: str
) -> None:
    """Of a partition that holds 10 to 100: both ends are inside, what is beyond them is told."""
    [finding] = sources.positions(
        CONFIG,
        {PLACE: (10, 100)},
        {} if committed is None else {PLACE: committed},
        {} if in_ledger is None else {PLACE: in_ledger},
    )

    assert finding.state is state
    assert seen in finding.seen
    if state is State.FAILED:
        assert "sources.epoch" in finding.advice


@pytest.mark.parametrize(
    ("begin", "restored", "state"),
    [
        (0, None, State.OK),
        (0, 50, State.OK),
        (1, None, State.WARNING),
        (50, 50, State.OK),
        (51, 50, State.WARNING),
        (0, 100, State.OK),
        (0, 101, State.FAILED),
    ],
)
def test_what_the_ledger_has_forgotten_must_be_in_a_checkpoint(
    begin: int, restored: int | None, state: State
) -> None:
    """Of a ledger that ends at 100: a gap before its beginning is told, a checkpoint beyond its end fails."""
    assert recorded.history(CONFIG, (begin, 100), restored).state is state


def test_positions_of_another_epoch_do_not_count() -> None:
    """A topic that was made anew begins at 0 again under its new epoch."""
    marks = [IdleMark(Source("events", 0, epoch), 100 * (2 - epoch), {}, 0) for epoch in (0, 1)]
    anew = replace(CONFIG, sources=replace(CONFIG.sources, epoch=1))

    assert recorded.positions(CONFIG, marks) == {PLACE: 200}
    assert recorded.positions(anew, marks) == {PLACE: 100}


def test_idle_marks_say_nothing_of_the_key() -> None:
    """Only segments are written under it."""
    mark = IdleMark(Source("events", 0, 0), 1, {}, 0)
    identity = Identity(Keys.from_secret(SECRET.encode()))

    assert recorded.key(CONFIG, identity, [mark]).state is State.SKIPPED


def test_the_newest_segment_is_under_the_key_of_now() -> None:
    """What was written under a former secret before does not count."""
    source, identity = Source("events", 0, 0), Identity(Keys.from_secret(SECRET.encode()))
    ours, other = (segment_of(decoded(), source, 0, 1, {}, key) for key in (identity.key_id, "other"))

    assert recorded.key(CONFIG, identity, [other, ours]).state is State.OK
    finding = recorded.key(CONFIG, identity, [ours, other])
    assert finding.state is State.FAILED
    assert "other" in finding.seen


@pytest.mark.parametrize(
    ("broker", "protocol", "state"),
    [
        ("127.0.0.1:9092", "PLAINTEXT", State.OK),
        ("localhost:9092", "PLAINTEXT", State.OK),
        ("[::1]:9092", "PLAINTEXT", State.OK),
        ("kafka-1:9092", "PLAINTEXT", State.WARNING),
        ("192.0.2.1:9092", "PLAINTEXT", State.WARNING),
        ("kafka-1:9093", "SSL", State.OK),
    ],
)
def test_events_in_the_clear_are_told_where_others_may_listen(
    broker: str, protocol: Any, state: State
) -> None:
    """Loopback needs no TLS."""
    kafka = KafkaConfig(brokers=("127.0.0.1:1", broker), security_protocol=protocol)

    assert here.security(kafka).state is state


@pytest.mark.parametrize(
    ("privacy", "secret", "state"),
    [
        (PrivacyConfig(), SECRET, State.OK),
        (PrivacyConfig(mode="named"), "", State.OK),
        (PrivacyConfig(), "", State.FAILED),
        (PrivacyConfig(), "qwertyuiop", State.FAILED),
        (PrivacyConfig("pseudonym", "/nowhere/secret"), "", State.FAILED),
    ],
)
def test_a_secret_is_there_or_not_needed(
    monkeypatch: pytest.MonkeyPatch, privacy: PrivacyConfig, secret: str, state: State
) -> None:
    """What the worker would refuse, the doctor finds; the secret itself is never told."""
    monkeypatch.delenv("TOUCHPOINT_SECRET", raising=False)
    if secret:
        monkeypatch.setenv("TOUCHPOINT_SECRET", secret)

    finding, identity = here.secret(replace(CONFIG, privacy=privacy))

    assert (finding.state, identity is None) == (state, state is State.FAILED)
    assert not secret or secret not in finding.seen + finding.advice


def test_a_free_port_is_left_free() -> None:
    """It can be listened on before and after."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = HttpConfig(port=server.getsockname()[1])
        assert asyncio.run(here.http(taken)).state is State.FAILED

    assert asyncio.run(here.http(taken)).state is State.OK
    assert asyncio.run(here.http(taken)).state is State.OK
    assert asyncio.run(here.http(HttpConfig(port=0))).seen == "a free one is taken"


def test_a_file_of_http_that_is_wrong_is_found(tmp_path: Path) -> None:
    """Before a worker starts and stops over it."""
    (tmp_path / "users").write_text("ada:in-clear")
    auth = HttpAuthConfig(users_file=str(tmp_path / "users"))
    finding = asyncio.run(here.http(HttpConfig(port=0, auth=auth)))

    assert (finding.check, finding.state, finding.seen) == ("http", State.FAILED, "http.auth.users_file")
    assert "htpasswd -nBC 12" in finding.advice


@pytest.mark.parametrize("over_tls", [False, True], ids=["in clear", "over TLS"])
def test_a_worker_that_serves_already_is_no_fault(tmp_path: Path, *, over_tls: bool) -> None:
    """The doctor runs beside it, whichever way it speaks."""
    tls = (
        HttpTlsConfig(*map(str, Authority(tmp_path / "authority").issue("worker")))
        if over_tls
        else HttpTlsConfig()
    )

    async def run() -> Finding:
        health = at(worker(), tls=tls)
        async with serving(health) as server:
            return await here.http(replace(health.config.http, port=server.port))

    finding = asyncio.run(run())
    assert finding.state is State.OK
    assert "a worker serves at 127.0.0.1:" in finding.seen


def test_an_address_of_another_machine_is_no_port_of_ours() -> None:
    """A host that is not here is told with the reason."""
    finding = asyncio.run(here.http(HttpConfig(host="192.0.2.1", port=6066)))

    assert finding.state is State.FAILED
    assert "cannot listen on 192.0.2.1:6066" in finding.seen
