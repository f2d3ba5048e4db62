"""Cells (employee x stratum): observed against expected outcomes of first contacts.

For a binary measure a cell holds O, O - E and V = sum p(1 - p), the information on a log-odds shift. For a
continuous one it holds the sum, the sum of residuals and M2, their spread about the cell's own mean.
Both kinds end as an effect with its information (1 / variance), from which all else follows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contacts import Contacts
from models.grouping import count_by_group, sum_by_group
from models.moments import Moments, merge_groups
from models.narrowing import narrowed
from models.settings import Kind
from models.state import Fields, State

_OFFSET_PRIOR: Final = 4.0
"""Information added to a stratum-day's offset estimate (`method.md` 1.1)."""

_SPREAD_PRIOR: Final = 12.0
"""Degrees of freedom with which a stratum's MSW leans on that of all strata: the expectation's shrinkage."""

_COLUMNS: Final = ("count", "observed", "residual", "spread")

_ROUNDING: Final = 1e-9
"""A spread below this share of the values themselves is rounding: a system that always writes 60 s."""


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """First contacts of k cells that were judged for one measure.

    Attributes
    ----------
    count : int64[k]
    observed, residual : float64[k]
        Sum of outcomes; the same less the sum of expected ones.
    spread : float64[k]
        Binary: the information V. Continuous: M2 of the residuals.
    """

    count: NDArray[np.int64]
    observed: NDArray[np.float64]
    residual: NDArray[np.float64]
    spread: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """How far k entities lie from what was expected.

    Attributes
    ----------
    effect : float64[k]
        Log odds (binary) or units of the measure; NaN without information.
    information : float64[k]
        1 / variance of the effect; 0 where there is none.
    kurtosis : float64[k]
        What a binary effect adds to the variance of its square beyond a normal one.
    """

    effect: NDArray[np.float64]
    information: NDArray[np.float64]
    kurtosis: NDArray[np.float64]


def binary_cells(like: Contacts, said: Moments, expected: NDArray[np.float64], size: int) -> CellSums:
    """Return the sums over n judged groups of a binary measure, for cells 0 to size - 1.

    V pays for the stratum-day offset that was estimated from the others:
    V = sum p(1 - p) (1 + v_es / (V_s - v_es + 4)) within each day (`method.md` 1.1).

    Parameters
    ----------
    like : Contacts
    said : Moments[n]
        What they came to.
    expected : float64[n]
        What they were expected to come to; 0 where nothing was said.
    """
    variance = said.count * (expected * (1.0 - expected))
    of_cell = sum_by_group(like.cell_day, variance, 0)
    of_stratum = sum_by_group(like.stratum_day, variance, 0)[like.stratum_day_of]
    paid = of_cell * (1.0 + of_cell / (np.maximum(of_stratum - of_cell, 0.0) + _OFFSET_PRIOR))
    return _cells(like, said, expected, size, sum_by_group(like.cell_of, paid, size))


def continuous_cells(like: Contacts, said: Moments, expected: NDArray[np.float64], size: int) -> CellSums:
    """Return the sums over n judged groups of a continuous measure, as `binary_cells` does."""
    residual = replace(said, mean=np.where(said.count > 0, said.mean - expected, 0.0))
    return _cells(like, said, expected, size, merge_groups(like.cell, residual, size).m2)


def _cells(
    like: Contacts, said: Moments, expected: NDArray[np.float64], size: int, spread: NDArray[np.float64]
) -> CellSums:
    residual = said.count * ((said.mean - expected) + said.mean_low)
    return CellSums(
        count=sum_by_group(like.cell, said.count, size).astype(np.int64),
        observed=sum_by_group(like.cell, said.count * (said.mean + said.mean_low), size),
        residual=sum_by_group(like.cell, residual, size),
        spread=spread,
    )


