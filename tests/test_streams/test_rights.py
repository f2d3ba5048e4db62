"""The rights for Kafka: one list for people and for programs."""

import re
from dataclasses import replace
from pathlib import Path

from streams.config import Config, KafkaConfig, SourceConfig
from streams.rights import RIGHTS, Grant, grants
from streams.topic_settings import TopicsConfig

README = Path(__file__).parents[2] / "README.md"


def rows() -> list[tuple[str, ...]]:
    """Return the table under Rights in README, row by row."""
    [section] = re.findall(r"^## Rights$(.+?)^## ", README.read_text(), re.MULTILINE | re.DOTALL)
    _, _, *lines = re.findall(r"^\|.+\|$", section, re.MULTILINE)
    return [tuple(cell.strip().strip("`") for cell in line.strip("|").split("|")) for line in lines]


def test_readme_lists_the_rights() -> None:
    """Who grants rights reads the very list that is proved on Kafka."""
    assert rows() == [
        (right.resource, right.name, ", ".join(right.operations), right.purpose, right.needed)
        for right in RIGHTS
    ]


def test_names_are_those_of_the_configuration() -> None:
    """Every source is read, and topics, group and transactional id are called as configured."""
    config = Config(
        kafka=KafkaConfig(app_id="north"),
        sources=SourceConfig(topics=("a", "b")),
        topics=TopicsConfig(ledger="l", alerts="x", dead_letters="d", checkpoints="c"),
    )

    found = grants(config)

    assert {Grant("Topic", "a", "Read"), Grant("Topic", "b", "Read")} <= set(found)
    assert {grant.name for grant in found if grant.resource == "Topic"} == {"a", "b", "l", "x", "d", "c"}
    assert [grant for grant in found if grant.resource == "Group"] == [Grant("Group", "north", "Read")]
    assert Grant("TransactionalId", "north-judge", "Write") in found
    assert len(set(found)) == len(found)


def test_sources_are_never_written() -> None:
    """What upstream owns is read, and nothing else."""
    config = Config()

    told = {grant.operation for grant in grants(config) if grant.name in config.sources.topics}

    assert told == {"Read"}


def test_topics_are_made_only_where_that_is_on() -> None:
    """Where somebody else makes the topics the worker may not."""
    config = replace(Config(), topics=TopicsConfig(create=False))

    assert "Create" in {grant.operation for grant in grants(Config())}
    assert "Create" not in {grant.operation for grant in grants(config)}
