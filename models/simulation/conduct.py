"""How handlings in a simulated centre turn out: the probabilities behind its facts.

The shares are plausible, not measured anywhere. What matters to a test is the refusal: among the
outcomes that say something about it, it is a Bernoulli draw with the log odds that were asked for.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS, FLAGS, GOALS, NO_CODE, OUTCOMES
from models.simulation.scenario import SimulationSettings
from models.simulation.seeds import Purpose, generator
from models.simulation.workforce import Workforce, rush_by_hour

_SILENT: Final = {
    "transferred": 0.05, "pending": 0.03, "abandoned": 0.02,
    "no_action": 0.01, "unknown": 0.008, "duplicate": 0.002,
}  # fmt: skip
_NOT_REFUSED: Final = {
    "resolved": 0.70, "resolved_partial": 0.10, "workaround": 0.07, "escalated": 0.07, "unresolved": 0.06,
}  # fmt: skip
SPEAKING_SHARE: Final = 1.0 - sum(_SILENT.values())
"""Share of outcomes that tell whether the customer was refused."""

_RETURNS: Final = {
    "resolved": 0.10, "resolved_partial": 0.25, "refused": 0.55, "workaround": 0.20, "escalated": 0.45,
    "transferred": 0.70, "pending": 0.60, "unresolved": 0.55, "abandoned": 0.50,
}  # fmt: skip
"""Chance that the customer comes back on another day."""

_CONTENT: Final = {
    "resolved": 1.2, "resolved_partial": 0.2, "refused": -1.8, "workaround": 0.3, "escalated": -0.4,
    "transferred": -0.6, "unresolved": -1.5, "abandoned": -1.5,
}  # fmt: skip
_GOALS: Final = {
    "resolved": (0.86, 0.09, 0.05), "resolved_partial": (0.15, 0.75, 0.10), "refused": (0.04, 0.10, 0.86),
    "workaround": (0.45, 0.45, 0.10), "escalated": (0.20, 0.30, 0.50), "unresolved": (0.02, 0.13, 0.85),
}  # fmt: skip
"""Chances of yes, partly and no; with other outcomes the goal is unknown."""
_GOAL_STATED: Final = 0.75
_GOAL_UNKNOWN: Final = 0.05
_SLA_STATED: Final = 0.93
_SLA_MISSED: Final = -2.4
_SLA_RUSH: Final = 1.2
"""Log odds of missing it, and what the busiest hour adds."""
_SURVEY_STEPS: Final = np.array([-2.4, -1.2, -0.2, 1.2])
"""Contentment, in log odds, between the scores 1 to 5."""
_CONTENT_SLA: Final = 0.5
_ANSWERS: Final = np.array([1.6, 1.3, 0.7, 0.7, 1.0])
"""Who answers a survey, by the score given, relative to the share asked for."""

_PACE: Final = {"chat": 1.3, "messaging": 1.3, "email": 0.8}
_UNATTENDED_PACE: Final = 0.4
_HANDLE_TIME_SD: Final = 0.5
_ALIKE: Final = 40.0
"""Concentration of the Dirichlet draw of each issue type's outcomes; greater is more alike."""

REFUSED: Final = OUTCOMES.index("refused")


def _table(by_outcome: dict[str, float]) -> NDArray[np.float64]:
    return np.array([by_outcome.get(word, 0.0) for word in OUTCOMES])


RETURNS: Final = _table(_RETURNS)
_CONTENT_OF: Final = _table(_CONTENT)
_SILENT_CODES: Final = np.array([OUTCOMES.index(word) for word in _SILENT], np.int8)
_SILENT_CUMULATIVE: Final = np.cumsum(list(_SILENT.values()))
_NOT_REFUSED_CODES: Final = np.array([OUTCOMES.index(word) for word in _NOT_REFUSED], np.int8)
_GOAL_CUMULATIVE: Final = np.cumsum([_GOALS.get(word, (0.0, 0.0, 0.0)) for word in OUTCOMES], axis=1)


class Facts(NamedTuple):
    """Facts of n handlings, coded as in `models.handling`."""

    outcome: NDArray[np.int8]
    goal_attained: NDArray[np.int8]
    sla_met: NDArray[np.int8]
    handle_time_s: NDArray[np.float64]
    survey: NDArray[np.float64]


