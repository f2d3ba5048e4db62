"""Who is shown by name: the employees furthest from peers, without coming and going at the edge.

Prometheus pays for every series that ever was, not for how many there are at a time: whoever moves to and fro
between ranks 50 and 51 would be a new set of series each time.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from models.snapshot import EmployeeFigures, Snapshot


def shown_by_name(
    snapshot: Snapshot, figures: Sequence[EmployeeFigures], top: int, before: Collection[str]
) -> list[int]:
    """Return who is shown: everyone alerting, then the others by rank, the most important first.

    One list for all measures, by the largest |z| of any: who is on it is shown whole.

    Parameters
    ----------
    figures : sequence of EmployeeFigures
        Those of one window.
    top : int
        Who ranks so high comes on the list, and stays on it up to twice the rank.
    before : collection of str
        Who was on it the last time.
    """
    if not figures:
        return []
    names, extreme = snapshot.employees, _extreme(figures)
    accused = {alert.employee for alert in snapshot.alerts if alert.until is None}

    def ranked(employees: Sequence[int]) -> list[int]:
        return sorted(employees, key=lambda employee: (-extreme[employee], names[employee]))

    alerting = ranked([employee for employee in range(len(extreme)) if names[employee] in accused])
    by_rank = [
        employee
        for rank, employee in enumerate(ranked(_furthest(extreme, 2 * top))[: 2 * top], 1)
        if names[employee] not in accused and (rank <= top or names[employee] in before)
    ]
    return alerting + by_rank


def _extreme(figures: Sequence[EmployeeFigures]) -> NDArray[np.float64]:
    """Return the largest |z| of each employee, -1 where none could be told."""
    size = np.abs(np.array([found.z for found in figures]))
    return np.asarray(np.where(np.isnan(size), -1.0, size).max(axis=0))


def _furthest(extreme: NDArray[np.float64], count: int) -> list[int]:
    """Return at least so many of the largest, in no order; all that equal the last of them."""
    if count == 0:
        return []
    least = -np.inf if count >= len(extreme) else np.partition(extreme, -count)[-count]
    found: list[int] = np.flatnonzero(extreme >= least).tolist()
    return found
