"""One series: a family of the catalogue, its label values, its value."""

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from models.settings import SECOND


class Distribution(NamedTuple):
    """The value of a gauge histogram: (upper bound, how many are at most that) up to +Inf; the sum."""

    buckets: tuple[tuple[str, float], ...]
    total: float


class Series(NamedTuple):
    """The series of `family` with these label values, in the order of the catalogue's labels."""

    family: str
    labels: tuple[str, ...]
    value: float | Distribution

    def lines(self) -> int:
        """Return how many series it is to Prometheus: a distribution has its buckets, count and sum."""
        return len(self.value.buckets) + 2 if isinstance(self.value, Distribution) else 1


def told(series: Iterable[Series]) -> list[Series]:
    """Return the series whose number can be told: NaN and infinities are left out."""
    return [one for one in series if isinstance(one.value, Distribution) or isfinite(one.value)]


def seconds(time: int | None) -> float:
    """Return a time of the core (microseconds) in seconds, NaN where there is none."""
    return float("nan") if time is None else time / SECOND
