"""The alert families: present while an alert stands, gone when it has ended, counted always."""

from collections import Counter
from dataclasses import replace

import pytest
from pages import alert, judged, labels, series_on, shown, text_of, view_of

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
)


def test_a_standing_alert_says_who_where_how_sure_and_since_when() -> None:
    """Five series with the same labels; `*` is what the alert does not single out."""
    series = with_alerts(alert(employee="emp-7"))

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
        ): 1
        for one in standing
    }
    assert {one.kind for one in standing} == set(KINDS)


def test_an_ended_alert_is_counted_and_gone() -> None:
    """Its series leave the page; how many have ended stays."""
    series = with_alerts(alert(employee="emp-7", until=1_705_000_000_000_000))

    assert "touchpoint_inconsistency_alert" not in series
    assert "touchpoint_alert_score" not in series
    assert series["touchpoint_alerts_ended_total"][labels(kind="employee_outlier")] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_are_there_before_the_first_alert(kind: str) -> None:
    """Each kind has its counts on a page without any alert."""
    series = with_alerts()

    assert series["touchpoint_alerts_active"][labels(kind=kind, severity="warning")] == 0
    assert series["touchpoint_alerts_ended_total"][labels(kind=kind)] == 0


def test_active_alerts_are_counted_by_kind() -> None:
    """Alerts of one kind on two measures are two."""
    series = with_alerts(alert(employee="emp-7"), alert(employee="emp-7", measure="survey"))

    active = series["touchpoint_alerts_active"]
    assert active[labels(kind="employee_outlier", severity="warning")] == 2
    assert active[labels(kind="stratum_split", severity="warning")] == 0


def test_evidence_that_cannot_be_told_is_left_out() -> None:
    """An alert with a NaN in its evidence stands without that figure."""
    series = with_alerts(alert(employee="emp-7", evidence=(("z", float("nan")), ("q", 0.001))))

    assert series["touchpoint_inconsistency_alert"] == {EMPLOYEE: 1}
    assert series["touchpoint_alert_q_value_ratio"] == {EMPLOYEE: 0.001}
    assert "touchpoint_alert_score" not in series
    assert "touchpoint_alert_evidence_outcomes" not in series
