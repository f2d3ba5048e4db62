"""What there is to find in a simulated centre, as JSON would hold it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS
from models.simulation.conduct import SPEAKING_SHARE, expit
from models.simulation.odds import RefusalOdds
from models.simulation.planting import Planted
from models.simulation.scenario import SimulationSettings
from models.simulation.workforce import Workforce

INFORMATION_DAYS: Final = 28


def truth(
    settings: SimulationSettings,
    seed: int,
    workforce: Workforce,
    odds: RefusalOdds,
    planted: Sequence[Planted],
    first_contacts: float,
) -> dict[str, object]:
    """Describe a centre.

    `inconsistencies` says what was planted where and since when; `strata` the refusals of each
    stratum. Contacts are first contacts with an employee a day, mean over a week. `information_28d` is
    the expected sum of p(1-p) over those of 28 days whose outcome speaks, at usual odds. `tau` is the
    standard deviation (ddof 1) between the log odds of the employees of a stratum: as the harmless
    spread has it, and with all that was planted; moods of the day are not in it.
    """
    contacts = first_contacts * workforce.contacts_per_day
    rate = odds.rate
    information = INFORMATION_DAYS * SPEAKING_SHARE * contacts * rate * (1.0 - rate)
    usual = odds.base + odds.habit
    added = np.zeros(len(usual))
    for what in planted:
        added += _standing(what, usual + added)
    return {
        "version": 1,
        "seed": seed,
        "settings": asdict(settings) | {"start": settings.start.isoformat()},
        "inconsistencies": [_place(settings, workforce, what, contacts, information) for what in planted],
        "strata": [
            {
                "channel": CHANNELS[channel],
                "issue_type": settings.issue_types[issue].name,
                "employees": int(np.count_nonzero(cells)),
                "contacts_per_day": float(contacts[cells].sum()),
                "refused_rate": float(np.average(expit(usual)[cells], weights=contacts[cells])),
                "information_28d": float(information[cells].sum()),
                "tau_harmless": _spread(odds.habit[cells]),
                "tau": _spread((odds.habit + added)[cells]),
            }
            for channel, issue, cells in _strata(workforce)
        ],
    }


def _standing(planted: Planted, natural: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[cells]: what is added for good once it has begun."""
    if planted.what.kind == "erratic":
        return np.zeros(len(natural))
    cell = np.arange(len(natural))
    return planted.log_odds(natural, cell, np.full(len(cell), planted.what.onset_day))


def _spread(log_odds: NDArray[np.float64]) -> float:
    return float(log_odds.std(ddof=1)) if len(log_odds) > 1 else 0.0


def _strata(workforce: Workforce) -> list[tuple[int, int, NDArray[np.bool_]]]:
    """Return channel, issue and cells of every stratum in which employees work."""
    human = workforce.employee >= 0
    found = sorted(set(zip(workforce.channel[human].tolist(), workforce.issue[human].tolist(), strict=True)))
    return [(c, k, human & (workforce.channel == c) & (workforce.issue == k)) for c, k in found]


def _place(
    settings: SimulationSettings,
    workforce: Workforce,
    planted: Planted,
    contacts: NDArray[np.float64],
    information: NDArray[np.float64],
) -> dict[str, object]:
    """Describe one inconsistency; names are null where it is not bound to one."""
    what, touched = planted.what, planted.sign != 0
    onset = settings.start + timedelta(days=what.onset_day)

    def names(sign: float) -> list[str]:
        return [workforce.names[i] for i in np.unique(workforce.employee[planted.sign == sign])]

    return {
        "kind": what.kind,
        "size": what.size,
        "onset_day": what.onset_day,
        "onset": f"{onset.isoformat()}T00:00:00Z",
        "employee": None if planted.employee < 0 else workforce.names[planted.employee],
        "channel": None if planted.channel < 0 else CHANNELS[planted.channel],
        "issue_type": None if planted.issue < 0 else settings.issue_types[planted.issue].name,
        "employees_refusing_more": names(1.0) if what.kind == "stratum" else [],
        "employees_refusing_less": names(-1.0) if what.kind == "stratum" else [],
        "strata": int(np.unique(np.stack([workforce.channel, workforce.issue])[:, touched], axis=1).shape[1]),
        "contacts_per_day": float(contacts[touched].sum()),
        "information_28d": float(information[touched].sum()),
    }
