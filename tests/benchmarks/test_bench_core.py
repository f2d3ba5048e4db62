"""What a record costs on its way from bytes to a segment and back, beside what JSON alone costs."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import orjson
import pytest
from benchmarks.contenders.reading import decoded
from benchmarks.results import middle, table, tell
from benchmarks.upstream import PARTITIONS, records

from models.segment import Segment, Source
from streams import ledger
from streams.formats.contract import HandlingCompleted

pytestmark = pytest.mark.benchmark

COUNT = 50_000
FETCH = 2_260
"""Events of a fetch of 1 MiB."""
REPEATS = 9


def test_decode_and_ledger() -> None:
    """Decoding to columns, writing and reading a segment, by fetches."""
    compact = [value for _, value in records(COUNT)]
    spaced = [json.dumps(orjson.loads(value)).encode() for value in compact]
    segments = [segment(fetch) for fetch in fetches(compact)]
    values = [ledger.encode(one) for one in segments]
    works = {
        "JSON alone: orjson.loads": partial(each, orjson.loads, compact),
        "typed and validated: msgspec": partial(
            each, msgspec.json.Decoder(HandlingCompleted).decode, compact
        ),
        "decode, check, hash, columns": partial(each, columns, fetches(compact)),
        "the same of json.dumps, with spaces": partial(each, columns, fetches(spaced)),
        "segment to bytes": partial(each, ledger.encode, segments),
        "segment from bytes": partial(each, ledger.decode, values),
    }
    costs: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            costs[name].append(1e6 * cpu_seconds(work) / COUNT)
    least = min(costs["JSON alone: orjson.loads"])
    tell(
        "Decode and segments",
        f"{COUNT:,} events of {size(compact) / COUNT:.0f} bytes, {size(spaced) / COUNT:.0f} with spaces, in "
        f"fetches of {FETCH:,}. CPU time, median (range) of {REPEATS}. A row of the ledger takes "
        f"{size(values) / COUNT:.0f} bytes uncompressed.",
        table(
            ("what", "us an event", "times orjson.loads"),
            [(name, middle(cost, ".2f"), f"{min(cost) / least:.2f}") for name, cost in costs.items()],
        ),
    )


def columns(values: list[bytes]) -> None:
    """Decode a fetch, and let go of it as intake does."""
    decoded(values, range(len(values)))


def segment(values: list[bytes]) -> Segment:
    """Return a fetch as a segment."""
    rows = decoded(values, range(len(values)))
    return ledger.segment_of(rows, Source("events", 0, 0), 0, len(values), {"events": PARTITIONS}, "k")


def fetches(values: list[bytes]) -> list[list[bytes]]:
    """Cut records into fetches."""
    return [values[begin : begin + FETCH] for begin in range(0, len(values), FETCH)]


def each(work: Callable[[Any], object], parts: list[Any]) -> None:
    """Do it to each, and keep nothing."""
    for part in parts:
        work(part)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time that this takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def size(values: list[bytes]) -> int:
    """Return how many bytes they have together."""
    return sum(map(len, values))
