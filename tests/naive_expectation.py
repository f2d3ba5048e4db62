"""Expected outcomes and what follows from them, row by row in plain Python (`method.md` 1.1 to 1.5)."""

from collections.abc import Callable, Iterable, Sequence
from math import exp, log, nan, sqrt
from typing import NamedTuple

SHRINKAGE, HALF_LIFE = 12.0, 21.0
FADED = 1e-9  # of a history: what is less is forgotten


class First(NamedTuple):
    """A first contact that says something for the measure in question."""

    employee: str
    channel: str
    issue: str
    day: int
    band: int
    value: float


def clipped(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def expit(x: float) -> float:
    return 1 / (1 + exp(-x))


class NaiveExpectation:
    """The documented formulas, with a loop over all cells for every row."""

    def __init__(self, *, binary: bool) -> None:
        self._binary = binary
        self._cells: dict[tuple[str, str, str], list[float]] = {}  # count, total
        self._bands: dict[tuple[str, int], list[float]] = {}  # residual, information

    def age(self, days: float) -> None:
        """Forget by so many days."""
        for sums in (*self._cells.values(), *self._bands.values()):
            sums[:] = [number * 0.5 ** (days / HALF_LIFE) for number in sums]

    def judge(self, rows: Sequence[First]) -> list[float]:
        """Learn from a step's rows and return what peers would have come to in each."""
        for row in rows:
            sums = self._cells.setdefault((row.employee, row.channel, row.issue), [0.0, 0.0])
            sums[0] += 1
            sums[1] += row.value
        level = [self._level(row) for row in rows]

        def issue_day(row: First) -> object:
            return row.issue, row.day

        def stratum_day(row: First) -> object:
            return row.channel, row.issue, row.day

        pulls = self._pulls(rows, level)
        level = [
            level[i]
            + self._newton(
                pulls, (j for j, other in enumerate(rows) if issue_day(other) == issue_day(row)), 3
            )
            for i, row in enumerate(rows)
        ]

        for row, (residual, information) in zip(rows, self._pulls(rows, level), strict=True):
            band = self._bands.setdefault((row.channel, row.band), [0.0, 0.0])
            band[0] += residual
            band[1] += information
        level = [
            level[i] + self._newton([tuple(self._bands[row.channel, row.band])], [0], 3)
            for i, row in enumerate(rows)
        ]

        pulls = self._pulls(rows, level)
        level = [
            level[i]
            + self._newton(
                pulls,
                (
                    j
                    for j, other in enumerate(rows)
                    if stratum_day(other) == stratum_day(row) and other.employee != row.employee
                ),
                4,
            )
            for i, row in enumerate(rows)
        ]
        return [clipped(expit(x), 0.005, 0.995) for x in level] if self._binary else level

    def _level(self, row: First) -> float:
        """Return the stratum's rate without the employee, leaning on the issue's, that on the rate of all."""

        def others(belongs: Callable[[str, str], bool]) -> tuple[float, float]:
            count = total = 0.0
            for (employee, channel, issue), sums in self._cells.items():
                if employee != row.employee and belongs(channel, issue):
                    count, total = count + sums[0], total + sums[1]
            return count, total

        count, total = others(lambda _, __: True)
        everybody = [sum(sums[i] for sums in self._cells.values()) for i in (0, 1)]
        if count <= FADED * everybody[0]:  # nobody to compare with
            count, total = everybody
        level = total / count
        for belongs in (
            lambda _, issue: issue == row.issue,
            lambda channel, issue: (channel, issue) == (row.channel, row.issue),
        ):
            count, total = others(belongs)
            level = (total + SHRINKAGE * level) / (count + SHRINKAGE)
        if self._binary:
            level = clipped(level, 0.005, 0.995)
            level = log(level / (1 - level))
        return level

    def _pulls(self, rows: Sequence[First], level: Sequence[float]) -> list[tuple[float, float]]:
        """Return each row's residual and information."""
        if not self._binary:
            return [(row.value - x, 1.0) for row, x in zip(rows, level, strict=True)]
        return [(row.value - expit(x), expit(x) * (1 - expit(x))) for row, x in zip(rows, level, strict=True)]

    def _newton(self, pulls: Sequence[tuple[float, ...]], among: Iterable[int], prior: float) -> float:
        """Return one step from the level towards where the rows `among` would have it."""
        chosen = [pulls[i] for i in among]
        residual, information = (sum(pull[part] for pull in chosen) for part in (0, 1))
        if not self._binary:
            return residual / (information + SHRINKAGE)
        return clipped(residual / (information + prior), -2.0, 2.0)


class Cell(NamedTuple):
    """Observed and expected outcomes of an employee in a stratum, and the information V."""

    observed: float
    expected: float
    information: float


def binary_cells(rows: Sequence[First], expected: Sequence[float]) -> dict[tuple[str, str, str], Cell]:
    """Return O, E and V of every cell: V pays for the stratum-day offset that the others gave."""
    cells: dict[tuple[str, str, str], Cell] = {}
    for row, p in zip(rows, expected, strict=True):
        key = (row.employee, row.channel, row.issue)
        held = cells.get(key, Cell(0.0, 0.0, 0.0))
        own = stratum = 0.0
        for other, q in zip(rows, expected, strict=True):
            if (other.channel, other.issue, other.day) == (row.channel, row.issue, row.day):
                stratum += q * (1 - q)
                own += q * (1 - q) if other.employee == row.employee else 0.0
        paid = p * (1 - p) * (1 + own / (stratum - own + 4))
        cells[key] = Cell(held.observed + row.value, held.expected + p, held.information + paid)
    return cells


def dersimonian_laird(effects: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return mean, Q, C and tau2 of effects given with their information."""
    weight = sum(v for _, v in effects)
    mu = sum(theta * v for theta, v in effects) / weight
    q = sum(v * (theta - mu) ** 2 for theta, v in effects)
    c = weight - sum(v * v for _, v in effects) / weight
    return mu, q, c, max(0.0, (q - (len(effects) - 1)) / c)


def split_z(cells: Sequence[tuple[Cell, int]], tolerance: float) -> float:
    """Return Z of `method.md` 1.2 for one stratum's cells with their counts."""
    known = [(cell, count) for cell, count in cells if cell.information >= 0.75]
    if len(known) < 2:
        return nan
    effects = [((c.observed - c.expected) / c.information, c.information) for c, _ in known]
    _, q, c, _ = dersimonian_laird(effects)
    variance = 0.0
    for cell, count in known:
        v = cell.information
        variance += 2 * (1 + tolerance**2 * v) ** 2 + max(0.0, 1 - 6 * v / count) / v
    return (q - (len(known) - 1) - tolerance**2 * c) / sqrt(variance)
