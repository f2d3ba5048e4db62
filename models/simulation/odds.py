"""The odds of a refusal in a simulated centre: all that is usual about them.

log odds = stratum + slow wave and bad days (issue, day) + hour (channel) + habit (employee)
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS
from models.simulation.conduct import expit, logit
from models.simulation.scenario import RETURN_DAYS, SimulationSettings
from models.simulation.seeds import Purpose, generator
from models.simulation.workforce import Workforce

REFUSED_BEFORE: Final = 1.2
"""Log odds: once refused, the next is more likely to refuse as well."""
_STRATUM_SD: Final = 0.15
_HOUR_SD: Final = 0.15
_DAY_SD: Final = 0.10
_WAVE_DAYS: Final = (120.0, 400.0)


class RefusalOdds:
    """Log odds of a refusal before anything is planted.

    Attributes
    ----------
    base : float64[cells]
        What the stratum is like on a usual day.
    habit : float64[cells]
        The employee's harmless difference; 0 where nobody works.
    """

    def __init__(self, settings: SimulationSettings, seed: int, workforce: Workforce) -> None:
        issues = len(settings.issue_types)
        self._issue, self._channel = workforce.issue, workforce.channel
        rng = generator(seed, Purpose.ODDS)
        stratum = logit(np.array([issue.refused for issue in settings.issue_types]))
        stratum = stratum + rng.normal(0.0, _STRATUM_SD, (len(CHANNELS), 1))
        stratum = stratum + rng.normal(0.0, _STRATUM_SD, (len(CHANNELS), issues))
        self.base = stratum[workforce.channel, workforce.issue]
        self._hour = rng.normal(0.0, _HOUR_SD, (len(CHANNELS), 24))
        self.habit = np.append(rng.normal(0.0, settings.tau0, settings.employees), 0.0)[workforce.employee]

        wave_days = rng.uniform(*_WAVE_DAYS, issues)
        wave_phase = rng.uniform(0.0, 2.0 * np.pi, issues)
        day = np.arange(-RETURN_DAYS, settings.days + RETURN_DAYS)[:, None]
        shape = (len(day), issues)
        self._day = settings.drift * np.sin(2.0 * np.pi * day / wave_days + wave_phase)
        self._day += generator(seed, Purpose.DAYS).normal(0.0, _DAY_SD, shape)
        bad = generator(seed, Purpose.BAD_DAYS).random(shape) < settings.bad_day_share
        self._day += settings.bad_day_size * bad

    @property
    def rate(self) -> NDArray[np.float64]:
        """float64[cells]: how often a first contact is refused on a usual day."""
        return expit(self.base)

    def log_odds(
        self,
        day: NDArray[np.int64],
        hour: NDArray[np.int64],
        cell: NDArray[np.int64],
        refused_before: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Return float64[n], of n handlings."""
        return np.asarray(
            self.base[cell]
            + self.habit[cell]
            + self._day[day + RETURN_DAYS, self._issue[cell]]
            + self._hour[self._channel[cell], hour]
            + REFUSED_BEFORE * refused_before
        )
