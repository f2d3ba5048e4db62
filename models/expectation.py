"""What like cases would have come to in the hands of the peers: the case-mix adjustment (`method.md` 1.1).

For a first contact of employee e in stratum s (channel c x issue k) on day d in hour band h:

    binary       logit p = logit pi(s, without e) + a(k, d) + b(c, h) + g(s, d, without e)
    continuous         x =      mu(s, without e) + a(k, d) + b(c, h) + g(s, d, without e)

The level comes from exponentially forgotten sums, shrunk to the issue and the issue to the whole, always
without e: else a specialist becomes his own yardstick. The offsets take out bad days and hours, which
would otherwise look like the people who worked then; each is one Newton step from the level before it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.codes import PairCodes
from models.contacts import Contacts, contacts
from models.grouping import sum_by_group
from models.handling import CHANNELS
from models.settings import ExpectationSettings, Kind
from models.state import Fields, State

_P_MIN: Final = 0.005
_OFFSET_MAX: Final = 2.0
"""`design.md` section 6: p kept in 0.005..0.995, offsets in +-2 log odds."""

_OFFSET_PRIOR: Final = 3.0
_OWN_OFFSET_PRIOR: Final = 4.0
"""Information that holds an offset near 0, and one that leaves the employee out (`method.md` 1.1)."""

_PEERS_MIN: Final = 1e-9
"""Share of the history below which what others have in it cannot be told from rounding."""


class CellRegistry:
    """The cells that exist, and the groups that they fall into.

    Attributes
    ----------
    cells : PairCodes
        (employee, stratum).
    strata : PairCodes
        (channel, issue type).
    """

    def __init__(self) -> None:
        self.cells = PairCodes()
        self.strata = PairCodes()
        self._employee_issue = PairCodes()
        self._employee_issue_of = np.empty(0, np.int32)

    def assign(self, employee: NDArray[np.int32], stratum: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the cell of each of n rows; unseen ones get a code."""
        cell = self.cells.assign(employee, stratum)
        known = len(self._employee_issue_of)
        new = self._employee_issue.assign(self.cells.left[known:], self.issue[known:])
        self._employee_issue_of = np.concatenate((self._employee_issue_of, new))
        return cell

    def contacts(self, cell: NDArray[np.int32], day: NDArray[np.int64]) -> Contacts:
        """Return n groups of like first contacts by their cells and local days."""
        return contacts(cell, day, self.cells.right, self.issue)

    @property
    def channel(self) -> NDArray[np.int32]:
        """The channel of each cell, int32[cells]."""
        return self.strata.left[self.cells.right]

    @property
    def issue(self) -> NDArray[np.int32]:
        """The issue type of each cell, int32[cells]."""
        return self.strata.right[self.cells.right]

    def without_own(self, per_cell: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return, for each cell, the sum over all other employees' cells."""
        others: NDArray[np.float64] = per_cell.sum() - _sum_over(self.cells.left, per_cell)
        return others

    def without_own_issue(self, per_cell: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return, for each cell, the sum over its issue type of all other employees' cells."""
        return _sum_over(self.issue, per_cell) - _sum_over(self._employee_issue_of, per_cell)

    def without_own_stratum(self, per_cell: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return, for each cell, the sum over its stratum of all other employees' cells."""
        return _sum_over(self.cells.right, per_cell) - per_cell

    def dump(self) -> State:
        """Return the state."""
        return {"strata": self.strata.dump(), "cells": self.cells.dump()}

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        self.strata.load(state["strata"])
        self.assign(state["cells"]["left"], state["cells"]["right"])


class Expectation:
    """The memory behind one measure's expected outcomes.

    Its state is the forgotten sums (float64[cells]) and those of the hour bands (float64[channels, bands]).
    """

    def __init__(self, kind: Kind, settings: ExpectationSettings) -> None:
        self._binary = kind == "binary"
        self._settings = settings
        self._count = np.empty(0)
        self._total = np.empty(0)
        bands = 24 // settings.band_hours
        self._band_residual = np.zeros(len(CHANNELS) * bands)
        self._band_information = np.zeros(len(CHANNELS) * bands)

    def age(self, days: float) -> None:
        """Forget by so many days."""
        kept = 0.5 ** (days / self._settings.half_life_days)
        self._count = self._count * kept
        self._total = self._total * kept
        self._band_residual = self._band_residual * kept
        self._band_information = self._band_information * kept

    def judge(
        self,
        registry: CellRegistry,
        like: Contacts,
        band: NDArray[np.int64],
        count: NDArray[np.int64],
        total: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the expected outcome of n groups of like first contacts (float64[n]) and learn from them.

        Parameters
        ----------
        like : Contacts
            In cells of `registry`.
        band : int64[n]
            Their hour band.
        count, total : int64[n], float64[n]
            How many they are, and the sum of what they came to.
        """
        size, bands = len(registry.cells), 24 // self._settings.band_hours
        self._count = _grown(self._count, size) + sum_by_group(like.cell, count, size)
        self._total = _grown(self._total, size) + sum_by_group(like.cell, total, size)
        level = self._levels(registry)
        if self._binary:
            level = _logit(np.clip(level, _P_MIN, 1.0 - _P_MIN))
        level = level[like.cell]
        level = level + self._day_offset(like, *self._pull(level, count, total))
        channel_band = registry.channel[like.cell] * bands + band
        level = level + self._band_offset(channel_band, *self._pull(level, count, total))
        level = level + self._own_offset(like, *self._pull(level, count, total))
        return np.clip(_expit(level), _P_MIN, 1.0 - _P_MIN) if self._binary else level

    def dump(self) -> State:
        """Return the state."""
        return {
            "count": self._count,
            "total": self._total,
            "band_residual": self._band_residual,
            "band_information": self._band_information,
        }

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped; channels may have been added since."""
        bands = len(self._band_residual)
        self._count, self._total = state["count"].copy(), state["total"].copy()
        self._band_residual = _grown(state["band_residual"], bands)
        self._band_information = _grown(state["band_information"], bands)

    def _levels(self, registry: CellRegistry) -> NDArray[np.float64]:
        """Return the level of each cell's stratum without its own employee, shrunk to issue and whole.

        Where nobody else has a history, the whole is the employee's own: no difference can be told.
        """
        shrinkage = self._settings.shrinkage
        count, total = registry.without_own(self._count), registry.without_own(self._total)
        level = np.full(len(count), self._total.sum() / self._count.sum())
        np.divide(total, count, out=level, where=count > _PEERS_MIN * self._count.sum())
        if self._binary:
            level = np.clip(level, 0.0, 1.0)
        for others in (registry.without_own_issue, registry.without_own_stratum):
            count = np.maximum(others(self._count), 0.0)
            total = others(self._total)
            if self._binary:
                total = np.clip(total, 0.0, count)  # a difference of sums may stray by rounding
            total = np.where(count > 1e-9, total, 0.0)
            level = (total + shrinkage * level) / (count + shrinkage)
        return level

    def _pull(
        self, level: NDArray[np.float64], count: NDArray[np.int64], total: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each group's residual and its information on a shift of the level."""
        if not self._binary:
            return total - count * level, count.astype(np.float64)
        p = _expit(level)
        return total - count * p, count * (p * (1.0 - p))

    def _step(
        self, residual: NDArray[np.float64], information: NDArray[np.float64], prior: float
    ) -> NDArray[np.float64]:
        if not self._binary:
            return residual / (information + self._settings.shrinkage)
        return np.clip(residual / (information + prior), -_OFFSET_MAX, _OFFSET_MAX)

    def _day_offset(
        self, like: Contacts, residual: NDArray[np.float64], information: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        group = like.issue_day
        sums = sum_by_group(group, residual, 0), sum_by_group(group, information, 0)
        return self._step(*sums, _OFFSET_PRIOR)[group]

    def _band_offset(
        self, group: NDArray[np.int64], residual: NDArray[np.float64], information: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        bands = len(self._band_residual)
        self._band_residual = self._band_residual + sum_by_group(group, residual, bands)
        self._band_information = self._band_information + sum_by_group(group, information, bands)
        return self._step(self._band_residual, self._band_information, _OFFSET_PRIOR)[group]

    def _own_offset(
        self, like: Contacts, residual: NDArray[np.float64], information: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        own, stratum_day = like.cell_day, like.stratum_day
        others, known = (
            sum_by_group(stratum_day, part, 0)[like.stratum_day_of] - sum_by_group(own, part, 0)
            for part in (residual, information)
        )
        return self._step(others, np.maximum(known, 0.0), _OWN_OFFSET_PRIOR)[own]


def _grown(sums: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.concatenate((sums, np.zeros(size - len(sums))))


def _sum_over(group: NDArray[np.signedinteger], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each row, the sum over its group."""
    spread: NDArray[np.float64] = sum_by_group(group, value, 0)[group]
    return spread


def _logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = np.log(p) - np.log1p(-p)
    return odds


def _expit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    p: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-x))
    return p
