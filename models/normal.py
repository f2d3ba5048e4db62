"""Tail probabilities of the standard normal distribution."""

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray


def upper_p(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of a value above z, for z of any shape; NaN stays NaN.

    By the complementary error function, so p keeps its digits far out in the tail where 1 - p has none.
    """
    scaled = (z / sqrt(2)).ravel().tolist()
    return (np.fromiter(map(erfc, scaled), np.float64, z.size) / 2).reshape(z.shape)


def two_sided_p(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of a value further from 0 than z, for z of any shape; NaN stays NaN."""
    return 2 * upper_p(np.abs(z))
