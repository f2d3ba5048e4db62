"""`touchpoint topics` and what the worker asks of its topics, against a real Kafka."""

import asyncio
import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from commands import touchpoint
from kafka.broker import Broker
from worker import config_for

from streams import child_server, topics
from streams.config import Config, KafkaConfig, as_toml
from streams.topics.survey import look

pytestmark = pytest.mark.kafka

DAY_MS = 86_400_000


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Result]:
    """Lend the command under a configuration."""

    def run(config: Config, *arguments: object) -> Result:
        path = tmp_path / "touchpoint.toml"
        path.write_text(as_toml(config))
        return touchpoint("topics", "--config", path, *arguments)

    return run


@pytest.fixture
def bare(kafka: Broker) -> Config:
    """Return a configuration of whose topics only the source is there."""
    return config_for(kafka, kafka.create_topic("events", partitions=3))


def document(result: Result) -> dict[str, Any]:
    assert result.stderr == ""
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_what_is_missing_is_shown_and_made(bare: Config, command: Callable[..., Result]) -> None:
    """Exit code 1 while own topics are missing, 0 once --create has made them, each as it must be."""
    before = command(bare, "--format", "json")
    assert before.exit_code == 1
    assert [one["there"] for one in document(before)["topics"]] == [True, False, False, False, False]

    made = command(bare, "--create", "--format", "json")

    own = bare.topics
    assert made.exit_code == 0
    told = document(made)
    assert told["created"] == [own.ledger, own.alerts, own.dead_letters, own.checkpoints]
    assert [(one["role"], one["partitions"], one["cleanup"]) for one in told["topics"]] == [
        ("source", 3, "delete"),
        ("ledger", 1, "delete"),
        ("alerts", 1, "compact"),
        ("dead_letters", 1, "delete"),
        ("checkpoints", 2, "compact"),
    ]
    retention = {one["role"]: one["retention_ms"] for one in told["topics"]}
    assert (retention["ledger"], retention["dead_letters"]) == (35 * DAY_MS, 7 * DAY_MS)
    assert document(command(bare, "--create", "--format", "json"))["created"] == []


def test_sources_are_made_only_when_their_partitions_are_told(
    kafka: Broker, command: Callable[..., Result]
) -> None:
    """They are upstream's: --create leaves them missing, --sources N makes them with N partitions."""
    config = config_for(kafka, "events-of-nobody")

    without = command(config, "--create")
    assert without.exit_code == 1
    assert "touchpoint topics --create --sources 4" in " ".join(without.stdout.split())

    made = command(config, "--create", "--sources", "5", "--format", "json")
    assert made.exit_code == 0
    assert document(made)["created"] == ["events-of-nobody"]
    assert document(made)["topics"][0]["partitions"] == 5


def test_what_is_there_stays_as_it_is(kafka: Broker, bare: Config, command: Callable[..., Result]) -> None:
    """A ledger that is wrong is named with what to do, and not touched by --create."""
    ledger = kafka.create_topic("ledger", partitions=2, config={"retention.ms": str(DAY_MS)})
    config = replace(bare, topics=replace(bare.topics, ledger=ledger))

    told = command(config, "--create")

    assert told.exit_code == 1
    lines = " ".join(told.stdout.split())
    assert "it has 2 partitions and needs exactly 1" in lines
    assert f"--alter --topic {ledger} --add-config retention.ms={35 * DAY_MS}" in lines
    [found] = [one.found for one in asyncio.run(look(config)) if one.role == "ledger"]
    assert (found.partitions, found.settings["retention.ms"]) == (2, str(DAY_MS))  # type: ignore[index]


def test_the_printed_commands_are_what_create_does(bare: Config, command: Callable[..., Result]) -> None:
    """--format commands prints, one topic each, the sizes and settings with which --create makes it."""
    printed = command(bare, "--format", "commands", "--sources", "3").stdout
    scripts = [shlex.split(one) for one in printed.replace("\\\n", " ").splitlines()]
    command(bare, "--create")

    made = {one.found.name: one.found for one in asyncio.run(look(bare))}
    assert [words[words.index("--topic") + 1] for words in scripts] == [
        *bare.topics.names,
        *bare.sources.topics,
    ]
    for words in scripts:
        assert words[:3] == ["kafka-topics.sh", "--create", "--if-not-exists"]
        found = made[words[words.index("--topic") + 1]]
        assert int(words[words.index("--partitions") + 1]) == found.partitions
        settings = dict(word.split("=") for word in words if "=" in word)
        assert settings.items() <= dict(found.settings or {}).items()
    assert "cleanup.policy=compact" in scripts[-2]


def test_a_refusal_of_kafka_is_a_sentence(bare: Config, command: Callable[..., Result]) -> None:
    """Copies that the cluster cannot hold end --create with exit code 2, the topic, and Kafka's reason."""
    config = replace(bare, topics=replace(bare.topics, replication_factor=3))

    result = command(config, "--create")

    assert result.exit_code == 2
    assert f"{bare.topics.ledger}: Kafka refuses to create it: InvalidReplicationFactor" in result.stderr


def test_a_broker_that_is_down_is_a_sentence(bare: Config, command: Callable[..., Result]) -> None:
    """Exit code 2 and the address; nothing on standard output."""
    [port] = child_server.free_ports(1)

    result = command(replace(bare, kafka=KafkaConfig(brokers=(f"127.0.0.1:{port}",))))

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"127.0.0.1:{port}" in result.stderr


def test_a_worker_makes_its_topics_and_learns_the_roster(bare: Config) -> None:
    """What is missing is made as needed; what is returned is the partitions of the sources, now and later."""
    assert asyncio.run(topics.prepare(bare)) == {bare.sources.topics[0]: 3}

    assert [one.faults for one in asyncio.run(look(bare))] == [()] * 5
    assert asyncio.run(topics.roster(bare)) == {bare.sources.topics[0]: 3}


def test_topics_can_be_made_by_name_and_size(bare: Config) -> None:
    """Those that are there stay as they are."""
    [source], more = bare.sources.topics, f"{bare.sources.topics[0]}-more"

    asyncio.run(topics.create(bare, {source: 7, more: 2}))

    both = replace(bare, sources=replace(bare.sources, topics=(source, more)))
    assert asyncio.run(topics.roster(both)) == {source: 3, more: 2}


def _no_source(config: Config) -> Config:
    return replace(config, sources=replace(config.sources, topics=("nobody-made-this",)))


def _not_to_be_made(config: Config) -> Config:
    return replace(config, topics=replace(config.topics, create=False))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_no_source, "kafka-topics.sh --create --topic nobody-made-this"),
        (_not_to_be_made, "topics.create is off"),
    ],
)
def test_a_worker_does_not_start_without_its_topics(
    bare: Config, spoil: Callable[[Config], Config], told: str
) -> None:
    """A missing source, or one of its own that it may not make, is refused with the way out."""
    with pytest.raises(topics.TopicError, match=told):
        asyncio.run(topics.prepare(spoil(bare)))


@pytest.mark.parametrize("role", ["ledger", "checkpoints"])
def test_a_worker_does_not_start_on_a_topic_of_wrong_size(kafka: Broker, bare: Config, role: str) -> None:
    """The ledger's order needs one partition, checkpoints two: others are refused by name."""
    name = kafka.create_topic(role, partitions=3)

    with pytest.raises(topics.TopicError, match=f"topics.{role}: {name} has 3 partitions"):
        asyncio.run(topics.prepare(replace(bare, topics=replace(bare.topics, **{role: name}))))
