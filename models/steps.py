"""The calendar of the core: panes of event time, the days they lie in, the hour bands of a day."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.settings import DAY, SECOND

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Steps:
    """Panes of fixed width on UTC, and the local day that each begins in.

    A day ends where the first pane of the next day begins, so every pane lies in exactly one day even in
    zones whose midnight falls inside a pane.
    """

    def __init__(self, timezone: str, pane_s: int) -> None:
        self._zone = ZoneInfo(timezone)
        self.width: Final = pane_s * SECOND
        self._local = lru_cache(maxsize=4_096)(self._local_uncached)

    def pane_of(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of the pane of each time (microseconds since 1970 UTC)."""
        return time // self.width

    def start(self, pane: int) -> int:
        """Return when a pane begins, in microseconds since 1970 UTC."""
        return pane * self.width

    def day(self, pane: int) -> int:
        """Return the local day, as a proleptic Gregorian ordinal, in which a pane begins."""
        return self._local(pane)[0]

    def band(self, pane: int, hours: int) -> int:
        """Return which band of so many hours of the local day a pane begins in."""
        return self._local(pane)[1] // hours

    def day_end(self, day: int) -> int:
        """Return when the first pane after a day begins, in microseconds since 1970 UTC."""
        midnight = datetime.fromordinal(day + 1).replace(tzinfo=self._zone)
        since = (midnight - _EPOCH) // timedelta(microseconds=1)
        return -(-since // self.width) * self.width

    def panes_before(self, time: int, days: int) -> range:
        """Return the panes of so many times 24 h before a time."""
        end = time // self.width
        return range(end - days * DAY // self.width, end)

    def panes_of(self, last: int, days: int) -> range:
        """Return the panes of so many local days, the last of them given."""
        return range(self.day_end(last - days) // self.width, self.day_end(last) // self.width)

    def _local_uncached(self, pane: int) -> tuple[int, int]:
        local = (_EPOCH + timedelta(microseconds=self.start(pane))).astimezone(self._zone)
        return local.toordinal(), local.hour
