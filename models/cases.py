"""Which contact opens a case, and who handled the same case just before (`method.md` 1.7).

A case is known by its keyed hash. A case that has been quiet for longer than the horizon is forgotten:
its next contact opens it anew.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.handling import NO_CASE, NO_CODE
from models.sorted_table import SortedTable


@dataclass(frozen=True, slots=True, eq=False)
class Predecessors:
    """For each of n contacts, the contact of the same case just before it.

    Attributes
    ----------
    first : bool[n]
        The contact opens its case (there is none before it within the horizon).
    employee : int32[n]
        Who handled the one before; -1 where there is none or nobody human handled it.
    outcome : int8[n]
        How that ended, index into `OUTCOMES`; -1 where there is none.
    """

    first: NDArray[np.bool_]
    employee: NDArray[np.int32]
    outcome: NDArray[np.int8]


class Cases:
    """The open cases: when each was last contacted, by whom and with what outcome."""

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon
        self._table = SortedTable(employee=np.int32, outcome=np.int8)

    def __len__(self) -> int:
        return len(self._table)

    def follow(
        self,
        case: NDArray[np.uint64],
        time: NDArray[np.int64],
        employee: NDArray[np.int32],
        outcome: NDArray[np.int8],
    ) -> Predecessors:
        """Take n contacts in order of time and return what came before each.

        A contact without a case (`NO_CASE`) is always a first one. Contacts may be earlier than those of
        earlier calls (amendments): such a one is no first contact if its case is open, has no predecessor,
        and does not become the case's last contact.
        """
        n = len(case)
        first = np.ones(n, np.bool_)
        before_employee = np.full(n, NO_CODE, np.int32)
        before_outcome = np.full(n, NO_CODE, np.int8)

        known = np.flatnonzero(case != NO_CASE)
        order = known[np.argsort(case[known], kind="stable")]  # by case, inside a case by time
        if len(order) == 0:
            return Predecessors(first, before_employee, before_outcome)
        keys = case[order]
        opens_group = np.concatenate(([True], keys[1:] != keys[:-1]))
        heads, followers = order[opens_group], order[~opens_group]

        leaders = order[:-1][~opens_group[1:]]
        follows = time[followers] - time[leaders] <= self._horizon
        first[followers] = ~follows
        before_employee[followers[follows]] = employee[leaders[follows]]
        before_outcome[followers[follows]] = outcome[leaders[follows]]

        place = self._table.find(case[heads])
        held = place >= 0
        heads_held, place_held = heads[held], place[held]
        quiet = time[heads_held] - self._table.read("time", place_held)
        is_open = quiet <= self._horizon
        first[heads_held] = ~is_open
        in_order = is_open & (quiet >= 0)
        before_employee[heads_held[in_order]] = self._table.read("employee", place_held[in_order])
        before_outcome[heads_held[in_order]] = self._table.read("outcome", place_held[in_order])

        self._remember(order[np.concatenate((opens_group[1:], [True]))], place, case, time, employee, outcome)
        return Predecessors(first, before_employee, before_outcome)

    def _remember(
        self,
        last: NDArray[np.intp],
        place: NDArray[np.int64],
        case: NDArray[np.uint64],
        time: NDArray[np.int64],
        employee: NDArray[np.int32],
        outcome: NDArray[np.int8],
    ) -> None:
        held = place >= 0
        newer = held.copy()
        newer[held] = time[last[held]] >= self._table.read("time", place[held])
        rows = last[newer]
        columns: dict[str, NDArray[Any]] = {"time": time, "employee": employee, "outcome": outcome}
        self._table.write(place[newer], {name: column[rows] for name, column in columns.items()})
        new = last[~held]
        self._table.insert(
            case[new],
            {name: column[new] for name, column in columns.items()},
            expire_before=int(time.max()) - self._horizon,
        )
