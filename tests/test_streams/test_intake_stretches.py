"""Intake's word on where from and where to: no position of a source is stated twice, none is passed over."""

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import pytest
from columns import PLAIN, judged
from hypothesis import given
from hypothesis import strategies as st
from taking import (
    HERE,
    FakeBroker,
    fetch,
    intake,
    stretches,
    taken,
)

from models.segment import ROWS_MAX, Segment
from streams.config import Config, SourceConfig
from streams.intake import IntakeError, SourceError
from streams.transport import Fetch

TOPICS = Config().topics


def test_a_segment_covers_what_its_fetch_does() -> None:
    """Offsets jump (compaction, transactions): a stretch goes from position to position all the same."""
    broker = FakeBroker()
    taken(intake(broker, begins_at={HERE: 100}), fetch(100, 120, [107, 108]), fetch(120, 121))

    assert stretches(broker.segments) == [(100, 120, [107, 108]), (120, 121, [120])]


def test_a_fetch_of_markers_alone_is_stated() -> None:
    """It is acknowledged, so the next assignment begins behind it; unstated it would count as missing."""
    broker = FakeBroker()
    by = taken(intake(broker), fetch(0, 3), Fetch(3, 5, ()))
    by.assign({HERE: 5})
    taken(by, fetch(5, 6))

    assert stretches(broker.segments) == [(0, 3, [0, 1, 2]), (3, 5, []), (5, 6, [5])]
    [state] = judged(broker.ledger, PLAIN).snapshot().sources
    assert state.missing == 0


def test_a_large_fetch_is_several_segments() -> None:
    """More rows than a segment may hold come as parts that follow on each other, to the fetch's end."""
    broker = FakeBroker()
    offsets = [2 * at for at in range(2 * ROWS_MAX + 10)]
    taken(intake(broker), fetch(0, 40_000, offsets))

    cuts = [0, 2 * ROWS_MAX, 4 * ROWS_MAX, 40_000]
    assert [(one.start, one.end) for one in broker.segments] == list(pairwise(cuts))
    assert [at for one in broker.segments for at in one.offsets] == offsets


def test_what_was_lost_on_the_way_stops_the_worker() -> None:
    """A fetch begins beyond the one before, and the broker has what lies between: nothing is written."""
    broker = FakeBroker(first=6)
    by = taken(intake(broker), fetch(0, 5))

    with pytest.raises(IntakeError, match=r"events, partition 0: .* offset 7, .* ended at 5"):
        taken(by, fetch(7, 9))
    assert stretches(broker.segments) == [(0, 5, [0, 1, 2, 3, 4])]
    assert by.position(HERE) == 5


@pytest.mark.parametrize("first", [7, 90])
def test_what_expired_unread_is_stated_as_lost(first: int) -> None:
    """Where the log itself begins behind the gap the ledger is told, before what follows."""
    broker = FakeBroker(first=first)
    taken(intake(broker), fetch(0, 5), fetch(7, 9))

    _, lost, after = broker.segments
    assert (lost.start, lost.end, lost.lost_until, len(lost.rows)) == (5, 7, 7, 0)
    assert stretches([after]) == [(7, 9, [7, 8])]
    [state] = judged(broker.ledger, PLAIN).snapshot().sources
    assert (state.missing, state.lost) == (0, 2)


def test_what_expired_before_the_first_fetch_is_stated_too() -> None:
    """A group that was away for longer than the retention hears of it from its first fetch."""
    broker = FakeBroker(first=50)
    taken(intake(broker, begins_at={HERE: 40}), fetch(50, 51))

    assert [(one.start, one.end, one.lost_until) for one in broker.segments] == [(40, 50, 50), (50, 51, 0)]


def test_a_source_that_has_gone_back_stops_the_worker() -> None:
    """It was made anew: the advice is to set a new epoch, and nothing of it is written."""
    broker = FakeBroker()
    config = replace(Config(), sources=SourceConfig(topics=("events",), epoch=4))
    by = intake(broker, config=config, begins_at={HERE: 100})

    with pytest.raises(SourceError, match=r"up to offset 100 and now stands at 3.*sources\.epoch = 5"):
        taken(by, fetch(3, 200))
    assert broker.sent == []


def test_a_new_assignment_begins_anew() -> None:
    """Positions are those of this assignment: what is read again is written again, the judge drops it."""
    broker = FakeBroker()
    by = taken(intake(broker), fetch(0, 3))
    by.assign({HERE: 1})
    taken(by, fetch(1, 4))

    assert stretches(broker.segments) == [(0, 3, [0, 1, 2]), (1, 4, [1, 2, 3])]
    assert by.assigned == (HERE,)


class Next(NamedTuple):
    """A fetch to come: what expires before it, then pairs of a hole and whether a record follows it."""

    expired: int
    inside: tuple[tuple[int, bool], ...]
    assigned: bool


NEXT = st.builds(
    Next,
    st.sampled_from([0, 0, 0, 3]),
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6).map(tuple),
    st.booleans(),
)


@given(st.lists(NEXT, max_size=10))
def test_segments_tile_what_was_read_and_hold_just_its_records(several: list[Next]) -> None:
    """Any fetches with holes, expiries between them, and assignments that begin where the one before ended.

    From the first begin to the last end: no gap, no overlap, every record once, what expired as lost.
    """
    broker, position, expected, lost = FakeBroker(), 5, [], []
    by = intake(broker, begins_at={HERE: position})
    for one in several:
        if one.expired:
            lost += [*range(position, position + one.expired)]
            position = broker.first = position + one.expired
        begin, offsets = position, []
        for hole, is_record in one.inside:
            position += hole
            if is_record:
                offsets.append(position)
            position += 1
        taken(by, fetch(begin, position, offsets))
        expected += offsets
        if one.assigned:
            by.assign({HERE: position})

    segments = broker.segments
    ends = [5, *(segment.end for segment in segments)]
    assert [segment.start for segment in segments] == ends[:-1]
    assert ends[-1] == position == by.position(HERE)
    assert [at for segment in segments for at in segment.offsets] == expected
    assert [at for segment in segments for at in range(segment.start, segment.lost_until)] == lost
    assert_judged(segments, len(expected), len(lost))


def assert_judged(segments: list[Segment], read: int, lost: int) -> None:
    """Require that the judge counts the same from them, and misses nothing."""
    snapshot = judged(segments, PLAIN).snapshot()
    assert sum(counts.read for counts in snapshot.counts.values()) == read
    assert [(state.missing, state.lost) for state in snapshot.sources] == ([(0, lost)] if segments else [])


@given(st.lists(st.integers(1, 7), max_size=8), st.lists(st.integers(0, 30), max_size=4))
def test_however_it_was_fetched_the_judge_sees_each_record_once(sizes: list[int], again: list[int]) -> None:
    """Any cut into fetches, and any returns to an earlier position, come to the same counts."""
    broker = FakeBroker()
    by = intake(broker, begins_at={HERE: 0})
    offset, end = 0, sum(sizes)
    for size in sizes:
        taken(by, fetch(offset, offset + size))
        offset += size
    for position in again:
        start = min(position, end)
        by.assign({HERE: start})
        taken(by, fetch(start, end))

    counts = judged(broker.ledger, PLAIN).snapshot().counts
    assert (counts["events"].read if counts else 0) == end
