"""Rows into groups: the `bincount` idioms that the core is made of, and sorts that cost little."""

from typing import cast

import numpy as np
from numpy.typing import NDArray


def count_by_group(group: NDArray[np.signedinteger], size: int) -> NDArray[np.int64]:
    """Return how many of n rows lie in each of `size` groups, int64[size]."""
    return np.bincount(group, minlength=size).astype(np.int64, copy=False)


def sum_by_group(
    group: NDArray[np.signedinteger], value: NDArray[np.float64] | NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """Return the sum of `value` in each of `size` groups, added in entry order; 0 where there is none."""
    return cast("NDArray[np.float64]", np.bincount(group, value, size))


def first_by_group(
    group: NDArray[np.signedinteger], value: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """Return the first `value` of each of `size` groups; 0 where there is none."""
    first = np.zeros(size)
    first[group[::-1]] = value[::-1]  # of several assignments to one place the last stays
    return first


def first_rows(group: NDArray[np.signedinteger], size: int) -> NDArray[np.intp]:
    """Return the first row of each of `size` groups, intp[size]; -1 where there is none."""
    first = np.full(size, -1, np.intp)
    first[group[::-1]] = np.arange(len(group) - 1, -1, -1)  # of several assignments the last stays
    return first


def stable_order(keys: NDArray[np.uint64] | NDArray[np.int64]) -> NDArray[np.intp]:
    """Return what `np.argsort(keys, kind="stable")` returns, in an eighth of the time.

    Numpy sorts plain integers with vector instructions, but neither stably nor with their places. So each
    place is packed into the low bits of its key. Where those bits matter (two hashes that agree in all the
    others), numpy's own stable sort decides.
    """
    places = np.arange(len(keys), dtype=np.uint64)
    bits = np.uint64(len(keys).bit_length())
    low = (np.uint64(1) << bits) - np.uint64(1)
    span = keys.view(np.uint64) - keys.min(initial=keys[0]).view(np.uint64) if len(keys) else places
    fits = not len(keys) or int(span.max()) >> (64 - int(bits)) == 0
    packed = (span << bits if fits else span & ~low) | places
    packed.sort()
    order = (packed & low).astype(np.intp)
    ordered = keys[order]
    return order if fits or (ordered[1:] >= ordered[:-1]).all() else np.argsort(keys, kind="stable")


def pairs(
    left: NDArray[np.signedinteger], right: NDArray[np.signedinteger]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Group n rows by a pair of codes below 2^31.

    Returns
    -------
    (intp[groups], intp[n])
        A row that shows each group, and the group of each row; groups in order of left, then right.
    """
    if len(left) == 0:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    right = right - right.min()  # days are counted from the year 1
    key: NDArray[np.int64] = left.astype(np.int64) * (int(right.max()) + 1) + right
    order = stable_order(key)
    ordered = key[order]
    opens = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    group = np.empty(len(key), np.intp)
    group[order] = np.cumsum(opens) - 1
    return order[opens], group
