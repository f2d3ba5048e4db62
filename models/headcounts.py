"""How many employees stand behind the figures of groups: the shell decides what may be shown of few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.codes import PairCodes
from models.grouping import count_by_group, pairs, stable_order, sum_by_group
from models.handling import CHANNELS
from models.snapshot import Headcount, Ints

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """One kind of group: the cells ordered by employee and group, where each pair begins, and its group."""

    order: NDArray[np.intp]
    begins: NDArray[np.int64]
    group: NDArray[np.int32]
    groups: int

    def employees(self, present: Mask) -> NDArray[np.int64]:
        """Return how many employees each group has among the cells that are present."""
        if len(self.begins) == 0:
            return np.zeros(self.groups, np.int64)
        seen = np.logical_or.reduceat(present[self.order], self.begins)
        return _counted(self.group, seen, self.groups)


class Headcounts:
    """Counts the employees of the first `strata` strata, their channels and their issue types."""

    def __init__(self, cells: PairCodes, by: PairCodes, strata: int) -> None:
        self._stratum, self._strata = cells.right, strata
        self._channels = _level(cells, by.left, len(CHANNELS))
        self._issues = _level(cells, by.right, int(by.right[:strata].max(initial=-1)) + 1)

    def of(self, measure: str, window: str, present: Mask, earlier: Mask) -> Headcount:
        """Return who stands behind a window, given which cells have judged first contacts.

        Parameters
        ----------
        present, earlier : bool[cells]
            In the window; in the part that the next shorter one does not reach.
        """
        both = (present, earlier)
        return Headcount(
            measure=measure,
            window=window,
            by_stratum=np.stack([_counted(self._stratum, one, self._strata) for one in both]),
            by_channel=_stacked(self._channels, both),
            by_issue_type=_stacked(self._issues, both),
        )


def _counted(group: NDArray[np.int32], which: Mask, size: int) -> NDArray[np.int64]:
    """Return how many of `which` lie in each group; adding ones takes a third of picking them out."""
    return sum_by_group(group, which.astype(np.int64), size).astype(np.int64)


def _stacked(level: _Level, both: tuple[Mask, Mask]) -> Ints:
    return np.stack([level.employees(one) for one in both])


def _level(cells: PairCodes, of_stratum: NDArray[np.int32], groups: int) -> _Level:
    group = of_stratum[cells.right]
    shows, pair = pairs(cells.left, group)
    ends = np.cumsum(count_by_group(pair, len(shows)))
    return _Level(stable_order(pair.astype(np.int64)), ends - np.diff(ends, prepend=0), group[shows], groups)
