"""Rows that wait: a pane stays open until the watermark passes its end (rule 6).

Beside its own rows a pane may hold amendments: rows of panes that have closed already, to be applied when
this one closes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from models.grouping import count_by_group
from models.handling import NO_CODE, Handlings, no_handlings, with_facts
from models.state import Fields, State, cut


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """n rows under common name tables, with the topic (int16[n]) that each came from."""

    rows: Handlings
    topic: NDArray[np.int16]


class OpenPanes:
    """The panes that rows wait in, and how many wait."""

    def __init__(self, facts: tuple[str, ...]) -> None:
        self._facts = facts
        self._chunks: dict[int, tuple[list[Waiting], list[Waiting]]] = {}
        self._ascending: list[int] = []  # a heap: a file of three years keeps 26,000 panes open
        self.rows = 0

    def add(self, pane: NDArray[np.int64], amends: NDArray[np.bool_], rows: Handlings, topic: int) -> None:
        """Let n rows of one topic wait, each for the close of its `pane`, as an amendment or not."""
        if len(rows) == 0:
            return
        self.rows += len(rows)
        of = np.full(len(rows), topic, np.int16)
        if not amends.any() and pane[0] == pane[-1] and (pane == pane[0]).all():
            self._pane(int(pane[0]))[0].append(Waiting(rows, of))
            return
        key = pane * 2 + amends
        for value in np.unique(key):
            here = key == value
            self._pane(int(value) // 2)[int(value) % 2].append(Waiting(rows.take(here), of[here]))

    def first(self) -> int | None:
        """Return the earliest pane that is open, None where nothing waits."""
        return self._ascending[0] if self._ascending else None

    def pop(self) -> tuple[Waiting, Waiting]:
        """Take the earliest pane's rows and its amendments out."""
        own, amendments = self._chunks.pop(heappop(self._ascending))
        self.rows -= sum(len(chunk.rows) for chunk in (*own, *amendments))
        return _join(own, self._facts), _join(amendments, self._facts)

    def count(self, topics: int) -> NDArray[np.int64]:
        """Return how many rows of each topic wait: int64[topics]."""
        count = np.zeros(topics, np.int64)
        for pane in self._chunks.values():
            for chunk in (*pane[0], *pane[1]):
                count += np.bincount(chunk.topic, minlength=topics)
        return count

    def dump(self) -> State:
        """Return the state: all that waits, one row after the other, under names in alphabetical order."""
        waits = [
            (pane, kind, chunks)
            for pane, kinds in sorted(self._chunks.items())
            for kind, chunks in enumerate(kinds)
            if chunks
        ]
        together = _join([chunk for _, _, chunks in waits for chunk in chunks], self._facts)
        rows = together.rows
        employee, employees = _sorted_table(rows.employee, rows.employees)
        issue, issues = _sorted_table(rows.issue, rows.issues)
        return {
            "pane": np.array([pane for pane, _, _ in waits], np.int64),
            "amends": np.array([kind for _, kind, _ in waits], np.bool_),
            "rows": np.array([sum(len(chunk.rows) for chunk in chunks) for _, _, chunks in waits], np.int64),
            "topic": together.topic,
            "time": rows.time,
            "event": rows.event,
            "revision": rows.revision,
            "case": rows.case,
            "employee": employee,
            "channel": rows.channel,
            "issue": issue,
            "facts": dict(rows.facts),
            "employees": employees,
            "issues": issues,
        }

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped; a fact that was not kept then is null in every row."""
        sizes = state["rows"]
        names = ("time", "event", "revision", "case", "employee", "channel", "issue")
        columns = {name: cut(state[name], sizes) for name in names}
        facts = {name: cut(column, sizes) for name, column in state["facts"].items()}
        employees, issues = tuple(state["employees"]), tuple(state["issues"])
        topic = cut(state["topic"], sizes)
        for place, (pane, kind) in enumerate(
            zip(state["pane"].tolist(), state["amends"].tolist(), strict=True)
        ):
            rows = Handlings(
                **{name: parts[place] for name, parts in columns.items()},
                facts={name: parts[place] for name, parts in facts.items()},
                employees=employees,
                issues=issues,
            )
            self._pane(pane)[kind].append(Waiting(with_facts(rows, self._facts), topic[place]))
            self.rows += len(rows)

    def _pane(self, pane: int) -> tuple[list[Waiting], list[Waiting]]:
        if pane not in self._chunks:
            self._chunks[pane] = ([], [])
            heappush(self._ascending, pane)
        return self._chunks[pane]


def _join(chunks: Sequence[Waiting], facts: tuple[str, ...]) -> Waiting:
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
    return Waiting(rows, np.concatenate([chunk.topic for chunk in chunks]))


def _one_table(
    parts: Sequence[tuple[NDArray[np.int32], tuple[str, ...]]],
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the codes of all parts under one table that holds just the names in use."""
    used = [np.flatnonzero(count_by_group(code + 1, len(names) + 1)[1:]) for code, names in parts]
    named = [[names[place] for place in of.tolist()] for of, (_, names) in zip(used, parts, strict=True)]
    together = dict.fromkeys(chain.from_iterable(named))
    place = dict(zip(together, range(len(together)), strict=True))
    codes = []
    for of, own, (code, names) in zip(used, named, parts, strict=True):
        into = np.full(len(names) + 1, NO_CODE, np.int32)  # the last element answers -1
        into[of] = np.fromiter(map(place.__getitem__, own), np.int32, len(own))
        codes.append(into[code])
    return np.concatenate(codes), tuple(place)


def _sorted_table(code: NDArray[np.int32], names: tuple[str, ...]) -> tuple[NDArray[np.int32], list[str]]:
    """Return the codes under the same names in alphabetical order, whatever the order in which they came."""
    order = sorted(range(len(names)), key=names.__getitem__)
    into = np.full(len(names) + 1, NO_CODE, np.int32)  # the last element answers -1
    into[order] = np.arange(len(names), dtype=np.int32)
    return into[code], [names[place] for place in order]
