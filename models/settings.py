"""Every parameter of the core with its default; validated where it is made.

The reference file `deploy/touchpoint.toml` documents each; a test holds the two equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final, Literal
from zoneinfo import ZoneInfo

from models.errors import ConfigError, require
from models.handling import CODED_FACTS, NUMERIC_FACTS

SECOND: Final = 1_000_000
"""Microseconds: the unit of every time in the core."""
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR

Kind = Literal["binary", "duration", "score"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number or flag of a handling that is watched.

    `binary`: `fact` is a word; 1 where it is in `one`, 0 where it is in `zero`, otherwise the row says
    nothing. `duration`: the logarithm of a positive number of seconds. `score`: a number in 0..1.
    """

    name: str
    kind: Kind
    fact: str
    one: tuple[str, ...] = ()
    zero: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold the definition against the contract's words."""
        key = f"measures.{self.name}"
        require(self.name.replace("_", "").isalnum(), key, "a name of letters, digits and _ is needed")
        if self.kind != "binary":
            require(self.fact in NUMERIC_FACTS, f"{key}.fact", f"one of {', '.join(NUMERIC_FACTS)} is needed")
            require(
                not self.one and not self.zero,
                key,
                f"one and zero belong to a binary measure, not to {self.kind}",
            )
            return
        require(self.fact in CODED_FACTS, f"{key}.fact", f"one of {', '.join(CODED_FACTS)} is needed")
        words = CODED_FACTS[self.fact]
        for word in (*self.one, *self.zero):
            require(word in words, key, f"{word!r} is no value of {self.fact}: {', '.join(words)}")
        require(bool(self.one) and bool(self.zero), key, "both one and zero need at least one word")
        require(not set(self.one) & set(self.zero), key, "a word cannot count as one and as zero")