def expit(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability with these log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def logit(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds of a probability."""
    return np.asarray(np.log(rate / (1.0 - rate)))


def returning_shares(usual: float, after_refusal: float) -> tuple[float, float]:
    """Return how many come back after a first contact, and after a later one.

    Parameters
    ----------
    usual, after_refusal
        Log odds of a refusal of a first contact, and what a refusal before it adds.
    """
    first_rate, again = expit(np.array([usual, usual + after_refusal]))
    first = _returning(first_rate)
    after = SPEAKING_SHARE * first_rate * _RETURNS["refused"] / first
    return first, _returning(after * again + (1.0 - after) * first_rate)


def _returning(rate: float) -> float:
    others = sum(share * _RETURNS[word] for word, share in _NOT_REFUSED.items())
    silent = sum(share * _RETURNS.get(word, 0.0) for word, share in _SILENT.items())
    return float(silent + SPEAKING_SHARE * (rate * _RETURNS["refused"] + (1.0 - rate) * others))


class Conduct:
    """What handlings in each cell are like, besides the refusals.

    Issue types differ in how they end when they are not refused, and employees in their pace.
    """

    def __init__(self, settings: SimulationSettings, seed: int, workforce: Workforce) -> None:
        rng = generator(seed, Purpose.CONDUCT)
        issues = settings.issue_types
        concentration = _ALIKE * np.array(list(_NOT_REFUSED.values()))
        shares = rng.dirichlet(concentration, len(issues)).cumsum(axis=1)
        self._not_refused = shares[workforce.issue]
        human = workforce.employee >= 0
        pace = np.append(rng.normal(0.0, settings.tau0_handle_time, settings.employees), 0.0)
        minutes = np.array([issue.minutes for issue in issues])[workforce.issue]
        minutes = minutes * np.array([_PACE.get(name, 1.0) for name in CHANNELS])[workforce.channel]
        minutes = minutes * np.where(human, 1.0, _UNATTENDED_PACE)
        self._seconds = 60.0 * minutes * np.exp(pace[workforce.employee])
        self._survey_share = np.where(human, settings.survey_share, 0.0)
        self._human = human
        self._rush = rush_by_hour()

    def draw(
        self,
        rng: np.random.Generator,
        cell: NDArray[np.int64],
        hour: NDArray[np.int64],
        log_odds: NDArray[np.float64],
        discontent: NDArray[np.float64],
    ) -> Facts:
        """Draw the facts of n handlings.

        Parameters
        ----------
        cell, hour
            int64[n].
        log_odds
            float64[n], of a refusal where the outcome speaks.
        discontent
            float64[n], taken from the customer's contentment, in log odds.
        """
        n = len(cell)
        chance = rng.random((9, n))
        refused = chance[0] < expit(log_odds)
        other = _NOT_REFUSED_CODES[_pick(chance[1], self._not_refused[cell])]
        outcome = np.where(refused, np.int8(REFUSED), other)
        silent = chance[2] < _SILENT_CUMULATIVE[-1]
        outcome = np.where(silent, _SILENT_CODES[_pick(chance[2], _SILENT_CUMULATIVE)], outcome)

        goal = _pick(chance[3], _GOAL_CUMULATIVE[outcome], len(GOALS)).astype(np.int8)
        goal[chance[4] > 1.0 - _GOAL_UNKNOWN] = GOALS.index("unknown")
        goal[chance[4] < 1.0 - _GOAL_STATED] = NO_CODE

        missed = chance[5] < expit(_SLA_MISSED + _SLA_RUSH * self._rush[hour])
        sla = np.where(missed, np.int8(FLAGS.index("false")), np.int8(FLAGS.index("true")))
        sla[(chance[6] >= _SLA_STATED) | ~self._human[cell]] = NO_CODE

        spread = np.exp(rng.normal(0.0, _HANDLE_TIME_SD, n))
        handle_time_s = np.maximum(1.0, np.round(self._seconds[cell] * spread, 1))

        mood = logit(np.clip(chance[7], 1e-12, 1.0 - 1e-12))
        score = _pick(_CONTENT_OF[outcome] - _CONTENT_SLA * missed - discontent + mood, _SURVEY_STEPS, 5)
        answers = chance[8] < self._survey_share[cell] * _ANSWERS[score]
        return Facts(outcome, goal, sla, handle_time_s, np.where(answers, score / 4.0, np.nan))


def _pick(
    chance: NDArray[np.float64], cumulative: NDArray[np.float64], options: int | None = None
) -> NDArray[np.intp]:
    """Return how many of the steps `cumulative` ([k], or [n, k]) lie at or below each chance."""
    steps = np.atleast_2d(cumulative)
    place = np.zeros(len(chance), np.intp)
    for k in range(steps.shape[1]):
        place += chance >= steps[:, k]
    return np.minimum(place, (options or steps.shape[1]) - 1)
