"""PromQL as the boards write it: what is selected, and quantities that several panels show.

Verdicts and counts are exported by the worker that judges, and by two of them for a moment when it changes
hands: `max by` takes them as one.
"""

from typing import Final, NamedTuple

_JOB: Final = 'job=~"$job"'
CELL: Final = "channel, issue_type"
OF_CELL: Final = 'channel=~"$channel", issue_type=~"$issue_type", measure="$measure", window="$window"'

SPREAD: Final = "touchpoint_between_employee_variance"
"""tau2: the square of log odds, of log times, of a score."""


class Query(NamedTuple):
    """One query of a panel.

    Attributes
    ----------
    expr : str
    legend : str
        How its series are called; what a column is called.
    colour : str
        Of all its series; "" leaves it to the panel.
    limit : bool
        Whether it is drawn as a limit: dashed, and not filled.
    """

    expr: str
    legend: str
    colour: str = ""
    limit: bool = False


def of(metric: str, *matchers: str) -> str:
    """Return a selector of the boards' job."""
    return f"{metric}{{{', '.join((_JOB, *matchers))}}}"


def shown(by: str, metric: str, *matchers: str) -> str:
    """Return a figure of the judge by labels, whoever exports it."""
    return f"max by ({by}) ({of(metric, *matchers)})"


def one(metric: str, *matchers: str) -> str:
    """Return a figure of the judge that has no labels."""
    return f"max({of(metric, *matchers)})"


def threshold(name: str) -> str:
    """Return a threshold in force."""
    return one("touchpoint_config_threshold", f'name="{name}"')


def per_second(by: str, metric: str, *matchers: str) -> str:
    """Return how fast a counter grows."""
    return f"sum by ({by}) (rate({of(metric, *matchers)}[$__rate_interval]))"


def level(by: str, *matchers: str, of_level: str = "stratum") -> str:
    """Return the mean of an outcome or a score: both are shares of 0 to 1."""
    outcome, score = (
        shown(by, f"touchpoint_{of_level}_{kind}_ratio", *matchers) for kind in ("outcome", "score")
    )
    return f"({outcome} or {score})"


def variance(by: str, *matchers: str) -> str:
    """Return the variance of an outcome or a score within a stratum."""
    outcome, score = (
        shown(by, f"touchpoint_stratum_{kind}_variance", *matchers) for kind in ("outcome", "score")
    )
    return f"({outcome} or {score})"


def judged(by: str, metric: str, *matchers: str) -> str:
    """Return a figure of strata with as many employees as a verdict needs: with two all is chance."""
    employees = shown(by, "touchpoint_stratum_employees", *matchers)
    least = threshold("detectors.spread.employees_min")
    return f"({shown(by, metric, *matchers)} and {employees} >= scalar({least}))"


def odds_factor(by: str, *matchers: str) -> str:
    """Return by what factor the odds (of an outcome) or times differ between two typical employees."""
    return f"exp(sqrt({judged(by, SPREAD, *matchers)}))"


def times_tolerated(by: str, *matchers: str) -> str:
    """Return the spread between employees over what is tolerated: 1 is the most that is.

    tau is measured in log odds, in log times or in points of a score, each with a tolerance of its own; which
    it is shows in the family that has the mean.
    """
    parts = []
    for family, kind in (
        ("outcome_ratio", "binary"),
        ("duration_geometric_mean_seconds", "duration"),
        ("score_ratio", "score"),
    ):
        tau = f"sqrt({judged(by, SPREAD, *matchers)})"
        exists = shown(by, f"touchpoint_stratum_{family}", *matchers)
        parts.append(f"{tau} / scalar({threshold(f'detectors.spread.tolerance_{kind}')}) and {exists}")
    return f"({' or '.join(parts)})"
