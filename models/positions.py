"""Which records of each source have been applied (rule 3): replays drop out, gaps stay open until filled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.segment import Segment, Source
from models.state import Fields, State

Range = tuple[int, int]
"""Positions [start, end)."""


@dataclass(slots=True)
class Position:
    """Where one source stands: `next` is the first position not yet applied.

    Attributes
    ----------
    missing, lost : list of Range
        What no segment below `next` has covered, and of that what a segment stated to be gone upstream;
        each ascending and apart.
    """

    next: int
    missing: list[Range] = field(default_factory=list)
    lost: list[Range] = field(default_factory=list)


class Positions:
    """The next position per source, and the ranges that were jumped or lost."""

    def __init__(self) -> None:
        self._by_source: dict[Source, Position] = {}

    def admit(self, segment: Segment) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows and which rejects of a segment are new, and count them as applied.

        What a segment states as lost is lost only where nothing else has covered it; should such a record
        come after all, from a worker that had fetched it in time, it is taken and no longer lost.

        Returns
        -------
        (bool[rows], bool[rejects])
            False where an earlier segment has already covered that offset.
        """
        position = self._by_source.setdefault(segment.source, Position(segment.start))
        rows = _unseen(position, segment.offsets)
        rejects = _unseen(position, segment.reject_offsets)
        read_from = max(segment.start, segment.lost_until)
        if segment.start > position.next:
            position.missing.append((position.next, segment.start))
        ahead = (max(position.next, segment.start), read_from)
        lost = _inside([*position.missing, ahead], segment.start, read_from)
        position.missing = _outside(position.missing, segment.start, segment.end)
        position.lost = sorted([*_outside(position.lost, read_from, segment.end), *lost])
        position.next = max(position.next, segment.end)
        return rows, rejects

    def next(self, source: Source) -> int | None:
        """Return the first position not yet applied, None for a source never seen."""
        position = self._by_source.get(source)
        return None if position is None else position.next

    def missing(self, source: Source) -> int:
        """Return how many positions of a source were jumped and not filled since."""
        return sum(end - start for start, end in self._by_source[source].missing)

    def lost(self, source: Source) -> int:
        """Return how many positions of a source were gone before they could be read."""
        return sum(end - start for start, end in self._by_source[source].lost)

    def sources(self) -> tuple[Source, ...]:
        """Return every source that has been seen, in order of topic, partition and epoch."""
        return tuple(sorted(self._by_source))

    def dump(self) -> State:
        """Return the state."""
        return [
            {
                "source": list(source),
                "next": position.next,
                "missing": [list(part) for part in position.missing],
                "lost": [list(part) for part in position.lost],
            }
            for source, position in sorted(self._by_source.items())
        ]

    def load(self, state: Sequence[Fields]) -> None:
        """Take over a state that was dumped."""
        for one in state:
            missing, lost = ([(start, end) for start, end in one[name]] for name in ("missing", "lost"))
            self._by_source[Source(*one["source"])] = Position(one["next"], missing, lost)


def _unseen(position: Position, offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    unseen = offsets >= position.next
    for start, end in (*position.missing, *position.lost):
        unseen |= (offsets >= start) & (offsets < end)
    return unseen


def _inside(ranges: Iterable[Range], first: int, last: int) -> list[Range]:
    """Return what of some ranges lies from first up to, not including, last."""
    return _not_empty((max(start, first), min(end, last)) for start, end in ranges)


def _outside(ranges: Iterable[Range], first: int, last: int) -> list[Range]:
    """Return what of some ranges lies before first or from last on."""
    return _not_empty(
        part for start, end in ranges for part in ((start, min(end, first)), (max(start, last), end))
    )


def _not_empty(ranges: Iterable[Range]) -> list[Range]:
    return [(start, end) for start, end in ranges if start < end]
