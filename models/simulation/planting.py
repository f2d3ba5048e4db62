"""Where an inconsistency is planted in a simulated centre, and what it adds to the odds of a refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS
from models.simulation.scenario import RETURN_DAYS, Inconsistency, Kind, SimulationSettings
from models.simulation.seeds import Purpose, generator
from models.simulation.workforce import Workforce

_OF_STRATUM: Final[tuple[Kind, ...]] = ("stratum", "channel", "perception")
_EMPLOYEES_MIN: Final = 12
_STRATA_MIN: Final = 4
_RATE_MIN: Final = 0.2
_RATE_MAX: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """An inconsistency in its place.

    Attributes
    ----------
    employee, channel, issue : int
        Index into the workforce's names, `CHANNELS`, the issue types; -1 where it is not bound to one.
    sign : float64[cells]
        1 or -1 in the cells it touches, 0 in the others.
    part_plus : float
        Share of the touched work that lies in the cells of sign 1.
    mood : float64[days]
        Standard normal, from `RETURN_DAYS` before the first day on.
    """

    what: Inconsistency
    employee: int
    channel: int
    issue: int
    sign: NDArray[np.float64]
    part_plus: float
    mood: NDArray[np.float64]

    def log_odds(
        self,
        natural: NDArray[np.float64],
        cell: NDArray[np.int64],
        day: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Return float64[n]: what it adds to the log odds of a refusal, `natural`, of n handlings."""
        sign, size = self.sign[cell], self.what.size
        started = day >= self.what.onset_day
        match self.what.kind:
            case "erratic":
                added = np.where(started, size * self.mood[day + RETURN_DAYS] * sign, 0.0)
            case "shift":
                added = np.where(started, 0.5, -0.5) * size * sign
            case "perception":
                added = np.where(started, -size * sign, 0.0)
            case "stratum":
                moved = split(natural, sign, size, self.part_plus)
                added = np.where(started & (sign != 0), moved - natural, 0.0)
            case "employee" | "issue" | "channel":
                added = np.where(started, size * sign, 0.0)
        return added

    def discontent(self, cell: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return float64[n]: what it takes from the customers' contentment, in log odds."""
        if self.what.kind != "perception":
            return np.zeros(len(cell))
        return np.where(day >= self.what.onset_day, self.what.size * self.sign[cell], 0.0)


def split(
    natural: NDArray[np.float64], sign: NDArray[np.float64], tau: float, part_plus: float
) -> NDArray[np.float64]:
    """Part a stratum's employees by 2 tau without moving its mean rate.

    Parameters
    ----------
    natural
        float64[n], log odds before.
    sign
        float64[n], 1 for the handlings of those who refuse more, -1 for the others.
    part_plus
        Share of handlings of sign 1, w.

    Returns
    -------
    float64[n], log odds after: c + sign tau with w expit(c + tau) + (1-w) expit(c - tau) =
    expit(natural). Written for x = e^c that is a quadratic with one positive root.
    """
    rate = 1.0 / (1.0 + np.exp(-natural))
    up, down = np.exp(tau), np.exp(-tau)
    linear = part_plus * up + (1.0 - part_plus) * down - rate * (up + down)
    root = 2.0 * rate / (linear + np.sqrt(linear**2 + 4.0 * rate * (1.0 - rate)))
    return np.asarray(np.log(root) + sign * tau)


def plant(
    settings: SimulationSettings, seed: int, workforce: Workforce, rate: NDArray[np.float64]
) -> tuple[Planted, ...]:
    """Find a place for each inconsistency of the settings, each its own as long as there are others.

    A stratum is one of at least 12 employees with a refusal rate of 20 to 40 %, the one that tells most
    first. An employee is drawn from those with neither much nor little to do and to tell, in at least
    four strata and, where possible, in none that was planted. What cannot be had is done without.

    Parameters
    ----------
    rate
        float64[cells], the refusal rate of first contacts.
    """
    wanted = settings.inconsistencies
    work = workforce.contacts_per_day
    information = work * rate * (1.0 - rate)
    days = settings.days + 2 * RETURN_DAYS
    moods = generator(seed, Purpose.MOODS).normal(size=(days, len(wanted)))
    strata = _strata(workforce, information, rate)
    taken: list[tuple[int, int]] = []
    places: dict[int, Planted] = {}
    for i, what in enumerate(wanted):
        if what.kind in _OF_STRATUM:
            channel, issue = strata[len(taken) % len(strata)]
            taken.append((channel, issue))
            cells = (workforce.channel == channel) & (workforce.issue == issue) & (workforce.employee >= 0)
            sign = _halves(cells, work) if what.kind == "stratum" else cells.astype(np.float64)
            part_plus = float(work[sign > 0].sum() / work[cells].sum())
            places[i] = Planted(what, -1, channel, issue, sign, part_plus, moods[:, i])
    employees = _employees(workforce, information, taken, generator(seed, Purpose.PLACES))
    for turn, i in enumerate(i for i in range(len(wanted)) if i not in places):
        employee, issue = int(employees[turn % len(employees)]), -1
        cells = workforce.employee == employee
        if wanted[i].kind == "issue":
            issue = int(np.argmax(np.bincount(workforce.issue[cells], information[cells])))
            cells &= workforce.issue == issue
        places[i] = Planted(wanted[i], employee, -1, issue, cells.astype(np.float64), 1.0, moods[:, i])
    return tuple(places[i] for i in range(len(wanted)))


def _strata(
    workforce: Workforce, information: NDArray[np.float64], rate: NDArray[np.float64]
) -> list[tuple[int, int]]:
    """Return the strata in which people work, the best place for a split first."""
    human = workforce.employee >= 0
    issues = int(workforce.issue.max()) + 1
    stratum = workforce.channel[human].astype(np.int64) * issues + workforce.issue[human]
    size = len(CHANNELS) * issues
    employees = np.bincount(stratum, minlength=size)
    contacts = np.bincount(stratum, workforce.contacts_per_day[human], minlength=size)
    refused = np.bincount(stratum, (workforce.contacts_per_day * rate)[human], minlength=size)
    mean_rate = refused / np.where(contacts > 0, contacts, 1.0)
    fits = (employees >= _EMPLOYEES_MIN) & (mean_rate >= _RATE_MIN) & (mean_rate <= _RATE_MAX)
    tells = np.bincount(stratum, information[human], minlength=size)
    order = np.lexsort((-tells, ~fits))
    return [divmod(int(s), issues) for s in order if employees[s] > 0]


def _employees(
    workforce: Workforce,
    information: NDArray[np.float64],
    taken: Sequence[tuple[int, int]],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return every employee once, the suitable ones first, each kind in an order drawn by `rng`."""
    human = workforce.employee >= 0
    count = len(workforce.names)
    work = _per_employee(workforce, workforce.contacts_per_day)
    tells = _per_employee(workforce, information)
    strata = np.bincount(workforce.employee[human], minlength=count)
    in_taken = np.zeros(len(human), np.bool_)
    for channel, issue in taken:
        in_taken |= (workforce.channel == channel) & (workforce.issue == issue)
    involved = _per_employee(workforce, in_taken) > 0
    usual = _middle_half(work) & _middle_half(tells) & (strata >= _STRATA_MIN)
    return np.asarray(np.lexsort((rng.random(count), ~usual, involved)))


def _per_employee(
    workforce: Workforce, of_cell: NDArray[np.float64] | NDArray[np.bool_]
) -> NDArray[np.float64]:
    human = workforce.employee >= 0
    sums = np.bincount(workforce.employee[human], of_cell[human], minlength=len(workforce.names))
    return sums.astype(np.float64)


def _middle_half(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = np.quantile(values, (0.25, 0.75))
    return np.asarray((values >= low) & (values <= high))


def _halves(cells: NDArray[np.bool_], work: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deal the cells out, the busiest first, to two halves of about the same work."""
    sign = np.zeros(len(cells))
    dealt = np.flatnonzero(cells)[np.argsort(-work[cells], kind="stable")]
    sign[dealt] = np.where(np.arange(len(dealt)) % 4 % 3 == 0, 1.0, -1.0)
    return sign