MEASURES: Final = (
    Measure(
        "refused", "binary", "outcome",
        one=("refused",),
        zero=("resolved", "resolved_partial", "workaround", "escalated", "unresolved"),
    ),
    Measure("goal_attained", "binary", "goal_attained", one=("yes",), zero=("partly", "no")),
    Measure("sla_missed", "binary", "sla_met", one=("false",), zero=("true",)),
    Measure("log_handle_time", "duration", "handle_time_s"),
    Measure("survey", "score", "survey"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """The zone whose midnights end the steps."""

    timezone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse a zone that this machine does not know."""
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ConfigError(
                "calendar.timezone",
                f"no zone {self.timezone!r} is known here; write one such as Europe/Brussels",
            ) from None


@dataclass(frozen=True, slots=True)
class TimeSettings:
    """Panes and the event-time clock (rules 5 to 7 of the design)."""

    pane_s: int = 3_600
    lateness_s: int = 900
    correction_horizon_days: int = 7
    valve_rows: int = 5_000_000
    clock: Literal["wall", "event"] = "wall"

    def __post_init__(self) -> None:
        """Refuse panes that do not tile a day."""
        require(self.pane_s > 0 and 86_400 % self.pane_s == 0, "time.pane_s", "must divide a day (86400)")
        require(self.lateness_s >= 0, "time.lateness_s", "must not be negative")
        require(self.correction_horizon_days >= 1, "time.correction_horizon_days", "must be at least 1")
        require(self.valve_rows >= 1, "time.valve_rows", "must be at least 1")


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """How long a case may be quiet before its next contact counts as a first one."""

    horizon_days: int = 14

    def __post_init__(self) -> None:
        """Refuse a horizon of nothing."""
        require(self.horizon_days >= 1, "cases.horizon_days", "must be at least 1")


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Rolling windows in days, ascending; verdicts are reached on the last one."""

    days: tuple[int, ...] = (1, 7, 28)

    def __post_init__(self) -> None:
        """Refuse an order in which the last is not the longest."""
        ascending = list(self.days) == sorted(set(self.days))
        require(
            bool(self.days) and ascending and self.days[0] >= 1,
            "windows.days",
            "must be whole days, ascending",
        )


@dataclass(frozen=True, slots=True)
class ExpectationSettings:
    """The case-mix adjustment (`models.expectation`)."""

    half_life_days: float = 21.0
    shrinkage: float = 12.0
    band_hours: int = 6

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        require(self.half_life_days > 0, "expectation.half_life_days", "must be positive")
        require(self.shrinkage > 0, "expectation.shrinkage", "must be positive")
        require(
            self.band_hours >= 1 and 24 % self.band_hours == 0, "expectation.band_hours", "must divide 24"
        )


@dataclass(frozen=True, slots=True)
class SpreadSettings:
    """When employees of a stratum differ more than anybody would shrug at (`models.detectors.spread`)."""

    tolerance_binary: float = 0.20
    tolerance_duration: float = log(1.2)
    tolerance_score: float = 0.05
    employees_min: int = 8
    q: float = 0.02
    off_p: float = 0.05

    def __post_init__(self) -> None:
        """Refuse probabilities outside 0..1 and negative tolerances."""
        for kind in ("binary", "duration", "score"):
            tolerance = getattr(self, f"tolerance_{kind}")
            require(tolerance >= 0, f"detectors.spread.tolerance_{kind}", "must not be negative")
        require(self.employees_min >= 2, "detectors.spread.employees_min", "must be at least 2")
        require(0 < self.q < 1, "detectors.spread.q", "must lie between 0 and 1")
        require(self.q <= self.off_p < 1, "detectors.spread.off_p", "must lie between q and 1")


@dataclass(frozen=True, slots=True)
class FunnelSettings:
    """When an employee differs from peers by more than peers differ (`models.detectors.funnel`)."""

    information_min: float = 4.0
    handlings_min: int = 20
    employees_min: int = 10
    q: float = 0.02
    off_p: float = 0.02

    def __post_init__(self) -> None:
        """Refuse probabilities outside 0..1 and evidence below nothing."""
        require(self.information_min > 0, "detectors.funnel.information_min", "must be positive")
        require(self.handlings_min >= 2, "detectors.funnel.handlings_min", "must be at least 2")
        require(self.employees_min >= 2, "detectors.funnel.employees_min", "must be at least 2")
        require(0 < self.q < 1, "detectors.funnel.q", "must lie between 0 and 1")
        require(self.q <= self.off_p < 1, "detectors.funnel.off_p", "must lie between q and 1")


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """One table a detector."""

    spread: SpreadSettings = field(default_factory=SpreadSettings)
    funnel: FunnelSettings = field(default_factory=FunnelSettings)


@dataclass(frozen=True, slots=True)
class VerdictSettings:
    """When a finding becomes an alert."""

    persistence: int = 3
    warm_up_days: int = 14

    def __post_init__(self) -> None:
        """Refuse a persistence of nothing."""
        require(self.persistence >= 1, "verdicts.persistence", "must be at least 1")
        require(self.warm_up_days >= 0, "verdicts.warm_up_days", "must not be negative")


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bounds on what upstream can make the state hold."""

    issue_types: int = 256
    employees: int = 100_000

    def __post_init__(self) -> None:
        """Refuse bounds that the codes cannot hold."""
        require(1 <= self.issue_types <= 2_000, "limits.issue_types", "must lie in 1..2000")
        require(self.employees >= 1, "limits.employees", "must be at least 1")


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """All that the fold over the ledger depends on besides the ledger itself."""

    calendar: CalendarSettings = field(default_factory=CalendarSettings)
    time: TimeSettings = field(default_factory=TimeSettings)
    cases: CaseSettings = field(default_factory=CaseSettings)
    windows: WindowSettings = field(default_factory=WindowSettings)
    measures: tuple[Measure, ...] = MEASURES
    expectation: ExpectationSettings = field(default_factory=ExpectationSettings)
    detectors: DetectorSettings = field(default_factory=DetectorSettings)
    verdicts: VerdictSettings = field(default_factory=VerdictSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)

    def __post_init__(self) -> None:
        """Refuse two measures of one name."""
        names = [measure.name for measure in self.measures]
        require(bool(names), "measures", "at least one measure is needed")
        require(len(set(names)) == len(names), "measures", "two measures have the same name")


def facts_of(measures: Sequence[Measure]) -> tuple[str, ...]:
    """Return the facts that these measures read, each once, in order of first use."""
    return tuple(dict.fromkeys(measure.fact for measure in measures))
