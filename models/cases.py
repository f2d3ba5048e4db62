"""Which contact opens a case, and who handled the same case just before (`method.md` 1.7).

A case is known by its keyed hash. A case that has been quiet for longer than the horizon is forgotten:
its next contact opens it anew.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.grouping import stable_order
from models.handling import NO_CASE, NO_CODE
from models.sorted_table import SortedTable
from models.state import Fields, State

_BEGINNING: Final = np.iinfo(np.int64).min


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
        self._forgotten_before = _BEGINNING
        self._table = SortedTable(employee=np.int32, outcome=np.int8)

    def __len__(self) -> int:
        return self._table.used_since(self._forgotten_before)

    def follow(
        self,
        case: NDArray[np.uint64],
        time: NDArray[np.int64],
        employee: NDArray[np.int32],
        outcome: NDArray[np.int8],
    ) -> Predecessors:
        """Take n contacts in order of time and return what came before each.

        A contact without a case (`NO_CASE`) is always a first one. Contacts may be earlier than those of
        earlier calls (amendments). One that is earlier than its case's last contact is no first contact,
        has no predecessor, and does not become the last.
        """
        n = len(case)
        first = np.ones(n, np.bool_)
        before_employee = np.full(n, NO_CODE, np.int32)
        before_outcome = np.full(n, NO_CODE, np.int8)

        known = np.flatnonzero(case != NO_CASE)
        order = known[stable_order(case[known])]  # by case, inside a case by time
        if len(order) == 0:
            return Predecessors(first, before_employee, before_outcome)
        keys = case[order]
        opens_group = np.concatenate(([True], keys[1:] != keys[:-1]))
        group = np.cumsum(opens_group) - 1
        place = self._table.find(keys[opens_group])
        last_time = self._last_time(place)

        previous = np.concatenate((order[:1], order[:-1]))
        in_call = ~opens_group & (time[previous] >= last_time[group])
        rows, before = order[in_call], previous[in_call]
        is_open = time[rows] - time[before] <= self._horizon
        first[rows] = ~is_open
        before_employee[rows[is_open]] = employee[before[is_open]]
        before_outcome[rows[is_open]] = outcome[before[is_open]]

        held = ~in_call & (last_time[group] > _BEGINNING)
        rows, at = order[held], group[held]
        quiet = time[rows] - last_time[at]
        first[rows] = quiet > self._horizon
        in_order = (quiet >= 0) & (quiet <= self._horizon)
        before_employee[rows[in_order]] = self._table.read("employee", place[at[in_order]])
        before_outcome[rows[in_order]] = self._table.read("outcome", place[at[in_order]])

        last = order[np.concatenate((opens_group[1:], [True]))]  # the newest contact of each case
        self._remember(last, place, last_time, case, time, employee, outcome)
        return Predecessors(first, before_employee, before_outcome)

    def dump(self) -> State:
        """Return the state."""
        since = self._forgotten_before
        return {"forgotten_before": since, "open": self._table.dump(since)}

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        self._forgotten_before = state["forgotten_before"]
        self._table.load(state["open"])

    def _last_time(self, place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when each case was last contacted; of the unknown and the forgotten, the beginning.

        Forgotten are all that would have been quiet too long by the last call, whether or not the table
        has let go of them yet: what an amendment finds must not depend on how full a table is.
        """
        last_time = np.full(len(place), _BEGINNING)
        last_time[place >= 0] = self._table.read("time", place[place >= 0])
        last_time[last_time < self._forgotten_before] = _BEGINNING
        return last_time

    def _remember(
        self,
        last: NDArray[np.intp],
        place: NDArray[np.int64],
        last_time: NDArray[np.int64],
        case: NDArray[np.uint64],
        time: NDArray[np.int64],
        employee: NDArray[np.int32],
        outcome: NDArray[np.int8],
    ) -> None:
        held = place >= 0
        newer = held & (time[last] >= last_time)
        rows = last[newer]
        columns: dict[str, NDArray[Any]] = {"time": time, "employee": employee, "outcome": outcome}
        self._table.write(place[newer], {name: column[rows] for name, column in columns.items()})
        new = last[~held]
        self._forgotten_before = max(self._forgotten_before, int(time[last].max()) - self._horizon)
        self._table.insert(
            case[new],
            {name: column[new] for name, column in columns.items()},
            expire_before=self._forgotten_before,
        )
