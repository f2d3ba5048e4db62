"""How many observations are at most so large, as Prometheus counts them: between fixed bounds."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


class Histogram:
    """Counts observations by bucket; an observation that equals a bound belongs to its bucket.

    Parameters
    ----------
    bounds : sequence of float
        Upper bounds, ascending; behind the last one is a bucket without.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.total = 0.0
        self._counts = np.zeros(len(self.bounds) + 1, np.int64)

    def observe(self, value: float) -> None:
        """Take one observation."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def observe_all(self, values: ArrayLike) -> None:
        """Take many at once."""
        array = np.asarray(values, np.float64)
        buckets = np.searchsorted(self.bounds, array)
        self._counts += np.bincount(buckets, minlength=len(self._counts))
        self.total += float(array.sum())

    def cumulative(self) -> tuple[int, ...]:
        """Return how many observations are at most each bound, and last how many there are."""
        return tuple(np.cumsum(self._counts).tolist())
