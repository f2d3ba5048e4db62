"""A contact centre with known truth, day by day.

The rows of a day are what falls on it of the cases that began then and in the week before. A case is
drawn as a whole from the generator of its first day, so a day is a function of settings, seed and its
index, whatever was asked before; what is kept from day to day is the open ends of a week.
"""

from collections.abc import Iterator

import numpy as np

from models.errors import ConfigError
from models.handling import NO_REVISION, Handlings
from models.settings import DAY, SECOND
from models.simulation.cases import Cases, Rows, joined
from models.simulation.day import Day
from models.simulation.odds import RefusalOdds
from models.simulation.planting import plant
from models.simulation.scenario import RETURN_DAYS, SimulationSettings
from models.simulation.seeds import Purpose, generator
from models.simulation.truth import truth
from models.simulation.workforce import staff


class Centre:
    """A simulated contact centre.

    Parameters
    ----------
    settings
        What it is made of and what is planted.
    seed
        Same settings, same seed (and same numpy): same events, byte for byte. The centre of a seed is
        the same whatever is planted in it.

    Attributes
    ----------
    workforce : Workforce
        Employees and cells.
    odds : RefusalOdds
        What is usual.
    planted : tuple of Planted
        What is not, in the order of the settings.

    Raises
    ------
    ConfigError
        For a negative seed.
    """

    def __init__(self, settings: SimulationSettings, seed: int) -> None:
        if seed < 0:
            raise ConfigError("simulation.seed", "must not be negative")
        self.settings = settings
        self.seed = seed
        self.workforce = staff(settings, seed)
        self.odds = RefusalOdds(settings, seed, self.workforce)
        self.planted = plant(settings, seed, self.workforce, self.odds.rate)
        self._cases = Cases(settings, seed, self.workforce, self.odds, self.planted)
        self._later: dict[int, Rows] = {}

    def day(self, index: int) -> Day:
        """Return a day, 0 to `settings.days` - 1; one after another costs least.

        Raises
        ------
        IndexError
            For a day that is not simulated.
        """
        if not 0 <= index < self.settings.days:
            raise IndexError(f"day {index} of {self.settings.days}")
        today = self._cases.beginning(index)
        week = range(index - RETURN_DAYS, index)
        self._later = {origin: self._later_contacts(origin) for origin in week}
        rows = joined([today, *self._later.values()])
        self._later[index] = today.take(today.day > index)
        rows = rows.take(rows.day == index)
        return self._shown(index, self._arrived(index, rows.take(np.lexsort((rows.event, rows.time)))))

    def days(self) -> Iterator[Day]:
        """Yield all days, one after another."""
        return (self.day(index) for index in range(self.settings.days))

    def truth(self) -> dict[str, object]:
        """Return what there is to find, ready for JSON: see `models.simulation.truth`."""
        return truth(
            self.settings, self.seed, self.workforce, self.odds, self.planted, self._cases.first_contacts
        )

    def _later_contacts(self, origin: int) -> Rows:
        if origin in self._later:
            return self._later[origin]
        rows = self._cases.beginning(origin)
        return rows.take(rows.day > origin)

    def _arrived(self, index: int, rows: Rows) -> Rows:
        """Return the rows in order of arrival, some twice, some late; all arrive on their day."""
        settings = self.settings
        if not settings.duplicate_share and not settings.disorder_share:
            return rows
        rng = generator(self.seed, Purpose.ARRIVAL, index)
        n = len(rows.time)
        copy = np.append(np.arange(n), np.flatnonzero(rng.random(n) < settings.duplicate_share))
        late = rng.random(len(copy)) < settings.disorder_share
        arrival = rows.time[copy] + late * rng.uniform(0.0, settings.disorder_s * SECOND, len(copy))
        return rows.take(copy[np.argsort(arrival, kind="stable")])

    def _shown(self, index: int, rows: Rows) -> Day:
        workforce = self.workforce
        n = len(rows.time)
        start = self._cases.start + index * DAY
        handlings = Handlings(
            time=rows.time,
            event=rows.event,
            revision=np.full(n, NO_REVISION, np.int64),
            case=rows.case,
            employee=workforce.employee[rows.cell],
            channel=workforce.channel[rows.cell],
            issue=workforce.issue[rows.cell],
            facts={
                "outcome": rows.outcome,
                "goal_attained": rows.goal_attained,
                "sla_met": rows.sla_met,
                "handle_time_s": rows.handle_time_s,
                "survey": rows.survey,
            },
            employees=workforce.names,
            issues=tuple(issue.name for issue in self.settings.issue_types),
        )
        return Day(
            index=index,
            start=start,
            handlings=handlings,
            repeat=rows.repeat,
            log_odds=rows.log_odds,
            planted=rows.planted,
            customer=rows.customer,
            case_stated=rows.case_stated,
            workforce=workforce,
        )
