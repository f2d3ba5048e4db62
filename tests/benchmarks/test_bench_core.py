"""What the core costs, each beside a yardstick measured in the same run; run by `make bench`."""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import orjson
import pytest

from models.handling import Handlings
from models.identity import Identity, Keys
from models.judge import Judge
from models.segment import ROWS_MAX, Segment, Source
from models.settings import JudgeSettings, facts_of
from models.simulation import Centre, SimulationSettings, issue_types
from streams import ledger
from streams.formats import FORMATS, Decoded

pytestmark = pytest.mark.benchmark

SOURCE = Source("events", 0, 0)


@pytest.fixture(scope="module", autouse=True)
def machine() -> None:
    """Say on what the figures were taken."""
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, {versions}", file=sys.stderr)


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the least time of several runs."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def tell(what: str, cost_us: float, beside: str, yardstick_us: float, unit: str = "event") -> None:
    """Print a cost and its ratio to the yardstick."""
    ratio = cost_us / yardstick_us
    print(f"{what:<44} {cost_us:7.2f} us a {unit}   {ratio:5.2f} x {beside} ({yardstick_us:.2f})")


def decoded(records: list[bytes]) -> Decoded:
    """Decode records as intake does."""
    return FORMATS["canonical"](
        records,
        np.arange(len(records)),
        facts=facts_of(JudgeSettings().measures),
        identity=Identity(Keys.public()),
        latest=2**62,
        record_bytes_max=1 << 20,
    )


def segments(rows: Handlings, start: int) -> Iterator[Segment]:
    """Cut rows into segments."""
    nothing = np.empty(0, np.int64)
    for begin in range(0, len(rows), ROWS_MAX):
        part = rows.take(np.arange(begin, min(begin + ROWS_MAX, len(rows))))
        at = start + begin
        offsets = np.arange(at, at + len(part))
        yield Segment(
            SOURCE, at, at + len(part), {"events": 1}, part, offsets, nothing, nothing.astype(np.uint8), "k"
        )


def test_decode_and_ledger() -> None:
    """Decoding to columns beside orjson alone; writing and reading a segment beside decoding it."""
    day = Centre(SimulationSettings(handlings_per_day=5_000), 1).day(1)
    records = [json.dumps(event).encode() for event in day.events()]
    n = len(records) / 1e6
    bare = seconds(lambda: [orjson.loads(record) for record in records]) / n
    columns = decoded(records)
    cost = seconds(lambda: decoded(records)) / n
    tell("decode, check, hash, columns", cost, "orjson.loads alone", bare)
    segment = ledger.segment_of(columns, SOURCE, 0, len(records), {"events": 1}, "k")
    value = ledger.encode(segment)
    tell("segment to bytes", seconds(lambda: ledger.encode(segment)) / n, "decode", cost)
    tell("segment from bytes", seconds(lambda: ledger.decode(value)) / n, "decode", cost)
    print(f"{'ledger, uncompressed':<44} {len(value) / len(records):7.1f} bytes a row")


@pytest.mark.parametrize("employees", [60, 2_000])
def test_judge(employees: int) -> None:
    """The fold, all detectors, beside sorting the same rows by time and event."""
    per_day = employees * 50
    days = max(20, 1_000_000 // per_day) if employees < 1_000 else 10
    settings = SimulationSettings(
        employees=employees, handlings_per_day=per_day, days=days, issue_types=issue_types(24)
    )
    centre = Centre(settings, 1)
    judge, position, cost, sort, worst = Judge(JudgeSettings()), 0, 0.0, 0.0, 0.0
    for day in range(min(days, 40)):
        rows = centre.day(day).handlings
        for segment in segments(rows, position):
            took = seconds(lambda one=segment: judge.apply(one), 1)  # type: ignore[misc]
            cost, worst = cost + took, max(worst, took)
        sort += seconds(lambda one=rows: np.lexsort((one.event, one.time)), 1)  # type: ignore[misc]
        position += len(rows)
    n = position / 1e6
    tell(f"judge, {employees:,} employees, {per_day:,} a day", cost / n, "lexsort", sort / n, "row")
    shown = seconds(judge.snapshot, 3) * 1e3
    print(f"{'  longest apply; a snapshot':<44} {worst * 1e3:7.1f} ms; {shown:.1f} ms")
