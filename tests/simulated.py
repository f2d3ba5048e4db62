"""The demo's contact centre, simulated, and how to look at it."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS, OUTCOMES
from models.settings import MEASURES
from models.simulation import Centre, Day, SimulationSettings, inconsistencies

DAYS = 70
ONSET = 10
_REFUSED = next(measure for measure in MEASURES if measure.name == "refused")


@cache
def centre(name: str = "none", seed: int = 1) -> Centre:
    """Return a centre of 60 employees and 70 days with something planted from day 10 on."""
    planted = inconsistencies(name, onset_day=ONSET)
    return Centre(SimulationSettings(days=DAYS, inconsistencies=planted), seed)


@cache
def days(name: str = "none", seed: int = 1) -> tuple[Day, ...]:
    """Return all its days."""
    return tuple(centre(name, seed).days())


def truth_of(simulated: Centre) -> Any:
    """Return the truth, untyped as JSON is."""
    return simulated.truth()


def events_of(day: Day) -> list[dict[str, Any]]:
    """Return a day's events, untyped as JSON is."""
    return list(day.events())


def column(simulated: tuple[Day, ...], name: str) -> NDArray[Any]:
    """Return a column of all days: of the truth, of the handlings, or a fact."""

    def of(day: Day) -> NDArray[Any]:
        if name in day.handlings.facts:
            return day.handlings.facts[name]
        return np.asarray(getattr(day if hasattr(day, name) else day.handlings, name))

    return np.concatenate([of(day) for day in simulated])


def speaks(simulated: tuple[Day, ...]) -> NDArray[np.bool_]:
    words = (*_REFUSED.one, *_REFUSED.zero)
    return np.isin(column(simulated, "outcome"), [OUTCOMES.index(word) for word in words])


def refused(simulated: tuple[Day, ...]) -> NDArray[np.bool_]:
    return np.asarray(column(simulated, "outcome") == OUTCOMES.index("refused"))


def expit(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def after_onset(simulated: tuple[Day, ...]) -> NDArray[np.bool_]:
    return np.asarray(column(simulated, "time") >= simulated[ONSET].start)


def of_planted(name: str, seed: int = 1) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """Return what was planted and which handlings it can touch."""
    simulated, planted = days(name, seed), truth_of(centre(name, seed))["inconsistencies"][0]
    rows = simulated[0].handlings
    touched = column(simulated, "employee") >= 0
    if planted["employee"]:
        touched &= column(simulated, "employee") == rows.employees.index(planted["employee"])
    if planted["channel"]:
        touched &= column(simulated, "channel") == CHANNELS.index(planted["channel"])
    if planted["issue_type"]:
        touched &= column(simulated, "issue") == rows.issues.index(planted["issue_type"])
    return planted, touched
