"""First contacts and the groups that they fall into, worked out once for all measures."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.grouping import pairs


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """n first contacts.

    Attributes
    ----------
    cell : int32[n]
        Employee x stratum.
    channel_band : intp[n]
        Channel x hour band.
    cell_day, stratum_day, issue_day : intp[n]
        Cell, stratum and issue type, each x local day.
    cell_of, stratum_day_of : int[cell_days]
        The cell and the stratum-day of each cell-day.
    """

    cell: NDArray[np.int32]
    channel_band: NDArray[np.intp]
    cell_day: NDArray[np.intp]
    stratum_day: NDArray[np.intp]
    issue_day: NDArray[np.intp]
    cell_of: NDArray[np.int32]
    stratum_day_of: NDArray[np.intp]

    def take(self, rows: NDArray[np.intp]) -> "Contacts":
        """Return the named ones in the same groups, some of which may then be empty."""
        return replace(
            self,
            cell=self.cell[rows],
            channel_band=self.channel_band[rows],
            cell_day=self.cell_day[rows],
            stratum_day=self.stratum_day[rows],
            issue_day=self.issue_day[rows],
        )


def grouped(
    cell: NDArray[np.int32],
    stratum: NDArray[np.int32],
    day: NDArray[np.int64],
    channel_band: NDArray[np.intp],
    issue: NDArray[np.int32],
) -> Contacts:
    """Return n first contacts in their groups; `issue` is that of each stratum."""
    shows, cell_day = pairs(cell, day)
    _, stratum_day = pairs(stratum[shows], day[shows])
    _, issue_day = pairs(issue[stratum[shows]], day[shows])
    return Contacts(
        cell=cell,
        channel_band=channel_band,
        cell_day=cell_day,
        stratum_day=stratum_day[cell_day],
        issue_day=issue_day[cell_day],
        cell_of=cell[shows],
        stratum_day_of=stratum_day,
    )
