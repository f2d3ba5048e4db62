"""How long records take to the ledger, as a histogram with fixed bounds."""

from collections.abc import Sequence
from typing import Final

import numpy as np

BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0)
"""Upper bounds in seconds; the target is 1 s at the 99th percentile (`design.md` section 5)."""


class Delays:
    """Seconds from a record's timestamp to the acknowledgement of its segment."""

    def __init__(self) -> None:
        self._bounds = np.array(BOUNDS)
        self._counts = np.zeros(len(BOUNDS) + 1, np.int64)
        self.total = 0.0

    def observe(self, timestamps_ms: Sequence[int | None], now: float) -> None:
        """Take the records of a fetch: when each was written, and when all were acknowledged.

        Kafka writes -1 where a producer gave no time, and formats before 0.10 have none: those are left out.
        """
        written = np.array(timestamps_ms, np.float64) / 1_000
        delay = np.maximum(now - written[written >= 0], 0.0)
        bucket = np.searchsorted(self._bounds, delay)  # a bound belongs to its bucket
        self._counts += np.bincount(bucket, minlength=len(self._counts))
        self.total += float(delay.sum())

    def cumulative(self) -> tuple[int, ...]:
        """Return how many records took at most as long as each bound, and last how many there were."""
        return tuple(np.cumsum(self._counts).tolist())
