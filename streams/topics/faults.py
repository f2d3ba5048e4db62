"""What is wrong with a topic, and what to do about it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from streams.config import Config
from streams.topics import commands
from streams.topics.cluster import Found
from streams.topics.wanted import DAY_MS, Wanted

_DAY_S: Final = 86_400
_MANY_BROKERS: Final = 3


class Fault(NamedTuple):
    """Something that is not as it should be.

    Attributes
    ----------
    grave : bool
        The service cannot run, or loses something; else it can and does not.
    seen, advice, command : str
        What it is, without the topic's name; what to do about it; with which of Kafka's commands.
    """

    grave: bool
    seen: str
    advice: str
    command: str = ""


def faults_of_source(found: Found, config: Config) -> Iterator[Fault]:
    """Yield what is wrong with a topic that is read."""
    if not found.is_there:
        advice = "mend sources.topics, or create it: `touchpoint topics --create --sources 4`, or"
        yield _absent(found, advice, commands.create(config, found.name))
        return
    yield from _dead_partitions(found, config)
    settings = found.settings or {}
    if "compact" in settings.get("cleanup.policy", ""):
        yield Fault(
            grave=False,
            seen="it is compacted: an older event goes when a newer one of the same key comes",
            advice="keep all events",
            command=commands.alter(config, found.name, "cleanup.policy", "delete"),
        )
    retention, least = int(settings.get("retention.ms", -1)), config.intake.idle_grace_s + _DAY_S
    if 0 <= retention < least * 1_000:
        yield Fault(
            grave=False,
            seen=f"it keeps events for {length(retention)}: a worker that is down for a day loses some",
            advice="keep them for longer",
            command=commands.alter(config, found.name, "retention.ms", str(7 * DAY_MS)),
        )


def faults_of_own(wanted: Wanted, found: Found, config: Config, *, brokers: int) -> Iterator[Fault]:
    """Yield what is wrong with a topic that is written, on a cluster of so many brokers."""
    if not found.is_there:
        yield _absent(found, "create it: `touchpoint topics --create`")
        return
    if found.partitions != wanted.partitions:
        yield Fault(
            grave=True,
            seen=f"it has {partitions(found.partitions)} and needs exactly {wanted.partitions}",
            advice=f"partitions cannot be taken away: name another topic in topics.{wanted.role}",
        )
    yield from _dead_partitions(found, config)
    yield from _copies(wanted, found, config, brokers)
    for key, need in wanted.needs.items():
        value = (found.settings or {}).get(key)
        if value is not None and not need.is_met_by(value):
            least = "" if need.at_least is None else " at least"
            needed = need.value if need.at_least is None else str(need.at_least)
            yield Fault(
                grave=need.grave,
                seen=f"{key} is {_shown(key, value)} and must be{least} {_shown(key, needed)}",
                advice="change it",
                command=commands.alter(config, found.name, key, need.value),
            )


def _absent(found: Found, advice: str, command: str = "") -> Fault:
    if found.forbidden:
        return Fault(
            grave=True,
            seen="Kafka does not tell this user whether it is there",
            advice="allow Describe on it, or mend its name",
        )
    return Fault(grave=True, seen="Kafka has no such topic", advice=advice, command=command)


def _dead_partitions(found: Found, config: Config) -> Iterator[Fault]:
    if found.leaderless:
        yield Fault(
            grave=True,
            seen=f"{found.leaderless} of {partitions(found.partitions)} can be neither read nor written",
            advice="bring the brokers back that hold them",
            command=commands.describe(config, found.name),
        )


def _copies(wanted: Wanted, found: Found, config: Config, brokers: int) -> Iterator[Fault]:
    in_sync = int((found.settings or {}).get("min.insync.replicas", 1))
    if not found.leaderless and found.in_sync < in_sync:
        yield Fault(
            grave=True,
            seen=f"{found.in_sync} of its {found.copies} copies in sync, and writing needs {in_sync}",
            advice="bring the missing brokers back, or let fewer do",
            command=commands.alter(
                config, found.name, "min.insync.replicas", wanted.needs["min.insync.replicas"].value
            ),
        )
    if found.copies < wanted.copies or (found.copies == 1 and brokers >= _MANY_BROKERS):
        copies = max(wanted.copies, min(brokers, _MANY_BROKERS))
        yield Fault(
            grave=False,
            seen=f"{found.copies} cop{'y' if found.copies == 1 else 'ies'} on {brokers} brokers",
            advice=f"set topics.replication_factor = {copies} before it is made; to what is there "
            "kafka-reassign-partitions.sh adds copies",
        )


def partitions(count: int) -> str:
    """Return a number of partitions in words."""
    return f"{count} partition{'' if count == 1 else 's'}"


def length(milliseconds: int) -> str:
    """Return a time in days, or in hours where it is short."""
    if milliseconds < 0:
        return "for ever"
    days = milliseconds / DAY_MS
    return f"{days:.3g} d" if days >= 1 else f"{days * 24:.3g} h"


def _shown(key: str, value: str) -> str:
    return f"{value} ({length(int(value))})" if key == "retention.ms" else value
