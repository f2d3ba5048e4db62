"""`touchpoint doctor` against a real Kafka with one thing wrong: that is named, and nothing else."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaProducer
from builders import line
from commands import SECRET
from kafka.broker import Broker
from kafka.installation import EVENTS, READ, Installation, amiss, examined, installed, only
from worker import publish

from models.identity import Keys
from streams.config import Config
from streams.http_settings import HttpConfig

pytestmark = pytest.mark.kafka

DAY_MS = 86_400_000


@pytest.fixture
def whole(kafka: Broker) -> Installation:
    """Return an installation in which nothing is wrong."""
    return installed(kafka)


class Wrong(NamedTuple):
    """One thing that is wrong with an installation.

    Attributes
    ----------
    spoil : callable
        Makes it so, and returns the configuration to examine.
    check : str
        The name of the check that finds it.
    seen : str
        A part of what that check says it has seen.
    """

    spoil: Callable[[Installation], Config]
    check: str
    seen: str


def found_alone(wrong: Wrong, whole: Installation, folder: Path) -> tuple[int, str]:
    """Return the exit code and how bad it is, of what is found with what to do, and nothing else is."""
    code, findings = examined(wrong.spoil(whole), folder)

    finding = only(findings)
    assert finding["name"] == wrong.check
    assert wrong.seen in finding["seen"]
    assert finding["do"]
    return code, finding["state"]


def _compact_ledger(it: Installation) -> Config:
    it.alter(it.config.topics.ledger, cleanup_policy="compact", retention_ms=str(35 * DAY_MS))
    return it.config


def _short_ledger(it: Installation) -> Config:
    it.alter(it.config.topics.ledger, retention_ms=str(14 * DAY_MS))
    return it.config


def _sized_ledger(it: Installation) -> Config:
    it.alter(it.config.topics.ledger, retention_ms=str(35 * DAY_MS), retention_bytes="1000000")
    return it.config


def _split_ledger(it: Installation) -> Config:
    name = it.broker.create_topic("ledger", partitions=2, config={"retention.ms": "-1"})
    config = replace(it.config, topics=replace(it.config.topics, ledger=name))
    split = Installation(it.broker, config)
    split.write_segment(Keys.from_secret(SECRET.encode()).key_id)
    return config


def _missing_source(it: Installation) -> Config:
    topics = (*it.config.sources.topics, "nobody-made-this")
    return replace(it.config, sources=replace(it.config.sources, topics=topics))


def _missing_alerts(it: Installation) -> Config:
    topics = replace(it.config.topics, alerts="nobody-made-that", create=False)
    return replace(it.config, topics=topics)


def _too_many_copies(it: Installation) -> Config:
    topics = replace(it.config.topics, alerts="nobody-made-that", replication_factor=3)
    return replace(it.config, topics=topics)


def _recreated_source(it: Installation) -> Config:
    it.commit(EVENTS + 1)
    return it.config


def _recreated_source_by_the_ledger(it: Installation) -> Config:
    it.write_segment(Keys.from_secret(SECRET.encode()).key_id, end=EVENTS + 1)
    return it.config


def _garbage(it: Installation) -> Config:
    for partition in range(2):
        publish(it.broker, it.source, [(None, b"{garbage")] * 100, partition=partition)
    return it.config


def _foreign_ledger(it: Installation) -> Config:
    publish(it.broker, it.config.topics.ledger, [(None, b"\xffof tomorrow")])
    return it.config


def _used_port(it: Installation) -> Config:
    return replace(it.config, http=HttpConfig(port=it.broker.port))


FAULTS = {
    "a source that is not there": Wrong(_missing_source, "source topic", "no such topic"),
    "a topic that nobody may make": Wrong(_missing_alerts, "alerts topic", "no such topic"),
    "a ledger of two partitions": Wrong(_split_ledger, "ledger topic", "2 partitions and needs exactly 1"),
    "a compacted ledger": Wrong(_compact_ledger, "ledger topic", "cleanup.policy is compact"),
    "a ledger that forgets by time": Wrong(_short_ledger, "ledger topic", "(14 d) and must be at least"),
    "a ledger that forgets by size": Wrong(_sized_ledger, "ledger topic", "retention.bytes is 1000000"),
    "a source made anew": Wrong(_recreated_source, "position", "up to 21, and it ends at 20"),
    "a source made anew, by the ledger": Wrong(
        _recreated_source_by_the_ledger, "position", "up to 21, and it ends at 20"
    ),
    "garbage": Wrong(_garbage, "events", "100% of the newest 200 are rejected; the first for not_json"),
    "a ledger of another program": Wrong(_foreign_ledger, "ledger format", "format 255"),
    "a port in use": Wrong(_used_port, "http", "cannot listen on"),
}


@pytest.mark.parametrize("wrong", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_and_nothing_else(whole: Installation, tmp_path: Path, wrong: Wrong) -> None:
    """One thing is wrong: that is what is found, with what to do, and the exit code is 1."""
    assert found_alone(wrong, whole, tmp_path) == (1, "failed")


def test_copies_that_the_cluster_cannot_hold_are_told(whole: Installation, tmp_path: Path) -> None:
    """Kafka is asked whether it would make what is missing; copies that are missing are a warning."""
    _, findings = examined(_too_many_copies(whole), tmp_path)

    [failed] = [one for one in findings if one["state"] == "failed"]
    assert (failed["name"], failed["about"]) == ("alerts topic", "nobody-made-that")
    assert "InvalidReplicationFactor" in failed["seen"]
    assert {name for name, state in amiss(findings) if state == "warning"} == {
        "ledger topic",
        "dead-letter topic",
        "checkpoint topic",
    }


def _overtaken(it: Installation) -> Config:
    it.remove(it.source, READ + 3)
    return it.config


def _begun_later(it: Installation) -> Config:
    it.write_segment(Keys.from_secret(SECRET.encode()).key_id)
    it.remove(it.config.topics.ledger, 1)
    return it.config


def _compact_source(it: Installation) -> Config:
    it.alter(it.source, cleanup_policy="compact")
    return it.config


def _short_source(it: Installation) -> Config:
    it.alter(it.source, retention_ms=str(DAY_MS))
    return it.config


def _some_garbage(it: Installation) -> Config:
    publish(it.broker, it.source, [(None, b"{garbage")], partition=1)
    return it.config


def _ahead(it: Installation) -> Config:
    asyncio.run(_publish_ahead(it, 1_800.0))
    return it.config


async def _publish_ahead(it: Installation, seconds: float) -> None:
    async with AIOKafkaProducer(bootstrap_servers=it.broker.bootstrap) as producer:
        at = int((time.time() + seconds) * 1_000)
        await producer.send_and_wait(it.source, line(event_id="ahead"), partition=0, timestamp_ms=at)


WARNINGS = {
    "retention that was faster": Wrong(
        _overtaken, "position", "removed before they were read: 3 (partition 0)"
    ),
    "a ledger without its beginning": Wrong(
        _begun_later, "history", "begins at 1, and there is no checkpoint"
    ),
    "a compacted source": Wrong(_compact_source, "source topic", "compacted"),
    "a source that forgets": Wrong(_short_source, "source topic", "keeps events for 1 d"),
    "some garbage": Wrong(_some_garbage, "events", "2% of the newest 41 are rejected"),
    "a clock ahead": Wrong(_ahead, "clock", "from now"),
}


@pytest.mark.parametrize("wrong", WARNINGS.values(), ids=WARNINGS)
def test_what_does_not_stop_a_worker_is_a_warning(whole: Installation, tmp_path: Path, wrong: Wrong) -> None:
    """It is found, with what to do, and nothing else is; the exit code stays 0."""
    assert found_alone(wrong, whole, tmp_path) == (0, "warning")
