"""Like first contacts taken together, and what they share with others.

First contacts of one cell on one day in one hour band have one expected outcome. So rows are counted into
such groups once, and all that follows is arithmetic on a quarter as many groups.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.grouping import pairs


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """n groups of like first contacts.

    Attributes
    ----------
    cell : int32[n]
        Employee x stratum.
    cell_day, stratum_day, issue_day : intp[n]
        Cell, stratum and issue type, each x local day.
    cell_of, stratum_day_of : int[cell_days]
        The cell and the stratum-day of each cell-day.
    """

    cell: NDArray[np.int32]
    cell_day: NDArray[np.intp]
    stratum_day: NDArray[np.intp]
    issue_day: NDArray[np.intp]
    cell_of: NDArray[np.int32]
    stratum_day_of: NDArray[np.intp]


def contacts(
    cell: NDArray[np.int32], day: NDArray[np.int64], stratum: NDArray[np.int32], issue: NDArray[np.int32]
) -> Contacts:
    """Return n groups by their cells, int32[n], and days, int64[n].

    Parameters
    ----------
    stratum, issue : int32[cells]
        Those of each cell.
    """
    shows, cell_day = pairs(cell, day)
    _, stratum_day = pairs(stratum[cell[shows]], day[shows])
    _, issue_day = pairs(issue[cell[shows]], day[shows])
    return Contacts(
        cell=cell,
        cell_day=cell_day,
        stratum_day=stratum_day[cell_day],
        issue_day=issue_day[cell_day],
        cell_of=cell[shows],
        stratum_day_of=stratum_day,
    )
