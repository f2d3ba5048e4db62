"""Which figures of a table are kept back, so that those of few employees cannot be had by subtracting.

                issue types     totals
    channels    strata          of channels
    totals      of issue types  (shown nowhere)

A stratum that is kept back is what its channel's total leaves when the others are taken off, so others are
kept back with it. In a table with margins a figure cannot be told just where it lies on a cycle of figures
that are kept back: along it all can be moved, one up and the next down, and no sum changes. Here each stratum
of few is a corner of a rectangle that is kept back and on which every other stratum is of enough employees.
Then whatever is added and subtracted of what is shown, in any way: where a stratum of few is in the result,
one of enough is in it too.

Reference
---------
L. H. Cox. 1980. Suppression methodology and statistical disclosure control. JASA 75, 377-385.
J. P. Kelly, B. L. Golden, A. A. Assad. 1992. Cell suppression: disclosure protection for sensitive tabular
data. Networks 22, 397-417.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_TABLES: Final = 256
"""How many are remembered: the same ones are asked for until a day ends, one a measure and window."""


def of_few(handlings: Sequence[Ints], employees: Sequence[Ints], least: int) -> list[Mask]:
    """Return which groups too few employees stand behind, in each of some windows, the longest first.

    What a window has beyond a shorter one can be had by subtracting too: where that is of few, the shorter
    one counts as of few.

    Parameters
    ----------
    handlings : int64[groups], one a window
    employees : int64[2, groups], one a window
        As in `Headcount`.
    """
    shown = np.full(len(handlings[0]), -1)  # handlings of the next longer window that is shown
    beyond = np.zeros_like(shown)  # employees, at least, in what it has beyond this one
    few = []
    for count, (inside, earlier) in zip(handlings, employees, strict=True):
        told_apart = (shown >= 0) & (shown != count)
        enough = (inside >= least) & (~told_apart | (beyond >= least))
        shown = np.where(enough, count, shown)
        beyond = earlier
        few.append(~enough)
    return few


def withheld(handlings: Ints, few: Mask, dear: Mask) -> Mask:
    """Return what is kept back of a table: what is of few, and the least that has to go with it.

    Parameters
    ----------
    handlings : int64[channels + 1, issue types + 1]
        Totals in the last column and row; what has none is not in the table.
    few : bool[channels + 1, issue types + 1]
    dear : bool[channels + 1, issue types + 1]
        To be shown if there is another way.
    """
    columns = handlings.shape[1]
    return _withheld(handlings.astype(np.int64).tobytes(), few.tobytes(), dear.tobytes(), columns)


@lru_cache(maxsize=_TABLES)
def _withheld(handlings_told: bytes, few_told: bytes, dear_told: bytes, columns: int) -> Mask:
    handlings = np.frombuffer(handlings_told, np.int64).reshape(-1, columns)
    few, dear = (np.frombuffer(told, np.bool_).reshape(-1, columns) for told in (few_told, dear_told))
    there = handlings > 0
    hidden = few & there
    strata = hidden.copy()
    strata[-1], strata[:, -1] = False, False
    hidden[-1, -1] = True
    cost = np.where(there, handlings + dear * float(handlings.sum()), np.inf)
    cost[hidden], cost[strata] = 0.0, np.inf
    for row, column in np.argwhere(strata).tolist():
        if (cost[cost[:, column] == 0.0][:, cost[row] == 0.0] == 0.0).any():
            continue  # three others that are hidden anyway
        rectangles = cost + cost[row] + cost[:, column, None]
        other_row, other_column = divmod(int(rectangles.argmin()), len(cost[0]))
        for place in ((other_row, other_column), (row, other_column), (other_row, column)):
            hidden[place], cost[place] = True, 0.0
    hidden.flags.writeable = False
    return hidden
