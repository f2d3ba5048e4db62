"""What the judge costs a row, all detectors, and how long it stops the loop it runs in."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks.results import EVENTS, FULL, table, tell

from models.handling import Handlings
from models.judge import Judge
from models.segment import LedgerRecord, Segment, Source
from models.settings import JudgeSettings, TimeSettings
from models.simulation import Centre, SimulationSettings, issue_types
from streams import ledger

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1_800)]

SOURCE = Source("events", 0, 0)
DAYS = max(20 * EVENTS // FULL, 1)
"""At full size verdicts have begun: they need 14 days."""


def test_judge() -> None:
    """The fold of whole days, 50 handlings an employee and day, beside sorting the same rows."""
    tell(
        "Judge",
        f"{DAYS} days of 50 handlings an employee, 72 strata, panes of an hour, all detectors; segments as "
        "the ledger holds them, already decoded. Beside it np.lexsort of the same rows by time and event.",
        table(
            ("employees", "rows", "us CPU a row", "lexsort, us", "longest apply, ms", "snapshot, ms"),
            [judged(employees) for employees in (2_000, 20_000)],
        ),
    )


def judged(employees: int) -> tuple[str, ...]:
    """Return a row of the table."""
    settings = SimulationSettings(
        employees=employees, handlings_per_day=50 * employees, days=DAYS, issue_types=issue_types(24)
    )
    judge = Judge(JudgeSettings(time=TimeSettings(clock="event")))
    position, cpu_s, sort_s, longest = 0, 0.0, 0.0, 0.0
    for day in Centre(settings, 1).days():
        for record in segments(day.handlings, position):
            begin, cpu = time.perf_counter(), time.process_time()
            judge.apply(record)
            cpu_s += time.process_time() - cpu
            longest = max(longest, time.perf_counter() - begin)
        cpu = time.process_time()
        np.lexsort((day.handlings.event, day.handlings.time))
        sort_s += time.process_time() - cpu
        position += len(day.handlings)
    begin = time.perf_counter()
    judge.snapshot()
    snapshot = time.perf_counter() - begin
    n = position / 1e6
    figures = (f"{cpu_s / n:.2f}", f"{sort_s / n:.2f}", f"{longest * 1e3:.0f}", f"{snapshot * 1e3:.0f}")
    return (f"{employees:,}", f"{position:,}", *figures)


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
