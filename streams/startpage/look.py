"""What one rendering looks at: a measure, the longest window, and the alerts that stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Final

from models.settings import Kind, Measure
from models.snapshot import EmployeeFigures, Snapshot, Spreads, StratumFigures
from models.verdicts import Alert

Figures = Spreads | StratumFigures | EmployeeFigures

_LIMITED: Final[Mapping[Kind, str]] = {
    "binary": "detectors.spread.tolerance_binary",
    "duration": "detectors.spread.tolerance_duration",
    "score": "detectors.spread.tolerance_score",
}


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A snapshot, seen for one measure.

    Attributes
    ----------
    window : str
        The longest, on which verdicts are reached; empty while nothing has been counted.
    standing : tuple of Alert
        Of all measures.
    """

    snapshot: Snapshot
    measure: Measure
    measures: tuple[Measure, ...]
    window: str
    standing: tuple[Alert, ...]
    thresholds: Mapping[str, float]

    @property
    def tolerance(self) -> float | None:
        """How far two typical employees of a stratum may lie apart, as tau."""
        return self.thresholds.get(_LIMITED[self.measure.kind])

    @property
    def employees_min(self) -> int:
        """With fewer employees a stratum is not judged."""
        return int(self.thresholds.get("detectors.spread.employees_min", 0))

    @property
    def over(self) -> str:
        """The window in words."""
        days = self.window.removesuffix("d")
        return f"the last {days} days" if days.isdecimal() and days != "1" else f"the window {self.window}"

    def alerting_employees(self) -> dict[str, Alert]:
        """Return the alerts that stand for employees and the measure, by name."""
        of = (alert for alert in self.standing if alert.measure == self.measure.name)
        return {alert.employee: alert for alert in of if alert.employee is not None}


def look(
    snapshot: Snapshot, measures: Sequence[Measure], asked: str | None, thresholds: Mapping[str, float]
) -> Look:
    """Return what is looked at: without a known measure that of the weightiest alert, else the first."""
    standing = tuple(sorted((one for one in snapshot.alerts if one.until is None), key=_weight))
    by_name = {measure.name: measure for measure in measures}
    named = (asked, *(alert.measure for alert in standing))
    measure = next((by_name[name] for name in named if name in by_name), measures[0])
    window = snapshot.by_channel[-1].window if snapshot.by_channel else ""
    return Look(snapshot, measure, tuple(measures), window, standing, thresholds)


def of_window(figures: Sequence[Spreads], measure: str, window: str) -> Spreads | None:
    """Return the means of a measure in a window."""
    return next((one for one in figures if (one.measure, one.window) == (measure, window)), None)


def figure(alert: Alert, name: str) -> float:
    """Return a number of an alert's evidence, NaN where it holds none."""
    return dict(alert.evidence).get(name, float("nan"))


def _weight(alert: Alert) -> tuple[bool, bool, float, str]:
    """Order alerts: severe before others, groups before persons, then by how far beyond chance."""
    z = figure(alert, "z")
    return alert.severity == "warning", alert.employee is not None, -abs(z) if isfinite(z) else inf, alert.id
