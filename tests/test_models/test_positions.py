"""Positions (rule 3): each record once, whatever is repeated, overlaps or is missing for a while."""

import pytest
from columns import MIDNIGHT, Row, judged, segment, source
from hypothesis import given
from hypothesis import strategies as st

from models.positions import Positions
from models.segment import Segment

ranges = st.tuples(st.integers(0, 30), st.integers(0, 12)).map(lambda drawn: (drawn[0], sum(drawn)))


def records(start: int, end: int) -> Segment:
    """Return the records from start to end: every third is a reject, every seventh offset is jumped."""
    present = [offset for offset in range(start, end) if offset % 7]
    offsets = [offset for offset in present if offset % 3]
    rows = [Row(MIDNIGHT + offset, offset) for offset in offsets]
    rejects = [offset for offset in present if offset % 3 == 0]
    return segment(rows, start, offsets=offsets, rejects=rejects, end=end)


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
