"""Segments too large for one record: the parts together are the segment."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from columns import PLAIN, Row, handlings, hours, segment, snapshot_of
from drawn import delivered, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from snapshots import bits

from models.handling import Handlings
from models.segment import ROWS_MAX, Segment
from models.snapshot import Snapshot
from streams import ledger
from streams.ledger import BYTES_MAX, decode, encode, encode_bounded


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """Bound records to 7 rows or 1,200 bytes, so that small segments are too large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "ROWS_MAX", 7)
        patch.setattr(ledger, "BYTES_MAX", 1_200)
        yield


def parts_of(whole: Segment) -> list[Segment]:
    """Return the parts of a segment as they are read back."""
    parts = [decode(value) for value in encode_bounded(whole)]
    return [part for part in parts if isinstance(part, Segment)]


def told(columns: Handlings) -> list[tuple[object, ...]]:
    """Return rows with names instead of codes, which each part gives anew."""
    employees = [None if code < 0 else columns.employees[code] for code in columns.employee]
    issues = [columns.issues[code] for code in columns.issue]
    numbers: list[NDArray[Any]] = [
        columns.time,
        columns.event,
        columns.revision,
        columns.case,
        columns.channel,
    ]
    numbers += columns.facts.values()
    plain = [[value.tobytes() for value in column] for column in numbers]
    return list(zip(employees, issues, *plain, strict=True))


@st.composite
def large(draw: st.DrawFn) -> Segment:
    """Draw a segment with jumps between offsets, and with rejects among the rows."""
    drawn = draw(rows(days=2, max_size=40))
    steps = draw(st.lists(st.integers(1, 4), min_size=len(drawn) + 5, max_size=len(drawn) + 5))
    offsets = (10 + np.cumsum(steps)).tolist()
    rejected = sorted(draw(st.sets(st.sampled_from(offsets), min_size=5, max_size=5)))
    accepted = [offset for offset in offsets if offset not in rejected]
    return segment(drawn, start=7, offsets=accepted, rejects=rejected, reasons=[1, 2, 3, 4, 5], end=999)


@given(large())
def test_every_record_stands_in_one_part(whole: Segment) -> None:
    """No row and no reject is lost, doubled or changed, names included."""
    parts = parts_of(whole)

    assert [row for part in parts for row in told(part.rows)] == told(whole.rows)
    assert np.concatenate([part.offsets for part in parts]).tolist() == whole.offsets.tolist()
    rejects = [
        (int(offset), int(reason))
        for part in parts
        for offset, reason in zip(part.reject_offsets, part.reject_reasons, strict=True)
    ]
    assert rejects == list(zip(whole.reject_offsets, whole.reject_reasons, strict=True))


@given(large())
def test_parts_follow_on_each_other(whole: Segment) -> None:
    """Their stretches cover that of the segment without a gap, and each holds its own records."""
    parts = parts_of(whole)

    assert [part.start for part in parts] == [whole.start, *(part.end for part in parts[:-1])]
    assert parts[-1].end == whole.end
    assert {part.source for part in parts} == {whole.source}


@given(large())
def test_each_part_is_within_the_bounds(whole: Segment) -> None:
    """No part has too many rows and rejects, or too many bytes; one record alone is as large as it is."""
    for value in encode_bounded(whole):
        part = decode(value)
        assert isinstance(part, Segment)
        records = len(part.offsets) + len(part.reject_offsets)
        assert records <= 7
        assert len(value) <= 1_200 or records == 1


def test_a_record_that_is_too_large_by_itself_is_written() -> None:
    """What cannot be halved goes out as it is; only names can make one row so large, and they are bounded."""
    whole = segment([Row(hours(1), 1, employee="x" * 2_000)], rejects=(1,))

    assert [len(part.offsets) for part in parts_of(whole)] == [1, 0]


def test_a_part_carries_its_own_names_only() -> None:
    """Halving makes a segment of long names smaller: each part names those who are in it."""
    many = [Row(hours(1), n, employee=f"{n}-{'x' * 150}", issue=f"issue {n % 3}") for n in range(6)]
    parts = parts_of(segment([*many, Row(hours(1), 9, employee=None)]))

    assert len(parts) > 1
    for part in parts:
        assert len(part.rows.employees) == len(set(part.rows.employee.tolist()) - {-1})
        assert len(part.rows.issues) == len(set(part.rows.issue.tolist()))


def test_a_stretch_without_records_is_one_record() -> None:
    """A fetch of nothing but jumped offsets still moves the position."""
    [part] = parts_of(segment([], start=5, end=9))

    assert (part.start, part.end, len(part.rows)) == (5, 9, 0)


@settings(max_examples=25)
@given(rows(days=3, max_size=60), st.integers(0, 2**31))
def test_the_fold_over_the_parts_is_the_fold_over_the_whole(drawn: list[Row], seed: int) -> None:
    """However segments were halved, the judge comes to the same state, bit for bit."""
    whole = delivered(drawn, seed, partitions=2, copies=0.2, longest=40)
    halved = [part for one in whole for part in parts_of(one)]

    def shown(snapshot: Snapshot) -> object:
        return bits(replace(snapshot, sources=()))

    assert shown(snapshot_of(halved, PLAIN)) == shown(snapshot_of(whole, PLAIN))


def test_the_bounds_are_those_of_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real bounds a segment of long, ever new names comes out as records that Kafka takes."""
    monkeypatch.setattr(ledger, "ROWS_MAX", ROWS_MAX)
    monkeypatch.setattr(ledger, "BYTES_MAX", BYTES_MAX)
    many = [Row(hours(1), n, employee=f"{n:05}{'é' * 195}") for n in range(ROWS_MAX + 1)]
    whole = segment(handlings(many))

    values = list(encode_bounded(whole))

    assert max(map(len, values)) <= BYTES_MAX == 512 * 1_024 < len(encode(whole))
    assert len(values) == 8
