"""The worker against a real Kafka: what it reads, keeps, refuses, finds, and survives."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import event, line
from kafka.broker import Broker
from worker import RunningWorker, config_for, conserves, consume, page_conserves, publish

from models.rejects import REASONS
from models.simulation import Centre, SimulationSettings, inconsistencies
from streams.config import Config

pytestmark = pytest.mark.kafka

BAD: dict[str, tuple[bytes | None, str]] = {
    "no value at all": (None, "empty"),
    "nothing": (b"", "empty"),
    "invalid UTF-8": (b'{"event_id": "\xff"}', "not_utf8"),
    "truncated JSON": (line()[:-5], "not_json"),
    "NaN": (line()[:-1] + b', "handle_time_s": NaN}', "not_json"),
    "a huge number": (line()[:-1] + b', "handle_time_s": 1e999}', "out_of_range"),
    "deep nesting": (b'{"x": ' + b"[" * 100_000, "too_deep"),
    "a megabyte of string": (line(issue_type="x" * 1_000_000), "too_long"),
    "an empty id": (line(event_id=""), "empty_string"),
    "a time in 2099": (line(occurred_at="2099-01-01T00:00:00Z"), "future"),
    "a time without zone": (line(occurred_at="2024-01-01T00:00:00"), "bad_time"),
    "an unknown word": (line(outcome="won"), "unknown_value"),
    "a wrong type": (line(transfers="two"), "wrong_type"),
    "a null byte": (b"\x00", "not_json"),
    "Avro": (b"\x00\x00\x00\x00\x07\x02\x08abcd", "avro"),
    "a missing field": (line(channel=...), "missing_field"),
}


def days(count: int, kind: str = "none", seed: int = 1) -> list[dict[str, object]]:
    """Return the events of a simulated centre."""
    centre = Centre(SimulationSettings(days=count, inconsistencies=inconsistencies(kind)), seed)
    return [one for day in centre.days() for one in day.events()]


def keyed(events: list[dict[str, object]]) -> list[tuple[bytes | None, bytes | None]]:
    """Return events as records, keyed by case."""
    return [(str(one.get("case_id")).encode(), json.dumps(one).encode()) for one in events]


@pytest.fixture
def configured(kafka: Broker) -> Callable[..., Config]:
    """Lend a way to make a topic and a configuration that reads it."""

    def make(partitions: int = 4) -> Config:
        return config_for(kafka, kafka.create_topic("events", partitions=partitions))

    return make


def test_bad_records_become_dead_letters_and_their_neighbours_survive(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """Every sort of bad record is counted by reason, kept with origin and bytes, and harms no other."""
    config = configured(1)
    [topic] = config.sources.topics
    records: list[tuple[bytes | None, bytes | None]] = [(None, line(event_id="first"))]
    for number, (value, _) in enumerate(BAD.values()):
        records += [(b"key", value), (None, line(event_id=f"good-{number}"))]
    publish(kafka, topic, records)
    with RunningWorker(config) as worker:
        events = worker.until_read(len(records))["events"]
        assert page_conserves(worker.samples())
        log = worker.log
    assert conserves(events)
    reasons = [reason for _, reason in BAD.values()]
    assert events["rejected"] == {reason: reasons.count(reason) for reason in reasons}

    letters = consume(kafka, config.topics.dead_letters)
    told = [
        {name.removeprefix("touchpoint."): text.decode() for name, text in one.headers} for one in letters
    ]
    assert [(one["topic"], one["offset"], one["reason"]) for one in told] == [
        (topic, str(1 + 2 * number), reason) for number, reason in enumerate(reasons)
    ]
    assert [one.key.decode() for one in letters] == [f"{topic}-0-{1 + 2 * n}" for n in range(len(BAD))]
    cap = config.dead_letters.raw_bytes_max
    assert [one.value for one in letters] == [(value or b"")[:cap] for value, _ in BAD.values()]
    assert "good-" not in log, "a log never holds an id"
    assert set(reasons) <= set(REASONS)


def test_dead_letters_without_raw_bytes_keep_reason_and_origin(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """With dead_letters.raw = false nothing of the payload is kept."""
    config = configured(1)
    quiet = replace(config, dead_letters=replace(config.dead_letters, raw=False))
    publish(kafka, config.sources.topics[0], [(None, b'{"secret": "of a customer"}')])
    with RunningWorker(quiet) as worker:
        worker.until_read(1)
    [letter] = consume(kafka, config.topics.dead_letters)
    assert letter.value == b""
    assert ("touchpoint.reason", b"missing_field") in letter.headers


def test_what_was_planted_is_found_and_published(kafka: Broker, configured: Callable[..., Config]) -> None:
    """A planted employee and a planted split come out as alerts, on the page and on the alerts topic."""
    config = configured()
    events = days(40, "demo")
    publish(kafka, config.sources.topics[0], keyed(events))
    with RunningWorker(config) as worker:
        document = worker.until_read(len(events))
        samples = worker.until_page(
            lambda page: (
                sum(page[key] for key in page if key[0] == "touchpoint_events_received_total") == len(events)
            )
        )
    found = {(alert["kind"], alert["channel"], alert["issue_type"]) for alert in document["alerts"]}
    truth = Centre(SimulationSettings(days=40, inconsistencies=inconsistencies("demo")), 1).truth()
    planted = {one["kind"]: one for one in truth["inconsistencies"]}  # type: ignore[attr-defined]
    split = planted["stratum"]
    assert ("stratum_split", split["channel"], split["issue_type"]) in found
    assert ("employee_outlier", None, None) in found
    standing = [alert for alert in document["alerts"] if alert["until"] is None]
    shown = [key for key in samples if key[0] == "touchpoint_inconsistency_alert"]
    assert len(shown) == len(standing)

    last = {one.key.decode(): json.loads(one.value) for one in consume(kafka, config.topics.alerts)}
    assert {alert["id"] for alert in document["alerts"]} == set(last)
    for alert in document["alerts"]:
        published = last[alert["id"]]
        assert published["ledger_offset"] >= 0
        assert published["config_hash"] == config.fingerprint()
        assert {key: published[key] for key in ("kind", "since", "until")} == {
            key: alert[key] for key in ("kind", "since", "until")
        }


def test_a_restart_gives_the_same_document(kafka: Broker, configured: Callable[..., Config]) -> None:
    """Stopped and started again, a worker folds the ledger to the state it had."""
    config = configured()
    events = days(20)
    publish(kafka, config.sources.topics[0], keyed(events))
    with RunningWorker(config) as worker:
        before = worker.until_read(len(events))
        assert worker.terminate() == 0
    with RunningWorker(config) as worker:
        after = worker.until_read(len(events))
    assert before == after


def test_no_record_is_lost_or_counted_twice_when_the_worker_is_killed(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """Killed twice on its way, a worker ends with the document of one that was never disturbed."""
    config, undisturbed = configured(), configured()
    events = days(20)
    for one in (config, undisturbed):
        publish(kafka, one.sources.topics[0], keyed(events))
    for part in (len(events) // 4, len(events) // 2):
        with RunningWorker(config) as worker:
            worker.until_read(part)
            worker.kill()
    with RunningWorker(config) as worker:
        disturbed = worker.until_read(len(events))
    with RunningWorker(undisturbed) as worker:
        expected = worker.until_read(len(events))
    assert disturbed["events"]["read"] == len(events)
    assert disturbed == expected


def test_a_broker_that_restarts_costs_no_record(kafka: Broker, configured: Callable[..., Config]) -> None:
    """While Kafka is down the worker waits; afterwards everything is read, and once."""
    config = configured()
    events = days(10)
    half = len(events) // 2
    publish(kafka, config.sources.topics[0], keyed(events[:half]))
    with RunningWorker(config) as worker:
        worker.until_read(half // 2)
        kafka.restart()
        publish(kafka, config.sources.topics[0], keyed(events[half:]))
        document = worker.until_read(len(events))
    assert document["events"]["read"] == len(events)
    assert conserves(document["events"])


def test_employees_are_pseudonyms(kafka: Broker, configured: Callable[..., Config]) -> None:
    """No id of an employee, customer or case stands on the page, in the document, the ledger or the log."""
    config = configured(1)
    said = [
        event(event_id=f"e{n}", employee_id="jane.doe", customer_id="cust-4711", case_id="case-0815")
        for n in range(50)
    ]
    publish(kafka, config.sources.topics[0], [(None, json.dumps(one).encode()) for one in said])
    with RunningWorker(config) as worker:
        worker.until_read(len(said))
        everything = [worker.get("/metrics"), worker.get("/api/v1/document"), worker.log.encode()]
    everything += [one.value for one in consume(kafka, config.topics.ledger)]
    for secret in (b"jane.doe", b"cust-4711", b"case-0815"):
        assert not any(secret in told for told in everything)


@pytest.mark.parametrize("compression", ["gzip", "lz4", "zstd", "snappy"])
def test_compressed_topics_are_read(
    kafka: Broker, configured: Callable[..., Config], compression: str
) -> None:
    """Whatever compression upstream chose, its records are read."""
    config = configured(1)
    records = [(None, line(event_id=f"e{n}")) for n in range(100)]
    publish(kafka, config.sources.topics[0], records, compression=compression)
    with RunningWorker(config) as worker:
        assert worker.until_read(100)["events"]["rejected"] == {}


def test_a_missing_source_topic_ends_the_worker_with_advice(kafka: Broker) -> None:
    """A topic that Kafka does not have is told, with the command that makes it, and the exit code is 2."""
    with RunningWorker(config_for(kafka, "nobody-made-this")) as worker:
        assert worker.wait_to_end() == 2
        assert "kafka-topics.sh --create --topic nobody-made-this" in worker.log


def test_it_is_ready_only_when_it_can_be_trusted(configured: Callable[..., Config]) -> None:
    """/readyz answers 200 once partitions are assigned and the ledger is read, also without any record."""
    with RunningWorker(configured()) as worker:
        worker.until(lambda _: worker.get("/healthz") == b"alive\n")
        worker.until(lambda _: worker.get("/readyz") == b"ready\n")
        lag = [
            value
            for (name, _), value in worker.samples().items()
            if name == "touchpoint_consumer_lag_messages"
        ]
        assert sum(lag) == 0


def test_a_silent_partition_stops_holding_the_clock(kafka: Broker, configured: Callable[..., Config]) -> None:
    """A partition without records holds the watermark until the idle grace is over, then panes close."""
    config = configured(2)
    config = replace(
        config,
        intake=replace(config.intake, idle_grace_s=3),
        time=replace(config.time, clock="wall"),
    )
    records = [(None, line(event_id=f"e{n}", occurred_at=f"2024-03-01T{n:02}:00:00Z")) for n in range(20)]
    publish(kafka, config.sources.topics[0], records, partition=0)
    with RunningWorker(config) as worker:
        held = worker.until_read(len(records))
        assert held["events"]["accepted"] == 0
        worker.until(lambda document: document["events"]["accepted"] == len(records))
