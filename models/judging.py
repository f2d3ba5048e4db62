"""Between rows and groups of like ones: which rows await judgement, and what was judged of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from models.closed_panes import ClosedPane, ClosedPanes, Expectations
from models.expectation import CellRegistry
from models.grouping import count_by_group, pairs, stable_order, sum_by_group
from models.handling import NO_CODE
from models.measures import values
from models.moments import Moments, from_flags, from_groups
from models.narrowing import narrowed
from models.pieces import Pieces
from models.settings import Measure


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """k groups of like first contacts that await judgement, and the rows that they are.

    Attributes
    ----------
    cell, day, band : int32[k], int64[k], int64[k]
    count, total : int64[measures, k], float64[measures, k]
        How many await it for each measure, and the sum of what they came to.
    own, expected : bool[k], float64[measures, k]
        What they were judged by before (`Expectations`), NaN where they were not; to be filled in.
    rows : intp[n]
        The rows, of all panes one after the other, and
    group : intp[n]
        the group of each.
    """

    cell: NDArray[np.int32]
    day: NDArray[np.int64]
    band: NDArray[np.int64]
    count: NDArray[np.int64]
    total: NDArray[np.float64]
    own: NDArray[np.bool_]
    expected: NDArray[np.float64]
    rows: NDArray[np.intp]
    group: NDArray[np.intp]


def due_contacts(
    panes: Sequence[ClosedPane], closed: ClosedPanes, registry: CellRegistry, measures: Sequence[Measure]
) -> Pieces[Due]:
    """Return the first contacts by human employees that say something they have not been judged for.

    They get their cells. Rows that share cell, day, hour band and what they were judged by before are one
    group.
    """
    days = sorted({pane.day for pane in panes})
    by, starts = _together(closed, days)
    rows = _Rows(panes, starts)
    candidate = np.flatnonzero(rows.first & (rows.employee >= 0))
    slots = list(dict.fromkeys((pane.day, pane.band) for pane in panes))
    place = {one: number for number, one in enumerate(slots)}
    sizes = [len(pane.rows) for pane in panes]
    slot = np.repeat([place[pane.day, pane.band] for pane in panes], sizes)[candidate]
    before = rows.judged[candidate]
    employee, stratum = rows.employee[candidate], rows.stratum[candidate]
    yield
    of_pair = employee * len(registry.strata) + stratum
    shows, group = pairs(of_pair, np.where(before < 0, slot, len(slots) + before))
    k, again = len(shows), np.flatnonzero(before >= 0)
    yield
    count, total = np.zeros((len(measures), k), np.int64), np.zeros((len(measures), k))
    due = np.zeros(len(candidate), np.bool_)
    for index, measure in enumerate(measures):
        value = rows.said(measure)[candidate]
        awaits = ~np.isnan(value)
        awaits[again] &= np.isnan(by.expected[index, before[again]])
        here = np.flatnonzero(awaits)
        count[index] = count_by_group(group[here], k)
        total[index] = sum_by_group(group[here], value[here], k)
        due |= awaits
        yield
    own, expected = np.zeros(k, np.bool_), np.full((len(measures), k), np.nan)
    old = np.flatnonzero(before[shows] >= 0)
    own[old], expected[:, old] = by.own[before[shows[old]]], by.expected[:, before[shows[old]]]
    by_row = np.argsort(shows)  # cells get their codes in the order of rows
    cell = np.empty(k, np.int32)
    cell[by_row] = registry.assign(*(code[shows[by_row]].astype(np.int32) for code in (employee, stratum)))
    day, band = np.array(slots, np.int64).reshape(-1, 2)[slot[shows]].T
    return Due(
        cell=cell,
        day=day,
        band=band,
        count=count,
        total=total,
        own=own,
        expected=expected,
        rows=candidate[due],
        group=group[due],
    )


def settle(panes: Sequence[ClosedPane], closed: ClosedPanes, due: Due) -> None:
    """Keep with the panes what their rows were judged by; none awaits judgement any more."""
    number = np.empty(len(due.cell), np.int32)
    new = np.flatnonzero(due.count.any(axis=0))
    new = new[stable_order(due.day[new])]
    days, starts = np.unique(due.day[new], return_index=True)
    for day, of_day in zip(days.tolist(), np.split(new, starts)[1:], strict=True):
        by = Expectations(due.cell[of_day], due.own[of_day], due.expected[:, of_day])
        first = closed.expect(day, by)
        number[of_day] = first + np.arange(len(of_day))
    judged = np.concatenate([pane.rows.judged for pane in panes], dtype=np.int64)
    judged[due.rows] = number[due.group]
    ends = np.cumsum([len(pane.rows) for pane in panes])
    for pane, part in zip(panes, np.split(judged, ends[:-1]), strict=True):
        pane.rows = replace(pane.rows, judged=narrowed(part))
        pane.unjudged = False


class JudgedRows:
    """All n rows of some days, and the k expectations that they were judged by.

    Attributes
    ----------
    employee : int64[n]
    by : Expectations[k]
    day : int64[k]
        The day of each.
    """

    def __init__(self, closed: ClosedPanes, days: Sequence[int]) -> None:
        self.by, starts = _together(closed, days)
        self.day = np.repeat(days, [len(closed.expectations(day)) for day in days])
        self._rows = _Rows(closed.of_days(days), starts)
        self.employee = self._rows.employee

    def said(self, measure: Measure) -> NDArray[np.float64]:
        """Return what each row says for a measure, float64[n]."""
        return self._rows.said(measure)

    def judged(self, measure: Measure, expected: NDArray[np.float64]) -> Moments:
        """Return what the rows said that were judged by each of `expected`, the measure's: Moments[k]."""
        value, by = self.said(measure), self._rows.judged
        here = np.flatnonzero((by >= 0) & ~np.isnan(value))
        here = here[~np.isnan(expected)[by[here]]]
        summed = from_flags if measure.kind == "binary" else from_groups
        return summed(by[here], value[here], len(self.day))


class _Rows:
    """The rows of some panes, one pane after the other, as far as a step needs them."""

    def __init__(self, panes: Sequence[ClosedPane], starts: Mapping[int, int]) -> None:
        sizes, parts = [len(pane.rows) for pane in panes], [pane.rows for pane in panes]
        self.employee = np.concatenate([part.employee for part in parts], dtype=np.int64)
        self.stratum = np.concatenate([part.stratum for part in parts], dtype=np.int64)
        self.first = np.concatenate([part.first for part in parts])
        self.facts = {name: np.concatenate([part.facts[name] for part in parts]) for name in parts[0].facts}
        self.judged = np.concatenate([part.judged for part in parts], dtype=np.int64)
        if len(starts) > 1:
            start = np.repeat([starts[pane.day] for pane in panes], sizes)
            self.judged = np.where(self.judged >= 0, self.judged + start, NO_CODE)

    def said(self, measure: Measure) -> NDArray[np.float64]:
        return values(measure, self.facts, len(self.employee))


def _together(closed: ClosedPanes, days: Sequence[int]) -> tuple[Expectations, dict[int, int]]:
    """Return the expectations of some days, one day after the other, and where those of each begin."""
    by = [closed.expectations(day) for day in days]
    together = Expectations(
        cell=np.concatenate([part.cell for part in by]),
        own=np.concatenate([part.own for part in by]),
        expected=np.concatenate([part.expected for part in by], axis=1),
    )
    return together, dict(zip(days, accumulate(map(len, by), initial=0), strict=False))
