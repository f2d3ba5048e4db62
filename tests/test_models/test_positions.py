"""Positions (rule 3): each record once, whatever is repeated, overlaps or is missing for a while."""

import pytest
from columns import MIDNIGHT, Row, judged, segment, source
from hypothesis import given
from hypothesis import strategies as st

from models.positions import Positions
from models.segment import Segment

pieces = st.tuples(st.integers(0, 30), st.integers(0, 12), st.sampled_from((0, 0, 0, 5, 40)))
ranges = st.tuples(st.integers(0, 30), st.integers(0, 12)).map(lambda drawn: (drawn[0], sum(drawn)))


def records(start: int, end: int, lost_until: int = 0) -> Segment:
    """Return the records from start to end: every third is a reject, every seventh offset is jumped."""
    present = [offset for offset in range(max(start, lost_until), end) if offset % 7]
    offsets = [offset for offset in present if offset % 3]
    rows = [Row(MIDNIGHT + offset, offset) for offset in offsets]
    rejects = [offset for offset in present if offset % 3 == 0]
    return segment(rows, start, offsets=offsets, rejects=rejects, end=end, lost_until=lost_until)


@given(script=st.lists(ranges, max_size=12))
def test_each_offset_is_new_once(script: list[tuple[int, int]]) -> None:
    """Replays and overlaps drop out, gaps are taken when they come, in any order after the first."""
    positions = Positions()
    seen: set[int] = set()
    origin = script[0][0] if script else 0
    end = origin
    for start, stop in script:
        part = records(start, stop)
        rows, rejects = positions.admit(part)
        end = max(end, stop)
        for offsets, new in ((part.offsets, rows), (part.reject_offsets, rejects)):
            assert new.tolist() == [offset >= origin and offset not in seen for offset in offsets.tolist()]
        seen |= set(range(start, stop))
        assert positions.next(source()) == end
        assert positions.missing(source()) == len(set(range(origin, end)) - seen)


@given(script=st.lists(ranges, max_size=12))
def test_replays_are_counted_as_if_they_had_not_been(script: list[tuple[int, int]]) -> None:
    """What has been read is the records covered, each once, rejects included."""
    judge = judged([records(0, 1), *(records(start, stop) for start, stop in script)])
    covered = {0} | {offset for start, stop in script for offset in range(start, stop)}
    present = {offset for offset in covered if offset % 7}
    counts = judge.snapshot().counts["handlings"]
    assert counts.read == len(present)
    assert sum(counts.rejected.values()) == len([offset for offset in present if offset % 3 == 0])
    assert counts.accepted + counts.pending + counts.duplicate == counts.read - sum(counts.rejected.values())


def test_the_first_segment_is_where_history_begins() -> None:
    """What lies before a partition's first segment has never been read and is not missing."""
    positions = Positions()
    positions.admit(records(100, 110))
    rows, rejects = positions.admit(records(90, 105))
    assert not rows.any()
    assert not rejects.any()
    assert positions.missing(source()) == 0


def test_partitions_and_epochs_stand_for_themselves() -> None:
    """Offsets of another partition, topic or epoch are other records."""
    positions = Positions()
    others = [source(), source(1), source(topic="calls"), source(epoch=1)]
    for other in others:
        assert positions.next(other) is None
        rows, _ = positions.admit(segment([Row(MIDNIGHT, 1)], 5, of=other))
        assert rows.all()
        assert positions.next(other) == 6
    assert positions.sources() == tuple(sorted(others))


@pytest.mark.parametrize("pieces", [[(10, 20)], [(15, 20), (10, 15)], [(12, 14), (10, 30)]])
def test_a_gap_is_told_until_it_is_filled(pieces: list[tuple[int, int]]) -> None:
    """A range that was jumped is missing, counted and taken when it comes, in whatever pieces."""
    judge = judged([records(0, 10), records(20, 25)])
    assert judge.snapshot().sources[0].missing == 10
    for start, end in pieces:
        judge.apply(records(start, end))
    shown = judge.snapshot()
    assert shown.sources[0].missing == 0
    assert shown.counts["handlings"].read == len(
        [o for o in range(max(25, *(end for _, end in pieces))) if o % 7]
    )


def test_a_segment_without_records_moves_the_position() -> None:
    """Offsets jump legally: positions without a record are covered all the same."""
    judge = judged([records(0, 5), segment([], 5, end=50), segment([Row(MIDNIGHT, 1)], 50)])
    state = judge.snapshot().sources[0]
    assert (state.position, state.missing) == (51, 0)


@given(script=st.lists(pieces, max_size=12))
def test_what_is_lost_is_neither_missing_nor_read(script: list[tuple[int, int, int]]) -> None:
    """A position is lost where it was stated to be and nothing has covered it; then nobody misses it."""
    positions = Positions()
    covered: set[int] = set()
    stated: set[int] = set()
    origin = script[0][0] if script else 0
    end = origin
    for start, length, lost in script:
        lost_until = start + min(lost, length)
        part = records(start, start + length, lost_until)
        rows, rejects = positions.admit(part)
        for offsets, new in ((part.offsets, rows), (part.reject_offsets, rejects)):
            assert new.tolist() == [offset >= origin and offset not in covered for offset in offsets.tolist()]
        covered |= set(range(lost_until, start + length))
        stated |= set(range(start, lost_until))
        end = max(end, start + length)
        known = set(range(origin, end))
        assert positions.next(source()) == end
        assert positions.lost(source()) == len((known & stated) - covered)
        assert positions.missing(source()) == len(known - covered - stated)


def test_what_was_missing_and_is_stated_lost_is_lost() -> None:
    """Nobody waits any more for what upstream's retention has taken; the law is as it was."""
    judge = judged([records(0, 10), records(20, 25)])
    judge.apply(records(10, 20, lost_until=16))
    shown = judge.snapshot()
    assert (shown.sources[0].missing, shown.sources[0].lost) == (0, 6)
    assert shown.counts["handlings"].read == len(
        [offset for offset in (*range(10), *range(16, 25)) if offset % 7]
    )


def test_what_was_read_before_it_was_taken_is_not_lost() -> None:
    """A worker that lagged behind may state as lost what another has read."""
    judge = judged([records(0, 30), records(10, 40, lost_until=35)])
    state = judge.snapshot().sources[0]
    assert (state.position, state.missing, state.lost) == (40, 0, 5)


def test_what_was_lost_may_come_after_all() -> None:
    """A worker that had fetched in time what another found gone is believed."""
    judge = judged([records(0, 10), records(10, 30, lost_until=30), records(10, 20)])
    shown = judge.snapshot()
    assert (shown.sources[0].missing, shown.sources[0].lost) == (0, 10)
    assert shown.counts["handlings"].read == len([offset for offset in range(20) if offset % 7])
