"""Panes that have closed and may still be corrected: each is its rows (rule 7).

Corrections change rows; sums are then made again from the rows. Beyond the correction horizon only sums
are left.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.handling import null_fact
from models.state import Fields, State, picked

_COLUMNS: Final = ("time", "event", "revision", "employee", "stratum", "first")


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
    expected : float64[measures, n]
        The outcome that peers would have had, as it was judged; NaN where the row was not judged.
    """

    time: NDArray[np.int64]
    event: NDArray[np.uint64]
    revision: NDArray[np.int64]
    employee: NDArray[np.int32]
    stratum: NDArray[np.int32]
    first: NDArray[np.bool_]
    facts: Mapping[str, NDArray[Any]]
    expected: NDArray[np.float64]

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
            expected=self.expected[:, index],
        )


@dataclass(slots=True)
class ClosedPane:
    """One pane within the horizon: where it lies and its rows; `unjudged` says some still await a step."""

    index: int
    day: int
    band: int
    rows: PaneRows
    unjudged: bool = True


class ClosedPanes:
    """The panes within the correction horizon, by day."""

    def __init__(self) -> None:
        self._days: dict[int, dict[int, ClosedPane]] = {}

    def __len__(self) -> int:
        return sum(len(panes) for panes in self._days.values())

    def put(self, pane: ClosedPane) -> None:
        """Keep a pane that has closed, in place of what was kept of it before."""
        self._days.setdefault(pane.day, {})[pane.index] = pane

    def get(self, day: int, index: int) -> ClosedPane | None:
        """Return a pane, None where it had no rows or its rows are gone."""
        return self._days.get(day, {}).get(index)

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

    def dump(self) -> State:
        """Return the state, pane by pane; its columns are never changed, so none is copied."""
        return [
            {
                "index": pane.index,
                "day": pane.day,
                "band": pane.band,
                "unjudged": pane.unjudged,
                **{name: getattr(pane.rows, name) for name in _COLUMNS},
                "facts": dict(pane.rows.facts),
                "expected": pane.rows.expected,
            }
            for pane in self.of_days(self._days)
        ]

    def load(self, state: Sequence[Fields], facts: Sequence[str], kept: Sequence[int | None]) -> None:
        """Take over a state that was dumped, with just these facts.

        `kept` says where each measure stood then: of one that is new no row has been judged. A fact that
        was not kept is null in every row.
        """
        for one in state:
            n = len(one["time"])
            columns = {name: one[name] for name in _COLUMNS}
            if any(
                len(column) != n for column in (*columns.values(), *one["facts"].values(), *one["expected"])
            ):
                raise ValueError("columns of different lengths")
            rows = PaneRows(
                **columns,
                facts={name: one["facts"].get(name, null_fact(name, n)) for name in facts},
                expected=picked(one["expected"], kept, np.nan),
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
        expected=np.concatenate([part.expected for part in parts], axis=1),
    )


def with_expected(rows: PaneRows, expected: NDArray[np.float64]) -> PaneRows:
    """Return the same rows with other expectations, float64[measures, n]."""
    return replace(rows, expected=expected)
