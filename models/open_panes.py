"""Rows that wait: a pane stays open until the watermark passes its end (rule 6).

Beside its own rows a pane may hold amendments: rows of panes that have closed already, to be applied when
this one closes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from models.handling import NO_CODE, Handlings, no_handlings


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """n rows under common name tables, with the topic (int16[n]) that each came from."""

    rows: Handlings
    topic: NDArray[np.int16]


class OpenPanes:
    """The panes that rows wait in, and how many wait."""

    def __init__(self, facts: tuple[str, ...]) -> None:
        self._facts = facts
        self._chunks: dict[int, tuple[list[_Chunk], list[_Chunk]]] = {}
        self._ascending: list[int] = []  # a heap: a file of three years keeps 26,000 panes open
        self.rows = 0

    def add(self, pane: NDArray[np.int64], amends: NDArray[np.bool_], rows: Handlings, topic: int) -> None:
        """Let n rows of one topic wait, each for the close of its `pane`, as an amendment or not."""
        if len(rows) == 0:
            return
        self.rows += len(rows)
        if not amends.any() and pane[0] == pane[-1] and (pane == pane[0]).all():
            self._pane(int(pane[0]))[0].append(_Chunk(rows, topic))
            return
        key = pane * 2 + amends
        for value in np.unique(key):
            chunk = _Chunk(rows.take(key == value), topic)
            self._pane(int(value) // 2)[int(value) % 2].append(chunk)

    def first(self) -> int | None:
        """Return the earliest pane that is open, None where nothing waits."""
        return self._ascending[0] if self._ascending else None

    def pop(self) -> tuple[Waiting, Waiting]:
        """Take the earliest pane's rows and its amendments out."""
        own, amendments = self._chunks.pop(heappop(self._ascending))
        self.rows -= sum(len(chunk.rows) for chunk in (*own, *amendments))
        return _join(own, self._facts), _join(amendments, self._facts)

    def waiting(self, topics: int) -> NDArray[np.int64]:
        """Return how many rows of each topic wait: int64[topics]."""
        count = np.zeros(topics, np.int64)
        for pane in self._chunks.values():
            for chunk in (*pane[0], *pane[1]):
                count[chunk.topic] += len(chunk.rows)
        return count

    def _pane(self, pane: int) -> "tuple[list[_Chunk], list[_Chunk]]":
        if pane not in self._chunks:
            self._chunks[pane] = ([], [])
            heappush(self._ascending, pane)
        return self._chunks[pane]


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    rows: Handlings
    topic: int


def _join(chunks: Sequence[_Chunk], facts: tuple[str, ...]) -> Waiting:
    if not chunks:
        return Waiting(no_handlings(facts), np.empty(0, np.int16))
    parts = [chunk.rows for chunk in chunks]
    employee, employees = _one_table([(part.employee, part.employees) for part in parts])
    issue, issues = _one_table([(part.issue, part.issues) for part in parts])
    rows = Handlings(
        time=np.concatenate([part.time for part in parts]),
        event=np.concatenate([part.event for part in parts]),
        revision=np.concatenate([part.revision for part in parts]),
        case=np.concatenate([part.case for part in parts]),
        employee=employee,
        channel=np.concatenate([part.channel for part in parts]),
        issue=issue,
        facts={name: np.concatenate([part.facts[name] for part in parts]) for name in facts},
        employees=employees,
        issues=issues,
    )
    topic = np.repeat([chunk.topic for chunk in chunks], [len(part) for part in parts]).astype(np.int16)
    return Waiting(rows, topic)


def _one_table(
    parts: Sequence[tuple[NDArray[np.int32], tuple[str, ...]]],
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the codes of all parts under one table that holds just the names in use."""
    place: dict[str, int] = {}
    codes = []
    for code, names in parts:
        into = np.full(len(names) + 1, NO_CODE, np.int32)  # the last element answers -1
        for used in np.flatnonzero(np.bincount(code[code != NO_CODE], minlength=len(names))):
            into[used] = place.setdefault(names[used], len(place))
        codes.append(into[code])
    return np.concatenate(codes), tuple(place)
