"""The cases that begin on a day in a simulated centre, each with all its contacts.

After each contact the customer may come back 1 to 6 days later, more likely after a refusal, often on
another channel and mostly to another employee. A case has at most 4 contacts, within 8 days.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS, NO_CASE
from models.settings import DAY, HOUR, SECOND
from models.simulation.conduct import REFUSED, RETURNS, Conduct, returning_shares
from models.simulation.odds import REFUSED_BEFORE, RefusalOdds
from models.simulation.planting import Planted
from models.simulation.scenario import RETURN_DAYS, SimulationSettings
from models.simulation.seeds import Identity, Purpose, generator, identities
from models.simulation.workforce import Workforce, channel_shares, hour_cumulative

_CONTACTS_MAX: Final = 4
_GAP_CHANCE: Final = 0.45
_GAP_DAYS_MAX: Final = 6
_SAME_CHANNEL: Final = 0.6
_CASE_STATED: Final = 0.90
_CUSTOMER_STATED: Final = 0.98
_CUSTOMERS_PER_DAILY_HANDLING: Final = 30
_MILLISECOND: Final = SECOND // 1_000
_SELF_SERVICE: Final = CHANNELS.index("self_service")


class Rows(NamedTuple):
    """Columns of n handlings; see `models.simulation.day.Day`. `day` is an index, `cell` one too."""

    day: NDArray[np.int64]
    time: NDArray[np.int64]
    event: NDArray[np.uint64]
    case: NDArray[np.uint64]
    customer: NDArray[np.int64]
    case_stated: NDArray[np.bool_]
    cell: NDArray[np.int64]
    repeat: NDArray[np.bool_]
    log_odds: NDArray[np.float64]
    planted: NDArray[np.float64]
    outcome: NDArray[np.int8]
    goal_attained: NDArray[np.int8]
    sla_met: NDArray[np.int8]
    handle_time_s: NDArray[np.float64]
    survey: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Rows":
        """Return these rows, in this order."""
        return Rows._make(column[rows] for column in self)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts."""
    return Rows._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


class _Contacts(NamedTuple):
    """Which cells n contacts come to on which day; `case` counts the cases that began together."""

    case: NDArray[np.int64]
    day: NDArray[np.int64]
    cell: NDArray[np.int64]
    refused_before: NDArray[np.bool_]