class CellWindows:
    """Cell sums of one measure by step; a window merges steps."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._steps: dict[int, tuple[NDArray[np.signedinteger], CellSums]] = {}

    def put(self, step: int, sums: CellSums) -> None:
        """Set what the cells did in a step, dropping those that did nothing."""
        present = np.flatnonzero(sums.count)
        narrow = (narrowed(getattr(sums, name)[present]) for name in _COLUMNS)
        self._steps[step] = (narrowed(present), CellSums(*narrow))

    def window(self, inside: Callable[[int], bool], size: int) -> CellSums:
        """Return the sums over the steps that are `inside`, for cells 0 to size - 1."""
        chosen = [self._steps[step] for step in sorted(self._steps) if inside(step)]
        cell = np.concatenate([np.empty(0, np.intp), *(present for present, _ in chosen)])
        count = np.concatenate([np.empty(0, np.int64), *(sums.count for _, sums in chosen)])
        residual = np.concatenate([np.empty(0), *(sums.residual for _, sums in chosen)])
        spread = np.concatenate([np.empty(0), *(sums.spread for _, sums in chosen)])
        observed = np.concatenate([np.empty(0), *(sums.observed for _, sums in chosen)])
        if self._kind == "binary":
            merged = sum_by_group(cell, spread, size)
        else:
            mean = residual / np.maximum(count, 1)
            merged = merge_groups(cell, Moments(count, mean, spread, np.zeros(len(count))), size).m2
        return CellSums(
            count=sum_by_group(cell, count, size).astype(np.int64),
            observed=sum_by_group(cell, observed, size),
            residual=sum_by_group(cell, residual, size),
            spread=merged,
        )

    def forget_before(self, step: int) -> None:
        """Drop all steps before one."""
        for old in [place for place in self._steps if place < step]:
            del self._steps[old]

    def dump(self) -> State:
        """Return the state, step by step; its columns are never changed, so none is copied."""
        return [
            {"step": step, "cell": cell, **{name: getattr(sums, name) for name in _COLUMNS}}
            for step, (cell, sums) in sorted(self._steps.items())
        ]

    def load(self, state: Sequence[Fields]) -> None:
        """Take over a state that was dumped."""
        for one in state:
            sums = CellSums(*(one[name] for name in _COLUMNS))
            if any(getattr(sums, name).shape != one["cell"].shape for name in _COLUMNS):
                raise ValueError("columns of different lengths")
            self._steps[one["step"]] = one["cell"], sums


def binary_effects(sums: CellSums) -> Effects:
    """Return one-step log-odds effects (O - E) / V with information V, per cell (`method.md` 1.2)."""
    information = sums.spread
    there = information > 0
    effect = np.full(len(information), np.nan)
    np.divide(sums.residual, information, out=effect, where=there)
    pq = np.divide(information, sums.count, out=np.zeros(len(information)), where=there)
    kurtosis = np.divide(np.maximum(0.0, 1.0 - 6.0 * pq), information, out=np.zeros(len(pq)), where=there)
    return Effects(effect, information, kurtosis)


def continuous_effects(sums: CellSums, stratum: NDArray[np.int32], strata: int) -> Effects:
    """Return mean residuals with information n / MSW of their stratum, per cell.

    MSW leans on that of all strata, so that a stratum with few handlings cannot claim to be exact. Where
    nothing varies but by rounding there is no information.
    """
    cells = count_by_group(stratum[sums.count > 0], strata)
    freedom = sum_by_group(stratum, sums.count, strata) - cells
    m2 = sum_by_group(stratum, sums.spread, strata)
    overall = m2.sum() / freedom.sum() if freedom.sum() > 0 else 0.0
    msw = (m2 + _SPREAD_PRIOR * overall) / (freedom + _SPREAD_PRIOR)
    scale = np.abs(sums.observed).sum() / max(sums.count.sum(), 1)
    varies = msw > (_ROUNDING * scale) ** 2
    there = (sums.count > 0) & varies[stratum]
    information = np.divide(sums.count, msw[stratum], out=np.zeros(len(there)), where=there)
    effect = np.full(len(there), np.nan)
    np.divide(sums.residual, sums.count, out=effect, where=there)
    return Effects(effect, information, np.zeros(len(there)))


def pool(effects: Effects, group: NDArray[np.int32], size: int) -> Effects:
    """Return the information-weighted effects of `size` groups of cells, for instance by employee."""
    there = effects.information > 0
    weight = effects.information[there]
    information = sum_by_group(group[there], weight, size)
    total = sum_by_group(group[there], weight * effects.effect[there], size)
    effect = np.full(size, np.nan)
    np.divide(total, information, out=effect, where=information > 0)
    return Effects(effect, information, np.zeros(size))
