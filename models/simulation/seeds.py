"""Independent random numbers for each purpose and day, and identities that cannot collide.

A generator per purpose keeps one choice from moving another: a centre is the same whatever is planted.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DAYS_BEFORE: Final = 1_000
"""Days before the first have generators too: cases were open when the simulation began."""


class Purpose(IntEnum):
    """What random numbers are for."""

    WORKFORCE = 0
    ODDS = 1
    CONDUCT = 2
    PLACES = 3
    DAYS = 4
    BAD_DAYS = 5
    MOODS = 6
    CASES = 7
    ARRIVAL = 8


class Identity(IntEnum):
    """What a number identifies."""

    EVENT = 0
    CASE = 1
    CUSTOMER_AND_ISSUE = 2


def generator(seed: int, purpose: Purpose, day: int = 0) -> np.random.Generator:
    """Return the generator of a purpose, and of a day (at the least -1,000), from its start."""
    return np.random.default_rng((seed, purpose, day + _DAYS_BEFORE))


def identities(
    seed: int, kind: Identity, group: NDArray[np.int64] | int, number: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return uint64[n], never 0, another one for each kind, group and number.

    Parameters
    ----------
    seed
        Counts modulo 16,384.
    group
        int64[n] or one for all: -1,000 to 1,047,000.
    number
        int64[n]: 0 to 2**28 - 2.

    Notes
    -----
    The finaliser of SplitMix64 is a bijection under which only 0 becomes 0.

    References
    ----------
    Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
    """
    head = np.uint64((int(kind) << 62) | (seed % 0x4000) << 48)
    x = head + (np.asarray(group + _DAYS_BEFORE, np.uint64) << np.uint64(28))
    x = x + number.astype(np.uint64) + np.uint64(1)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
