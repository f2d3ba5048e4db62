"""Rows into groups: the `bincount` idioms that the core is made of."""

import numpy as np
from numpy.typing import NDArray


def count_by_group(group: NDArray[np.signedinteger], size: int) -> NDArray[np.int64]:
    """Return how many of n rows lie in each of `size` groups, int64[size]."""
    return np.bincount(group, minlength=size).astype(np.int64, copy=False)


def pairs(
    left: NDArray[np.signedinteger], right: NDArray[np.signedinteger]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Group n rows by a pair of codes below 2^31.

    Returns
    -------
    (intp[groups], intp[n])
        A row that shows each group, and the group of each row; groups in order of left, then right.
    """
    key: NDArray[np.int64] = left.astype(np.int64) << 32 | right
    _, shows, group = np.unique(key, return_index=True, return_inverse=True)
    return shows, group
