"""The sources: where the service stands in them, whether what they bring is good, and the clocks."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np

from models.identity import Identity, Keys
from models.settings import SECOND, facts_of
from streams.config import Config
from streams.doctor.findings import Finding, State
from streams.doctor.newest import Place
from streams.formats import FORMATS
from streams.topics import commands
from streams.topics.faults import partitions

_LOG_APPEND_TIME: Final = 1
"""Kafka's code for a timestamp that the broker gave."""

Bounds = Mapping[Place, tuple[int, int]]


def positions(
    config: Config, bounds: Bounds, committed: Mapping[Place, int], in_ledger: Mapping[Place, int]
) -> list[Finding]:
    """Hold where the service stands in each source against where that begins and ends.

    Parameters
    ----------
    committed, in_ledger : mapping of place to int
        The next record to be read, as the group says and as the ledger's newest segments say.
    """
    findings = []
    for topic, places in _by_topic(bounds).items():
        found = []
        above = {
            place: position
            for place in places
            if (position := max(committed.get(place, 0), in_ledger.get(place, 0))) > bounds[place][1]
        }
        if above:
            found.append(_recreated(config, topic, above, bounds))
        lost = {place: bounds[place][0] - committed[place] for place in places if place in committed}
        lost = {place: count for place, count in lost.items() if count > 0}
        if lost:
            found.append(_overtaken(topic, lost))
        waiting = sum(
            max(bounds[place][1] - max(committed.get(place, 0), bounds[place][0]), 0) for place in places
        )
        begun = "" if any(place in committed for place in places) else ", nothing was read yet"
        seen = f"lag {waiting:,} in {partitions(len(places))}{begun}"
        findings += found or [Finding("position", State.OK, seen, about=topic)]
    return findings


def _recreated(config: Config, topic: str, above: Mapping[Place, int], bounds: Bounds) -> Finding:
    place, position = min(above.items())
    return Finding(
        "position",
        State.FAILED,
        f"the service has read partition {place[1]} up to {position:,}, and it ends at {bounds[place][1]:,}: "
        "the topic was deleted and made again, or lost records",
        f"set sources.epoch to a number it never had (it is {config.sources.epoch}) and start all workers "
        "anew: under a new epoch they read from the beginning",
        about=topic,
    )


def _overtaken(topic: str, lost: Mapping[Place, int]) -> Finding:
    where = ", ".join(str(partition) for _, partition in sorted(lost)[:8])
    return Finding(
        "position",
        State.WARNING,
        f"records that were removed before they were read: {sum(lost.values()):,} (partition {where})",
        "nothing brings them back; a worker goes on behind them and states the loss. Raise retention.ms of "
        "the topic, and keep a worker running",
        about=topic,
    )


def events(
    config: Config, identity: Identity | None, records: Mapping[Place, Sequence[Any]], now: float
) -> list[Finding]:
    """Decode the newest records of each source as a worker would, and tell how many are no good."""
    identity = identity or Identity(Keys.public())  # nothing leaves this function
    findings = []
    for topic, places in _by_topic(records).items():
        read, rejects = 0, []
        for place in places:
            newest = records[place]
            decoded = FORMATS[config.sources.format](
                [one.value for one in newest],
                np.array([one.offset for one in newest], np.int64),
                facts=facts_of(config.measures),
                identity=identity,
                latest=int((now + config.intake.skew_s) * SECOND),
                record_bytes_max=config.intake.record_bytes_max,
            )
            read += len(newest)
            rejects += [(place[1], reject) for reject in decoded.rejects]
        if not read:
            findings.append(Finding("events", State.SKIPPED, "no record to look at yet", about=topic))
        elif not rejects:
            seen = f"the newest {read:,} of {partitions(len(places))} are good"
            findings.append(Finding("events", State.OK, seen, about=topic))
        else:
            partition, first = rejects[0]
            findings.append(
                Finding(
                    "events",
                    State.FAILED if len(rejects) == read else State.WARNING,
                    f"{len(rejects) / read:.0%} of the newest {read:,} are rejected; the first for "
                    f"{first.reason} at {first.path} (partition {partition}, offset {first.offset})",
                    f"is sources.format = {config.sources.format!r} what upstream writes? `touchpoint check` "
                    "says of a file what is wrong with each line; to see this record",
                    commands.show(config, topic, partition, first.offset),
                    topic,
                )
            )
    return findings


def clock(config: Config, records: Mapping[Place, Sequence[Any]], now: float) -> Finding:
    """Hold this machine's clock against the time of the newest record."""
    times = [(one.timestamp / 1_000, one) for newest in records.values() for one in newest]
    if not times:
        return Finding("clock", State.SKIPPED, "no record to hold it against yet")
    time, record = max(times, key=lambda pair: pair[0])
    ahead = time - now
    if ahead <= config.intake.skew_s:
        return Finding("clock", State.OK, f"the newest record was written {_ago(-ahead)} ago")
    is_brokers = record.timestamp_type == _LOG_APPEND_TIME
    whose = "a broker" if is_brokers else "a producer"
    return Finding(
        "clock",
        State.FAILED if is_brokers else State.WARNING,
        f"by the clock of {whose}, the newest record of partition {record.partition} was written "
        f"{_ago(ahead)} from now; intake.skew_s is {config.intake.skew_s}",
        f"one of the two clocks is wrong: compare `date -u` here and on {whose}, and have both follow NTP",
        about=record.topic,
    )


def _ago(seconds: float) -> str:
    return f"{max(seconds, 0):.0f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))


def _by_topic(places: Mapping[Place, object]) -> dict[str, list[Place]]:
    topics: dict[str, list[Place]] = {}
    for place in sorted(places):
        topics.setdefault(place[0], []).append(place)
    return topics
