"""What is wrong with a topic: each way to be wrong is found alone, and a good topic has none."""

from dataclasses import replace
from typing import Any

import pytest

from models.errors import ConfigError
from streams.checkpoints import TOPIC_SETTINGS
from streams.config import Config, load
from streams.topics.cluster import Found, operations_of
from streams.topics.faults import Fault, faults_of_own, faults_of_source
from streams.topics.wanted import DAY_MS, Wanted, own_topics

CONFIG = replace(Config(), topics=replace(Config().topics, replication_factor=3))
ROLES = ("ledger", "alerts", "dead_letters", "checkpoints")


def wanted(role: str, config: Config = CONFIG) -> Wanted:
    [one] = [one for one in own_topics(config) if one.role == role]
    return one


def made(role: str, **changes: Any) -> Found:
    """Return a topic as this program makes it, with changes; settings are changed one by one."""
    new = wanted(role).new()
    settings = {**new.settings, **changes.pop("settings", {})}
    found = Found(
        new.name, new.partitions, new.copies, new.copies, settings=settings, operations=frozenset({3, 4})
    )
    return replace(found, **changes)


def wrong(role: str, found: Found, brokers: int = 3) -> list[Fault]:
    return list(faults_of_own(wanted(role), found, CONFIG, brokers=brokers))


@pytest.mark.parametrize("role", ROLES)
def test_a_topic_as_it_is_made_has_no_faults(role: str) -> None:
    """What this program creates, it finds good."""
    assert wrong(role, made(role)) == []


def test_checkpoints_are_made_with_the_settings_that_keep_them_small() -> None:
    """Those are theirs to know; a topic with others will do."""
    assert TOPIC_SETTINGS.items() <= wanted("checkpoints").new().settings.items()
    assert wrong("checkpoints", made("checkpoints", settings={"segment.bytes": "1073741824"})) == []


@pytest.mark.parametrize("role", ROLES)
def test_more_than_is_needed_is_no_fault(role: str) -> None:
    """Longer, larger and more copies than needed will do."""
    settings = {"max.message.bytes": "5000000", "min.insync.replicas": "3"}
    if role == "ledger":
        settings["retention.ms"] = "-1"
    assert wrong(role, made(role, copies=5, in_sync=5, settings=settings)) == []


GRAVE: list[tuple[str, dict[str, Any], str]] = [
    ("ledger", {"partitions": 2}, "2 partitions and needs exactly 1"),
    ("checkpoints", {"partitions": 1}, "1 partition and needs exactly 2"),
    ("ledger", {"settings": {"cleanup.policy": "compact"}}, "cleanup.policy is compact and must be delete"),
    ("alerts", {"settings": {"cleanup.policy": "compact,delete"}}, "must be compact"),
    ("ledger", {"settings": {"retention.ms": str(14 * DAY_MS)}}, "(14 d) and must be at least"),
    ("ledger", {"settings": {"retention.bytes": "1000000000"}}, "retention.bytes is 1000000000"),
    ("dead_letters", {"settings": {"max.message.bytes": "100000"}}, "must be at least 1048576"),
    ("ledger", {"leaderless": 1}, "1 of 1 partition can be neither read nor written"),
    ("ledger", {"in_sync": 1}, "1 of its 3 copies in sync, and writing needs 2"),
]


@pytest.mark.parametrize(("role", "changes", "seen"), GRAVE, ids=[f"{role} {one}" for role, one, _ in GRAVE])
def test_what_would_lose_something_is_grave(role: str, changes: dict[str, Any], seen: str) -> None:
    """It is the only fault, and says what to do."""
    [fault] = wrong(role, made(role, **changes))

    assert fault.grave
    assert seen in fault.seen
    assert fault.advice


LIGHT: list[tuple[str, dict[str, Any], str]] = [
    ("alerts", {"copies": 1, "in_sync": 1, "settings": {"min.insync.replicas": "1"}}, "1 copy on 3 brokers"),
    ("dead_letters", {"settings": {"retention.ms": str(30 * DAY_MS)}}, "(30 d) and must be"),
    ("ledger", {"settings": {"min.insync.replicas": "1"}}, "min.insync.replicas is 1"),
]