class Cases:
    """What customers come with, and what becomes of it.

    Attributes
    ----------
    first_contacts : float
        Cases that begin on a day, mean over a week.
    start : int
        Midnight of day 0, microseconds since 1970 UTC.
    """

    def __init__(
        self,
        settings: SimulationSettings,
        seed: int,
        workforce: Workforce,
        odds: RefusalOdds,
        planted: Sequence[Planted],
    ) -> None:
        self._settings, self._seed = settings, seed
        self._workforce, self._odds, self._planted = workforce, odds, planted
        self._conduct = Conduct(settings, seed, workforce)
        self.first_contacts = settings.handlings_per_day / (1.0 + self._later_contacts())
        self.start = int(datetime.combine(settings.start, time(), UTC).timestamp()) * SECOND
        self._cells = len(workforce.employee)
        self._mass = np.append(0.0, workforce.load.cumsum())
        self._shift = workforce.cell_shift.astype(np.int64)
        self._hours = hour_cumulative()
        self._channels = np.array([CHANNELS.index(name) for name in settings.channels])
        self._channel_cumulative = channel_shares(settings).cumsum()[:-1]

    def beginning(self, origin: int) -> Rows:
        """Return all handlings of the cases that begin on the day `origin`."""
        rng = generator(self._seed, Purpose.CASES, origin)
        first = int(self._weekday(np.array([origin]))[0])
        expected = self.first_contacts * (self._mass[first + self._cells] - self._mass[first])
        n = int(rng.poisson(expected))
        contacts = _Contacts(
            case=np.arange(n),
            day=np.full(n, origin),
            cell=self._cell(rng, np.full(n, first), np.full(n, first + self._cells)),
            refused_before=np.zeros(n, np.bool_),
        )
        named = rng.random(n)
        customers = _CUSTOMERS_PER_DAILY_HANDLING * self._settings.handlings_per_day
        customer = np.where(named < _CUSTOMER_STATED, rng.integers(customers, size=n), -1)
        issue = self._workforce.issue[contacts.cell].astype(np.int64)
        by_case = identities(self._seed, Identity.CASE, origin, contacts.case)
        by_customer = identities(self._seed, Identity.CUSTOMER_AND_ISSUE, issue, np.maximum(customer, 0))
        case = np.where(customer >= 0, by_customer, np.uint64(NO_CASE))
        case = np.where(named < _CASE_STATED, by_case, case)

        parts: list[Rows] = []
        known = 0
        for turn in range(_CONTACTS_MAX):
            m = len(contacts.case)
            hour = self._hour(rng, contacts.cell)
            log_odds, planted, discontent = self._refusal(contacts, hour)
            facts = self._conduct.draw(rng, contacts.cell, hour, log_odds, discontent)
            within_hour = rng.integers(HOUR // _MILLISECOND, size=m) * _MILLISECOND
            parts.append(
                Rows(
                    contacts.day,
                    self.start + contacts.day * DAY + hour * HOUR + within_hour,
                    identities(self._seed, Identity.EVENT, origin, np.arange(known, known + m)),
                    case[contacts.case],
                    customer[contacts.case],
                    named[contacts.case] < _CASE_STATED,
                    contacts.cell,
                    np.full(m, turn > 0),
                    log_odds,
                    planted,
                    *facts,
                )
            )
            known += m
            contacts = self._coming_back(rng, origin, contacts, facts.outcome)
        return joined(parts)

    def _later_contacts(self) -> float:
        """Return the expected number of contacts of a case after its first."""
        usual = float(np.average(self._odds.base, weights=self._workforce.contacts_per_day))
        first, later = returning_shares(usual, REFUSED_BEFORE)
        gap = _GAP_CHANCE * (1.0 - _GAP_CHANCE) ** np.arange(_GAP_DAYS_MAX)
        gap[-1] += 1.0 - gap.sum()
        one_gap = np.append(0.0, gap)
        chance, elapsed, expected = 1.0, np.ones(1), 0.0
        for share in (first, *[later] * (_CONTACTS_MAX - 2)):
            chance *= share
            elapsed = np.convolve(elapsed, one_gap)
            expected += chance * elapsed[: RETURN_DAYS + 1].sum()
        return expected

    def _refusal(
        self, contacts: _Contacts, hour: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return log odds, the planted part of them, and planted discontent."""
        usual = self._odds.log_odds(contacts.day, hour, contacts.cell, contacts.refused_before)
        log_odds, discontent = usual, np.zeros(len(usual))
        for inconsistency in self._planted:
            log_odds = log_odds + inconsistency.log_odds(log_odds, contacts.cell, contacts.day)
            discontent += inconsistency.discontent(contacts.cell, contacts.day)
        return log_odds, log_odds - usual, discontent

    def _coming_back(
        self, rng: np.random.Generator, origin: int, contacts: _Contacts, outcome: NDArray[np.int8]
    ) -> _Contacts:
        """Return the next contacts of the cases whose customers come back."""
        chance = rng.random(len(outcome))
        gap = np.minimum(rng.geometric(_GAP_CHANCE, len(outcome)), _GAP_DAYS_MAX)
        stays = rng.random(len(outcome)) < _SAME_CHANNEL
        other = self._channels[np.searchsorted(self._channel_cumulative, rng.random(len(outcome)), "right")]
        here = self._workforce.channel[contacts.cell]
        channel = np.where(stays & (here != _SELF_SERVICE), here, other)
        issue = self._workforce.issue[contacts.cell]
        day = contacts.day + gap
        start = self._weekday(day) + self._workforce.range_start[channel, issue]
        end = self._weekday(day) + self._workforce.range_end[channel, issue]
        back = (
            (chance < RETURNS[outcome])
            & (day <= origin + RETURN_DAYS)
            & (self._mass[end] > self._mass[start])
        )
        return _Contacts(
            contacts.case[back],
            day[back],
            self._cell(rng, start[back], end[back]),
            outcome[back] == REFUSED,
        )

    def _weekday(self, day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the cells of each day's weekday start in `_mass`."""
        return np.asarray((self._settings.start.weekday() + day) % 7 * self._cells)

    def _cell(
        self, rng: np.random.Generator, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Draw a cell from each stretch of `_mass`, by its load."""
        low = self._mass[start]
        aim = low + rng.random(len(start)) * (self._mass[end] - low)
        place = np.searchsorted(self._mass, aim, side="right") - 1
        return np.asarray(np.clip(place, start, end - 1) % self._cells)

    def _hour(self, rng: np.random.Generator, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """Draw the hour of the day, within the shift."""
        done = self._hours[self._shift[cell], self._workforce.channel[cell]]
        return np.asarray((rng.random(len(cell))[:, None] >= done).sum(axis=1))
