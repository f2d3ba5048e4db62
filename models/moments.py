"""Count, mean and sum of squared deviations (M2), which add up over panes, employees and strata.

The sums are taken about a shift, never of squares, and nothing is ever subtracted from them, so a
spread of 0.1 around 10,000,000 keeps its digits and parts give what the rows together would give.

Reference
---------
T. F. Chan, G. H. Golub, R. J. LeVeque. 1979. Updating formulae and a pairwise algorithm for computing
sample variances. Stanford CS 79-773.
T. F. Chan, G. H. Golub, R. J. LeVeque. 1983. Algorithms for computing the sample variance: analysis and
recommendations. The American Statistician 37, 242-247.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.grouping import count_by_group, first_by_group, sum_by_group

Floats = NDArray[np.float64]
Groups = NDArray[np.signedinteger]
"""Which group, 0..size-1, each entry belongs to."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Moments of many groups: arrays of one shape, whose last axis is the groups.

    Attributes
    ----------
    count : int64[..., groups]
        Number of values.
    mean : float64[..., groups]
        Their mean; 0 where count is 0, so that an empty part takes no part in a merge.
    m2 : float64[..., groups]
        Their sum of squared deviations from the mean, never negative.
    mean_low : float64[..., groups]
        What rounding took from the mean: `mean + mean_low` is the mean to twice the digits. Panes of
        1,000,000,000,000.4 would otherwise lose the spread between them with the mean's last bit.
    """

    count: NDArray[np.int64]
    mean: Floats
    m2: Floats
    mean_low: Floats

    def __getitem__(self, index: slice | NDArray[np.bool] | Groups) -> "Moments":
        """Return the moments of the chosen entries of the first axis."""
        return Moments(self.count[index], self.mean[index], self.m2[index], self.mean_low[index])

    @property
    def reported_mean(self) -> Floats:
        """The mean, NaN where there is no value."""
        return np.where(self.count > 0, self.mean, np.nan)

    @property
    def variance(self) -> Floats:
        """The variance with n - 1 in the denominator, NaN where count is below 2."""
        return self.m2 / np.where(self.count > 1, self.count - 1.0, np.nan)


def from_groups(group: Groups, value: Floats, size: int) -> Moments:
    """Return the moments of `size` groups of rows; a NaN says nothing and is not counted.

    Two passes about the first value of each group, in row order: the same rows in the same order give
    the same bits.

    Parameters
    ----------
    group : int[n]
        The group of each row, 0..size-1.
    value : float64[n]
        Finite or NaN.
    size : int
        Number of groups.
    """
    stated = np.flatnonzero(~np.isnan(value))
    if len(stated) < len(value):
        group, value = group[stated], value[stated]
    count = count_by_group(group, size)
    shift = first_by_group(group, value, size)
    offset = sum_by_group(group, value - shift[group], size) / np.maximum(count, 1)
    mean, mean_low = _two_sum(shift, offset)
    deviation = (value - mean[group]) - mean_low[group]
    return Moments(count, mean, sum_by_group(group, deviation * deviation, size), mean_low)


def from_flags(group: Groups, value: Floats, size: int) -> Moments:
    """Return the moments of `size` groups of rows as `from_groups` does, where every value is 0, 1 or NaN.

    They follow from how many are 1: one pass of counting, and exact but for the last rounding.
    """
    stated = np.flatnonzero(~np.isnan(value))
    if len(stated) < len(value):
        group, value = group[stated], value[stated]
    count, ones = count_by_group(group, size), sum_by_group(group, value, size)
    mean = ones / np.maximum(count, 1)
    return Moments(count, mean, ones * (1.0 - mean), np.zeros(size))


def merge_groups(group: Groups, parts: Moments, size: int) -> Moments:
    """Return the moments of `size` groups of parts, as if their rows had been taken together.

    One pass merges panes into windows as well as strata into channels.

    Parameters
    ----------
    group : int[k]
        The group of each part, 0..size-1.
    parts : Moments[k]
        Any of them may be empty.
    size : int
        Number of groups.
    """
    count = sum_by_group(group, parts.count, size).astype(np.int64)
    seen = parts.count > 0
    shift = first_by_group(group[seen], parts.mean[seen], size)
    offset = sum_by_group(group, parts.count * ((parts.mean - shift[group]) + parts.mean_low), size)
    mean, mean_low = _two_sum(shift, offset / np.maximum(count, 1))
    deviation = (parts.mean - mean[group]) + (parts.mean_low - mean_low[group])
    within = sum_by_group(group, parts.m2, size)
    between = sum_by_group(group, parts.count * deviation * deviation, size)
    return Moments(count, mean, within + between, mean_low)


def concatenate(parts: Sequence[Moments]) -> Moments:
    """Return the entries of all parts, one after the other: what `merge_groups` takes.

    Raises
    ------
    ValueError
        Without a part.
    """
    return Moments(
        np.concatenate([part.count for part in parts]),
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.m2 for part in parts]),
        np.concatenate([part.mean_low for part in parts]),
    )


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a + b rounded, and exactly what the rounding took away (Knuth, TAOCP vol. 2, 4.2.2)."""
    total = a + b
    b_taken = total - a
    return total, (a - (total - b_taken)) + (b - b_taken)