@pytest.mark.parametrize(("role", "changes", "seen"), LIGHT, ids=[f"{role} {one}" for role, one, _ in LIGHT])
def test_what_is_only_risky_is_not_grave(role: str, changes: dict[str, Any], seen: str) -> None:
    """The service runs with it."""
    found = wrong(role, made(role, **changes))

    assert [fault.grave for fault in found] == [False] * len(found)
    assert any(seen in fault.seen for fault in found)


@pytest.mark.parametrize(("brokers", "faults"), [(1, 0), (2, 0), (3, 1), (5, 1)])
def test_one_copy_is_told_where_there_are_brokers_for_more(brokers: int, faults: int) -> None:
    """As configured by default, one copy: fine on one broker or two, a risk on three."""
    config = Config()
    one = wanted("alerts", config)
    found = Found(one.name, 1, 1, 1, settings=dict(one.new().settings))

    assert len(list(faults_of_own(one, found, config, brokers=brokers))) == faults


@pytest.mark.parametrize(("copies", "in_sync"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_writing_needs_a_second_copy_only_where_one_may_be_away(copies: int, in_sync: str) -> None:
    """min.insync.replicas leaves room for one broker that is down."""
    config = replace(Config(), topics=replace(Config().topics, replication_factor=copies))

    assert {one.new().settings["min.insync.replicas"] for one in own_topics(config)} == {in_sync}


def test_settings_that_are_not_shown_are_not_called_wrong() -> None:
    """What this user may not see is not guessed."""
    assert wrong("ledger", made("ledger", settings={}) and replace(made("ledger"), settings=None)) == []


SOURCE = Found("touchpoint.events.v1", 4, 1, 1, settings={"cleanup.policy": "delete", "retention.ms": "-1"})


@pytest.mark.parametrize(
    ("changes", "seen", "grave"),
    [
        ({"partitions": 0}, "no such topic", True),
        ({"partitions": 0, "forbidden": True}, "does not tell this user", True),
        ({"leaderless": 2}, "2 of 4 partitions can be neither read nor written", True),
        ({"settings": {"cleanup.policy": "compact,delete"}}, "compacted", False),
        ({"settings": {"retention.ms": str(DAY_MS)}}, "keeps events for 1 d", False),
        ({"settings": {"retention.ms": "3600000"}}, "keeps events for 1 h", False),
    ],
)
def test_each_fault_of_a_source_is_found_alone(changes: dict[str, Any], seen: str, grave: bool) -> None:
    """What cannot be read is grave, what may be lost later is not."""
    [fault] = faults_of_source(replace(SOURCE, **changes), Config())

    assert fault.grave == grave
    assert seen in fault.seen


@pytest.mark.parametrize("retention", ["-1", str(2 * DAY_MS)])
def test_a_source_that_keeps_its_events_has_no_faults(retention: str) -> None:
    """A day and the idle grace is enough, and so is for ever."""
    assert list(faults_of_source(replace(SOURCE, settings={"retention.ms": retention}), Config())) == []


@pytest.mark.parametrize(
    ("overrides", "least"),
    [((), 14), (("time.correction_horizon_days=30",), 37), (("checkpoints.every_s=86400",), 16)],
)
def test_a_ledger_that_would_forget_too_soon_is_refused(overrides: tuple[str, ...], least: int) -> None:
    """Correction horizon, two checkpoints and a week: not more than that is refused with the reason."""
    with pytest.raises(ConfigError, match=r"topics.ledger_retention_days.*twice checkpoints.every_s"):
        load(None, overrides=(*overrides, f"topics.ledger_retention_days={least}"), environment={})

    enough = (*overrides, f"topics.ledger_retention_days={least + 1}")
    assert load(None, overrides=enough, environment={}).topics.ledger_retention_days == least + 1


def test_rights_are_read_from_bits() -> None:
    """Bit 3 is Read, bit 4 is Write; the least number says that Kafka does not tell."""
    assert operations_of(0b11000) == {3, 4}
    assert operations_of(0) == frozenset()
    assert operations_of(-(2**31)) is None
