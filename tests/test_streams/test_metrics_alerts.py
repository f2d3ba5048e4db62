"""The alert families: present while an alert stands, gone when it has ended, counted always."""

from collections import Counter
from dataclasses import replace
from math import exp

import pytest
from pages import KIND_OF, alert, judged, label_values, labels, series_on, shown, text_of, view_of

from models.verdicts import Alert
from streams.metrics.alerts import KINDS


def with_alerts(*alerts: Alert) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
    """Return the series of a page with these alerts only."""
    ended = Counter(one.kind for one in alerts if one.until is not None)
    return series_on(text_of(view_of(replace(judged(), alerts=alerts, alerts_ended=ended))))


EMPLOYEE = labels(
    kind="employee_outlier",
    severity="warning",
    employee="emp-7",
    channel="*",
    issue_type="*",
    measure="refused",
    alert_id="0123456789abcdef",
)


def test_a_standing_alert_says_who_where_how_sure_and_since_when() -> None:
    """Series with the same labels; `*` is what the alert does not single out."""
    series = with_alerts(alert(employee="emp-7", id="0123456789abcdef"))

    assert series["touchpoint_inconsistency_alert"] == {EMPLOYEE: 1}
    assert series["touchpoint_alert_score"] == {EMPLOYEE: 4.5}
    assert series["touchpoint_alert_evidence_outcomes"] == {EMPLOYEE: 120}
    assert series["touchpoint_alert_q_value_ratio"] == {EMPLOYEE: 0.001}
    assert series["touchpoint_alert_started_timestamp_seconds"] == {EMPLOYEE: 1_704_067_200}


def test_an_alert_on_a_stratum_names_channel_and_issue() -> None:
    """The alerts of the simulated centre are on the page as they stand in the snapshot."""
    standing = [one for one in judged().alerts if one.until is None]

    assert shown()["touchpoint_inconsistency_alert"] == {
        labels(
            kind=one.kind,
            severity=one.severity,
            employee=one.employee or "*",
            channel=one.channel or "*",
            issue_type=one.issue_type or "*",
            measure=one.measure,
            alert_id=one.id,
        ): 1
        for one in standing
    }
    assert {one.kind for one in standing} == set(KINDS)


def test_an_ended_alert_is_counted_and_gone() -> None:
    """Its series leave the page; how many were raised and have ended stays."""
    series = with_alerts(alert(employee="emp-7", until=1_705_000_000_000_000))

    assert "touchpoint_inconsistency_alert" not in series
    assert "touchpoint_alert_score" not in series
    assert series["touchpoint_alerts_ended_total"][labels(kind="employee_outlier")] == 1
    assert series["touchpoint_alerts_raised_total"][labels(kind="employee_outlier")] == 1


def test_an_alert_that_stands_was_raised() -> None:
    """Raised is what stands and what has ended; an end changes nothing about it."""
    ended, standing = alert(id="a", until=1_705_000_000_000_000), alert(id="b", measure="survey")
    raised = with_alerts(ended, standing)["touchpoint_alerts_raised_total"]

    assert raised == {labels(kind="employee_outlier"): 2, labels(kind="stratum_split"): 0}


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_are_there_before_the_first_alert(kind: str) -> None:
    """Each kind has its counts on a page without any alert."""
    series = with_alerts()

    assert series["touchpoint_alerts_active"][labels(kind=kind, severity="warning")] == 0
    assert series["touchpoint_alerts_ended_total"][labels(kind=kind)] == 0
    assert series["touchpoint_alerts_raised_total"][labels(kind=kind)] == 0


def test_active_alerts_are_counted_by_kind() -> None:
    """Alerts of one kind on two measures are two."""
    series = with_alerts(alert(employee="emp-7"), alert(employee="emp-7", measure="survey"))

    active = series["touchpoint_alerts_active"]
    assert active[labels(kind="employee_outlier", severity="warning")] == 2
    assert active[labels(kind="stratum_split", severity="warning")] == 0


def test_evidence_that_cannot_be_told_is_left_out() -> None:
    """An alert with a NaN in its evidence stands without that figure."""
    evidence = (("z", float("nan")), ("q", 0.001))
    series = with_alerts(alert(employee="emp-7", id="0123456789abcdef", evidence=evidence))

    assert series["touchpoint_inconsistency_alert"] == {EMPLOYEE: 1}
    assert series["touchpoint_alert_q_value_ratio"] == {EMPLOYEE: 0.001}
    assert "touchpoint_alert_score" not in series
    assert "touchpoint_alert_evidence_outcomes" not in series
    assert "touchpoint_alert_effect_factor" not in series
    assert "touchpoint_alert_employees" not in series


def effects_of(measure: str, **evidence: float) -> dict[str, float]:
    """Return what the page says of the size of an alert with this evidence, by what follows its prefix."""
    series = with_alerts(alert(measure=measure, evidence=tuple(evidence.items())))
    return {
        what: value
        for what in ("effect_factor", "effect_score", "employees")
        for value in series.get(f"touchpoint_alert_{what}", {}).values()
    }


@pytest.mark.parametrize("measure", ["refused", "log_handle_time"])
def test_effects_on_logarithms_are_factors(measure: str) -> None:
    """Between two typical employees of a stratum, or an employee and peers; below 1 for who has less."""
    split, outlier = effects_of(measure, tau=0.8, employees=12), effects_of(measure, effect=-0.5, peers=59)

    assert split == {"effect_factor": exp(0.8), "employees": 12}
    assert outlier == {"effect_factor": exp(-0.5), "employees": 60}


def test_effects_on_scores_are_differences() -> None:
    """A ratio of scores would depend on where their zero lies."""
    assert effects_of("survey", tau=0.12, employees=12) == {"effect_score": 0.12, "employees": 12}
    assert effects_of("survey", effect=-0.2, peers=59) == {"effect_score": -0.2, "employees": 60}


def test_every_detector_tells_effect_and_employees() -> None:
    """Each alert of the simulated centre has one effect and says how many were compared."""
    standing = [one for one in judged().alerts if one.until is None]
    page = shown()
    told = page["touchpoint_alert_effect_factor"] | page.get("touchpoint_alert_effect_score", {})

    assert {KIND_OF[one.measure] for one in standing} <= {"binary", "duration", "score"}
    assert label_values(told, "alert_id") == {one.id for one in standing}
    assert label_values(page["touchpoint_alert_employees"], "alert_id") == {one.id for one in standing}
    assert all(2 <= employees <= 60 for employees in page["touchpoint_alert_employees"].values())
