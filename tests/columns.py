"""Handlings as the core takes them: columns and segments, plain unless a test says what is different."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS, CODED_FACTS, NO_CASE, NO_CODE, NO_REVISION, Handlings
from models.judge import Judge
from models.segment import IdleMark, LedgerRecord, Roster, Segment, Source
from models.settings import HOUR, SECOND, JudgeSettings, TimeSettings
from models.snapshot import Snapshot

MINUTE = 60 * SECOND
PLAIN = JudgeSettings(time=TimeSettings(clock="event"))
"""The defaults, and a clock that never leaves event time."""


class Row(NamedTuple):
    """One handling; `event` is its identity, None is a null."""

    time: int
    event: int
    employee: str | None = "ann"
    issue: str = "billing"
    channel: str = "voice"
    case: int = NO_CASE
    outcome: str | None = "resolved"
    goal_attained: str | None = None
    sla_met: str | None = None
    handle_time_s: float = nan
    survey: float = nan
    revision: int = NO_REVISION


def at(text: str) -> int:
    """Return an instant in microseconds; UTC where the text names no zone."""
    moment = datetime.fromisoformat(text if text[-6] in "+-" else f"{text}+00:00")
    return round(moment.timestamp()) * SECOND


MIDNIGHT = at("2024-03-01T00:00:00")
"""A Friday's, far from any change of clocks."""


def hours(count: float) -> int:
    """Return so many hours after `MIDNIGHT`."""
    return MIDNIGHT + round(count * HOUR)


def handlings(rows: Sequence[Row]) -> Handlings:
    """Return rows as columns, with every fact that the default measures read."""
    employees = tuple(dict.fromkeys(row.employee for row in rows if row.employee is not None))
    issues = tuple(dict.fromkeys(row.issue for row in rows))

    def words(name: str) -> NDArray[np.int8]:
        known = CODED_FACTS[name]
        said = (getattr(row, name) for row in rows)
        return np.array([NO_CODE if word is None else known.index(word) for word in said], np.int8)

    return Handlings(
        time=np.array([row.time for row in rows], np.int64),
        event=np.array([row.event for row in rows], np.uint64),
        revision=np.array([row.revision for row in rows], np.int64),
        case=np.array([row.case for row in rows], np.uint64),
        employee=np.array(
            [NO_CODE if row.employee is None else employees.index(row.employee) for row in rows], np.int32
        ),
        channel=np.array([CHANNELS.index(row.channel) for row in rows], np.int8),
        issue=np.array([issues.index(row.issue) for row in rows], np.int32),
        facts={
            "outcome": words("outcome"),
            "goal_attained": words("goal_attained"),
            "sla_met": words("sla_met"),
            "handle_time_s": np.array([row.handle_time_s for row in rows], np.float64),
            "survey": np.array([row.survey for row in rows], np.float64),
        },
        employees=employees,
        issues=issues,
    )


def joined(parts: Sequence[Handlings]) -> Handlings:
    """Return handlings under the same names one after the other."""
    return Handlings(
        time=np.concatenate([part.time for part in parts]),
        event=np.concatenate([part.event for part in parts]),
        revision=np.concatenate([part.revision for part in parts]),
        case=np.concatenate([part.case for part in parts]),
        employee=np.concatenate([part.employee for part in parts]),
        channel=np.concatenate([part.channel for part in parts]),
        issue=np.concatenate([part.issue for part in parts]),
        facts={name: np.concatenate([part.facts[name] for part in parts]) for name in parts[0].facts},
        employees=parts[0].employees,
        issues=parts[0].issues,
    )


def source(partition: int = 0, topic: str = "handlings", epoch: int = 0) -> Source:
    return Source(topic, partition, epoch)


def segment(
    rows: Handlings | Sequence[Row],
    start: int = 0,
    *,
    of: Source | None = None,
    roster: Roster | None = None,
    offsets: Sequence[int] | None = None,
    rejects: Sequence[int] = (),
    reasons: Sequence[int] | None = None,
    end: int | None = None,
    lost_until: int = 0,
) -> Segment:
    """Return rows, at offsets from `start` on, and rejects as a segment of a roster of one partition."""
    columns = rows if isinstance(rows, Handlings) else handlings(rows)
    at_offsets = list(range(start, start + len(columns))) if offsets is None else list(offsets)
    if end is None:
        end = max([start - 1, *at_offsets, *rejects]) + 1
    of = source() if of is None else of
    return Segment(
        source=of,
        start=start,
        end=end,
        roster={of.topic: 1} if roster is None else roster,
        rows=columns,
        offsets=np.array(at_offsets, np.int64),
        reject_offsets=np.array(rejects, np.int64),
        reject_reasons=np.array([0] * len(rejects) if reasons is None else reasons, np.uint8),
        key_id="key",
        lost_until=lost_until,
    )


def idle(
    position: int, wall_time: int = 0, *, of: Source | None = None, roster: Roster | None = None
) -> IdleMark:
    of = source() if of is None else of
    return IdleMark(of, position, {of.topic: 1} if roster is None else roster, wall_time)


def in_pieces(
    rows: Handlings | Sequence[Row],
    length: int,
    *,
    of: Source | None = None,
    roster: Roster | None = None,
) -> list[Segment]:
    """Return rows as segments of one length that follow on each other."""
    columns = rows if isinstance(rows, Handlings) else handlings(rows)
    n = len(columns)
    return [
        segment(columns.take(np.arange(start, min(start + length, n))), start, of=of, roster=roster)
        for start in range(0, n, length)
    ]


def judged(records: Iterable[LedgerRecord], settings: JudgeSettings = PLAIN, *, whole: bool = False) -> Judge:
    """Return a judge that has applied records and expects more."""
    judge = Judge(settings, whole=whole)
    for record in records:
        judge.apply(record)
    return judge


def finished(
    records: Iterable[LedgerRecord], settings: JudgeSettings = PLAIN, *, whole: bool = False
) -> Judge:
    """Return a judge that has applied records after which nothing more comes."""
    judge = judged(records, settings, whole=whole)
    judge.finish()
    return judge


def snapshot_of(
    records: Iterable[LedgerRecord], settings: JudgeSettings = PLAIN, *, whole: bool = False
) -> Snapshot:
    """Return what a judge shows after these records, when nothing more comes."""
    return finished(records, settings, whole=whole).snapshot()
