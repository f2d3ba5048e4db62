"""The one order in which the rows of a pane are applied, whatever the order in which they came."""

import numpy as np
from numpy.typing import NDArray

from models.grouping import stable_order
from models.handling import NO_CODE, Handlings


def total_order(rows: Handlings, topic: NDArray[np.signedinteger]) -> NDArray[np.intp]:
    """Return the indexes of n rows by time, event, revision and, where all these agree, by content and topic.

    Two rows that still tie are equal in every column, so the order does not depend on how they came.

    Parameters
    ----------
    topic : int[n]
        Where each row came from, as a number that does not depend on how topics came either.
    """
    order = stable_order(rows.revision)
    for key in (rows.event, rows.time):
        order = order[stable_order(key[order])]
    ties = _equal_neighbours(rows.revision, order) & same_event(rows, order)
    starts = np.flatnonzero(ties & ~np.concatenate(([False], ties[:-1])))
    for start in starts:  # copies of one event: rare, so a loop is cheaper than ranking every row
        end = start + 1
        while end < len(order) and ties[end - 1]:
            end += 1
        order[start:end] = sorted(order[start:end], key=lambda row: (_content(rows, row), topic[row]))
    return order


def same_event(rows: Handlings, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return whether each row, taken in an order, is the same event at the same time as the next: bool[n]."""
    return _equal_neighbours(rows.time, order) & _equal_neighbours(rows.event, order)


def _equal_neighbours(column: NDArray[np.generic], order: NDArray[np.intp]) -> NDArray[np.bool_]:
    ordered = column[order]
    equal = np.zeros(len(order), np.bool_)
    equal[:-1] = ordered[:-1] == ordered[1:]
    return equal


def _content(rows: Handlings, row: int) -> tuple[str, str, bytes]:
    employee = rows.employee[row]
    numbers = [rows.case[row], rows.channel[row], *(rows.facts[name][row] for name in sorted(rows.facts))]
    return (
        "" if employee == NO_CODE else rows.employees[employee],
        rows.issues[rows.issue[row]],
        b"".join(number.tobytes() for number in numbers),
    )
