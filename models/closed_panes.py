"""Panes that have closed and may still be corrected: each is its rows (rule 7).

Corrections change rows; sums are then made again from the rows. Beyond the correction horizon only sums
are left.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.handling import NO_CODE, null_fact
from models.narrowing import narrowed
from models.state import Fields, State, picked

_COLUMNS: Final = ("time", "event", "revision", "employee", "stratum", "first", "judged")


@dataclass(frozen=True, slots=True, eq=False)
class PaneRows:
    """The rows of a closed pane, in total order (`models.order`).

    Attributes
    ----------
    time, event, revision : int64[n], uint64[n], int64[n]
        As in `Handlings`.
    employee, stratum : int32[n]
        Codes; employee -1 where no human, or one beyond the bound, handled it.
    first : bool[n]
        The contact opened its case.
    facts : mapping of name to column[n]
        What was watched.
    judged : int32[n]
        By which of its day's `Expectations`; -1 where the row was not judged.
    """

    time: NDArray[np.int64]
    event: NDArray[np.uint64]
    revision: NDArray[np.int64]
    employee: NDArray[np.int32]
    stratum: NDArray[np.int32]
    first: NDArray[np.bool_]
    facts: Mapping[str, NDArray[Any]]
    judged: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "PaneRows":
        """Return the named rows (indexes, or a mask of length n)."""
        return PaneRows(
            time=self.time[index],
            event=self.event[index],
            revision=self.revision[index],
            employee=self.employee[index],
            stratum=self.stratum[index],
            first=self.first[index],
            facts={name: column[index] for name, column in self.facts.items()},
            judged=self.judged[index],
        )


def _kept(rows: PaneRows) -> PaneRows:
    """Return the rows as they are kept: narrow."""
    return replace(
        rows,
        revision=narrowed(rows.revision),
        employee=narrowed(rows.employee),
        stratum=narrowed(rows.stratum),
        facts={name: narrowed(column) for name, column in rows.facts.items()},
        judged=narrowed(rows.judged),
    )


def wide(rows: PaneRows) -> PaneRows:
    """Return rows that were kept in the types that they came in."""
    return replace(
        rows,
        revision=rows.revision.astype(np.int64),
        employee=rows.employee.astype(np.int32),
        stratum=rows.stratum.astype(np.int32),
        facts={name: column.astype(null_fact(name, 0).dtype) for name, column in rows.facts.items()},
        judged=rows.judged.astype(np.int32),
    )


@dataclass(slots=True)
class ClosedPane:
    """One pane within the horizon: where it lies and its rows; `unjudged` says some still await a step."""

    index: int
    day: int
    band: int
    rows: PaneRows
    unjudged: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Expectations:
    """What the rows of one day were judged by: k outcomes that peers would have had.

    Attributes
    ----------
    cell : int32[k]
        The cell it was worked out for.
    own : bool[k]
        It is one revised row's own, and holds for it whatever the row says now. Of those that rows share,
        one holds for a row only where the row says something.
    expected : float64[measures, k]
        NaN where there is none.
    """

    cell: NDArray[np.int32]
    own: NDArray[np.bool_]
    expected: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.cell)

    def with_more(self, more: "Expectations") -> "Expectations":
        """Return these and others, under the numbers that follow."""
        return Expectations(
            cell=np.concatenate((self.cell, more.cell)),
            own=np.concatenate((self.own, more.own)),
            expected=np.concatenate((self.expected, more.expected), axis=1),
        )


class ClosedPanes:
    """The panes within the correction horizon, by day."""

    def __init__(self, measures: int) -> None:
        self._measures = measures
        self._days: dict[int, dict[int, ClosedPane]] = {}
        self._expectations: dict[int, Expectations] = {}

    def __len__(self) -> int:
        return sum(len(panes) for panes in self._days.values())

    def put(self, pane: ClosedPane) -> None:
        """Keep a pane that has closed, in place of what was kept of it before; its rows are kept narrow."""
        pane.rows = _kept(pane.rows)
        self._days.setdefault(pane.day, {})[pane.index] = pane

    def get(self, day: int, index: int) -> ClosedPane | None:
        """Return a pane to read, None where it had no rows or its rows are gone."""
        pane = self._days.get(day, {}).get(index)
        return None if pane is None else replace(pane, rows=wide(pane.rows))

    def expectations(self, day: int) -> Expectations:
        """Return what the rows of a day were judged by."""
        nothing = Expectations(np.empty(0, np.int32), np.empty(0, np.bool_), np.empty((self._measures, 0)))
        return self._expectations.get(day, nothing)

    def expect(self, day: int, more: Expectations) -> int:
        """Add to what the rows of a day are judged by, and return the number of the first that is new."""
        known = self.expectations(day)
        self._expectations[day] = known.with_more(more)
        return len(known)

    def of_days(self, days: Collection[int]) -> list[ClosedPane]:
        """Return the panes of some days in order of time."""
        panes = {index: pane for day in days for index, pane in self._days.get(day, {}).items()}
        return [panes[index] for index in sorted(panes)]

    def unjudged(self) -> list[ClosedPane]:
        """Return the panes with rows that await judgement, in order of time."""
        return [pane for pane in self.of_days(self._days) if pane.unjudged]

    def awaits(self, day: int) -> bool:
        """Return whether a day has rows that await judgement."""
        return any(pane.unjudged for pane in self._days[day].values())

    def days(self) -> list[int]:
        """Return the days whose rows are still held, ascending."""
        return sorted(self._days)

    def forget(self, day: int) -> None:
        """Let the rows of a day go; their sums stay with the windows."""
        del self._days[day]
        self._expectations.pop(day, None)

    def dump(self) -> State:
        """Return the state, pane by pane; its columns are never changed, so none is copied."""
        panes = [
            {
                "index": pane.index,
                "day": pane.day,
                "band": pane.band,
                "unjudged": pane.unjudged,
                **{name: getattr(pane.rows, name) for name in _COLUMNS},
                "facts": dict(pane.rows.facts),
            }
            for pane in self.of_days(self._days)
        ]
        expectations = [
            {"day": day, "cell": judged.cell, "own": judged.own, "expected": judged.expected}
            for day, judged in sorted(self._expectations.items())
        ]
        return {"panes": panes, "expectations": expectations}

    def load(self, state: Fields, facts: Sequence[str], kept: Sequence[int | None]) -> None:
        """Take over a state that was dumped, with just these facts.

        `kept` says where each measure stood then: of one that is new no row has been judged. A fact that
        was not kept is null in every row.
        """
        for one in state["expectations"]:
            expected = picked(one["expected"], kept, np.nan)
            if not len(one["cell"]) == len(one["own"]) == expected.shape[1]:
                raise ValueError("columns of different lengths")
            self._expectations[one["day"]] = Expectations(one["cell"], one["own"], expected)
        for one in state["panes"]:
            n = len(one["time"])
            columns = {name: one[name] for name in _COLUMNS}
            if any(len(column) != n for column in (*columns.values(), *one["facts"].values())):
                raise ValueError("columns of different lengths")
            if one["judged"].max(initial=NO_CODE) >= len(self.expectations(one["day"])):
                raise ValueError("a row that was judged by nothing")
            rows = PaneRows(
                **columns,
                facts={name: one["facts"].get(name, null_fact(name, n)) for name in facts},
            )
            self.put(ClosedPane(one["index"], one["day"], one["band"], rows, one["unjudged"]))


def join(parts: list[PaneRows]) -> PaneRows:
    """Return the rows of several panes, one after the other."""
    first = parts[0]
    return PaneRows(
        time=np.concatenate([part.time for part in parts]),
        event=np.concatenate([part.event for part in parts]),
        revision=np.concatenate([part.revision for part in parts]),
        employee=np.concatenate([part.employee for part in parts]),
        stratum=np.concatenate([part.stratum for part in parts]),
        first=np.concatenate([part.first for part in parts]),
        facts={name: np.concatenate([part.facts[name] for part in parts]) for name in first.facts},
        judged=np.concatenate([part.judged for part in parts]),
    )
