"""Settings: what cannot be right is refused where it is made, with the key and what to write."""

from collections.abc import Callable
from dataclasses import replace
from math import log

import pytest

from models.errors import ConfigError
from models.settings import (
    MEASURES,
    CalendarSettings,
    CaseSettings,
    ExpectationSettings,
    FunnelSettings,
    JudgeSettings,
    LimitSettings,
    Measure,
    SpreadSettings,
    TimeSettings,
    VerdictSettings,
    WindowSettings,
    facts_of,
)

REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("calendar.timezone", lambda: CalendarSettings("Europe/Bruxelles")),
    ("calendar.timezone", lambda: CalendarSettings("../etc/passwd")),
    ("calendar.timezone", lambda: CalendarSettings("")),
    ("time.pane_s", lambda: TimeSettings(pane_s=0)),
    ("time.pane_s", lambda: TimeSettings(pane_s=7_000)),
    ("time.lateness_s", lambda: TimeSettings(lateness_s=-1)),
    ("time.correction_horizon_days", lambda: TimeSettings(correction_horizon_days=0)),
    ("time.valve_rows", lambda: TimeSettings(valve_rows=0)),
    ("cases.horizon_days", lambda: CaseSettings(horizon_days=0)),
    ("windows.days", lambda: WindowSettings(days=())),
    ("windows.days", lambda: WindowSettings(days=(7, 1))),
    ("windows.days", lambda: WindowSettings(days=(7, 7))),
    ("windows.days", lambda: WindowSettings(days=(0, 7))),
    ("expectation.half_life_days", lambda: ExpectationSettings(half_life_days=0)),
    ("expectation.shrinkage", lambda: ExpectationSettings(shrinkage=0)),
    ("expectation.band_hours", lambda: ExpectationSettings(band_hours=5)),
    ("detectors.spread.tolerance_score", lambda: SpreadSettings(tolerance_score=-0.1)),
    ("detectors.spread.employees_min", lambda: SpreadSettings(employees_min=1)),
    ("detectors.spread.q", lambda: SpreadSettings(q=0)),
    ("detectors.spread.off_p", lambda: SpreadSettings(off_p=1)),
    ("detectors.funnel.information_min", lambda: FunnelSettings(information_min=0)),
    ("detectors.funnel.handlings_min", lambda: FunnelSettings(handlings_min=1)),
    ("detectors.funnel.employees_min", lambda: FunnelSettings(employees_min=1)),
    ("detectors.funnel.q", lambda: FunnelSettings(q=1)),
    ("detectors.funnel.off_p", lambda: FunnelSettings(off_p=0)),
    ("detectors.funnel.off_p", lambda: FunnelSettings(q=0.05, off_p=0.02)),  # would end as it is raised
    ("detectors.spread.off_p", lambda: SpreadSettings(q=0.06)),
    ("verdicts.persistence", lambda: VerdictSettings(persistence=0)),
    ("verdicts.warm_up_days", lambda: VerdictSettings(warm_up_days=-1)),
    ("limits.issue_types", lambda: LimitSettings(issue_types=0)),
    ("limits.issue_types", lambda: LimitSettings(issue_types=2_001)),
    ("limits.employees", lambda: LimitSettings(employees=0)),
    ("measures", lambda: JudgeSettings(measures=())),
    ("measures", lambda: JudgeSettings(measures=(MEASURES[0], replace(MEASURES[1], name="refused")))),
    ("measures.a b", lambda: Measure("a b", "score", "survey")),
    ("measures.m.fact", lambda: Measure("m", "score", "outcome")),
    ("measures.m.fact", lambda: Measure("m", "binary", "survey", ("yes",), ("no",))),
    ("measures.m", lambda: Measure("m", "duration", "handle_time_s", one=("yes",))),
    ("measures.m", lambda: Measure("m", "binary", "goal_attained", one=("yes",))),
    ("measures.m", lambda: Measure("m", "binary", "goal_attained", ("yes",), ("never",))),
    ("measures.m", lambda: Measure("m", "binary", "goal_attained", ("yes",), ("yes", "no"))),
]


@pytest.mark.parametrize(("key", "make"), REFUSED)
def test_what_cannot_be_right_is_refused_by_key(key: str, make: Callable[[], object]) -> None:
    """The error names the key as it stands in the file, and says what is needed."""
    with pytest.raises(ConfigError) as refused:
        make()
    assert refused.value.key == key
    assert str(refused.value).startswith(f"{key}: ")
    assert refused.value.problem


def test_the_defaults_are_those_of_the_design() -> None:
    """Section 6 of the design, number by number."""
    settings = JudgeSettings()
    assert settings.calendar.timezone == "UTC"
    assert settings.time == TimeSettings(3_600, 900, 7, 5_000_000, "wall")
    assert settings.cases.horizon_days == 14
    assert settings.windows.days == (1, 7, 28)
    assert settings.expectation == ExpectationSettings(half_life_days=21, shrinkage=12, band_hours=6)
    assert settings.detectors.spread == SpreadSettings(0.20, log(1.2), 0.05, 8, 0.02, 0.05)
    assert settings.detectors.funnel == FunnelSettings(4.0, 20, 10, 0.02, 0.02)
    assert settings.verdicts == VerdictSettings(persistence=3, warm_up_days=14)
    assert settings.limits.issue_types == 256
    assert [measure.name for measure in settings.measures] == [
        "refused", "goal_attained", "sla_missed", "log_handle_time", "survey",
    ]  # fmt: skip


def test_each_fact_is_read_once() -> None:
    """Two measures of one fact need one column."""
    twice = (*MEASURES, replace(MEASURES[0], name="refused_again"))
    assert facts_of(twice) == ("outcome", "goal_attained", "sla_met", "handle_time_s", "survey")
