"""What the judge costs a row, all detectors, how long it stops its loop, and what a restart takes."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from benchmarks.results import EVENTS, FULL, table, tell

from models.handling import Handlings
from models.judge import Judge
from models.segment import LedgerRecord, Segment, Source
from models.settings import JudgeSettings, TimeSettings
from models.simulation import Centre, SimulationSettings, issue_types
from streams import ledger
from streams.checkpoints import codec

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1_800)]

SOURCE = Source("events", 0, 0)
END = object()
DAYS = max(20 * EVENTS // FULL, 1)
"""At full size verdicts have begun: they need 14 days."""


def test_judge() -> None:
    """The fold of whole days, 50 handlings an employee and day, beside sorting the same rows."""
    tell(
        "Judge",
        f"{DAYS} days of 50 handlings an employee, 72 strata, panes of an hour, all detectors; segments as "
        "the ledger holds them, already decoded. Beside it np.lexsort of the same rows by time and event.",
        table(
            (
                "employees",
                "rows",
                "us CPU a row",
                "lexsort, us",
                "longest record, ms",
                "longest piece of one, ms",
                "snapshot, ms",
                "checkpoint, MB",
                "restored, s",
            ),
            [judged(employees) for employees in (2_000, 20_000)],
        ),
    )


def judged(employees: int) -> tuple[str, ...]:
    """Return a row of the table."""
    settings = SimulationSettings(
        employees=employees, handlings_per_day=50 * employees, days=DAYS, issue_types=issue_types(24)
    )
    judge_settings = JudgeSettings(time=TimeSettings(clock="event"))
    judge = Judge(judge_settings)
    position, sort_s = 0, 0.0
    costs: list[tuple[float, float]] = []
    for day in Centre(settings, 1).days():
        costs += [applied(judge, record) for record in segments(day.handlings, position)]
        sort_s += cpu_seconds(lambda rows=day.handlings: np.lexsort((rows.event, rows.time)))
        position += len(day.handlings)
    kept = codec.encode(judge.dump())
    restored = cpu_seconds(lambda: Judge.load(judge_settings, codec.decode(kept)))
    record_s, piece_s = (max(cost) for cost in zip(*costs, strict=True))
    return (
        f"{employees:,}",
        f"{position:,}",
        f"{1e6 * sum(record for record, _ in costs) / position:.2f}",
        f"{1e6 * sort_s / position:.2f}",
        f"{1e3 * record_s:.0f}",
        f"{1e3 * piece_s:.0f}",
        f"{1e3 * cpu_seconds(judge.snapshot):.0f}",
        f"{len(kept) / 1e6:.0f}",
        f"{restored:.1f}",
    )


def applied(judge: Judge, record: LedgerRecord) -> tuple[float, float]:
    """Apply a record and return the CPU seconds that all of it and its longest piece took."""
    pieces, work = [], judge.applying(record)
    more = True
    while more:
        begin = time.process_time()
        more = next(work, END) is not END
        pieces.append(time.process_time() - begin)
    return sum(pieces), max(pieces)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time that this takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def segments(rows: Handlings, start: int) -> Iterator[LedgerRecord]:
    """Yield rows as what is read from the ledger, each segment with just the names that it uses."""
    end, none = start + len(rows), np.empty(0, np.int64)
    whole = Segment(
        source=SOURCE,
        start=start,
        end=end,
        roster={SOURCE.topic: 1},
        rows=rows,
        offsets=np.arange(start, end),
        reject_offsets=none,
        reject_reasons=none.astype(np.uint8),
        key_id="k",
    )
    return map(ledger.decode, ledger.encode_bounded(whole))
