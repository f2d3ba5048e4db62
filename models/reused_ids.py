"""Event ids that come again with another time: two handlings under one id, a breach of the contract."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.grouping import stable_order
from models.sorted_table import SortedTable
from models.state import Fields, State

_BEGINNING: Final = np.iinfo(np.int64).min


class ReusedIds:
    """When each event id was last seen, within a horizon.

    Attributes
    ----------
    count : int
        How often an id has come again with another time.
    """

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon
        self._forgotten_before = _BEGINNING
        self._table = SortedTable()
        self.count = 0

    def note(self, event: NDArray[np.uint64], time: NDArray[np.int64]) -> None:
        """Take n handlings in total order, none of them a copy of another."""
        if len(event) == 0:
            return
        self._forgotten_before = max(self._forgotten_before, int(time.max()) - self._horizon)
        order = stable_order(event)
        last = order[np.append(event[order[1:]] != event[order[:-1]], True)]
        known, at = event[last], time[last]
        place = self._table.find(known)
        held = place >= 0
        before = self._table.read("time", place[held])
        self.count += len(event) - len(known)
        self.count += int(((before != at[held]) & (before >= self._forgotten_before)).sum())
        self._table.write(place[held], {"time": at[held]})
        self._table.insert(known[~held], {"time": at[~held]}, expire_before=self._forgotten_before)

    def dump(self) -> State:
        """Return the state."""
        since = self._forgotten_before
        return {"count": self.count, "forgotten_before": since, "seen": self._table.dump(since)}

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        self.count, self._forgotten_before = state["count"], state["forgotten_before"]
        self._table.load(state["seen"])
