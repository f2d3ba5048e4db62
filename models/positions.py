"""Which records of each source have been applied (rule 3): replays drop out, gaps stay open until filled."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.segment import Segment, Source


@dataclass(slots=True)
class Position:
    """Where one source stands: `next` is the first position not yet applied."""

    next: int
    missing: list[tuple[int, int]] = field(default_factory=list)
    """Ranges [start, end) below `next` that no segment has covered, ascending and apart."""


class Positions:
    """The next position per source, and the ranges that were jumped."""

    def __init__(self) -> None:
        self._by_source: dict[Source, Position] = {}

    def admit(self, segment: Segment) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows and which rejects of a segment are new, and count them as applied.

        Returns
        -------
        (bool[rows], bool[rejects])
            False where an earlier segment has already covered that offset.
        """
        position = self._by_source.setdefault(segment.source, Position(segment.start))
        rows = self._unseen(position, segment.offsets)
        rejects = self._unseen(position, segment.reject_offsets)
        if segment.start > position.next:
            position.missing.append((position.next, segment.start))
        position.missing = [
            part
            for start, end in position.missing
            for part in ((start, min(end, segment.start)), (max(start, segment.end), end))
            if part[0] < part[1]
        ]
        position.next = max(position.next, segment.end)
        return rows, rejects

    def next(self, source: Source) -> int | None:
        """Return the first position not yet applied, None for a source never seen."""
        position = self._by_source.get(source)
        return None if position is None else position.next

    def missing(self, source: Source) -> int:
        """Return how many positions of a source were jumped and not filled since."""
        return sum(end - start for start, end in self._by_source[source].missing)

    def sources(self) -> tuple[Source, ...]:
        """Return every source that has been seen, in order of topic, partition and epoch."""
        return tuple(sorted(self._by_source))

    @staticmethod
    def _unseen(position: Position, offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
        unseen = offsets >= position.next
        for start, end in position.missing:
            unseen |= (offsets >= start) & (offsets < end)
        return unseen
