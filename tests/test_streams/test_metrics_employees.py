"""Employees by name: the few that matter now, and never one that no longer does."""

from dataclasses import replace
from math import exp

from pages import (
    KIND_OF,
    MEASURE_NAMES,
    alert,
    crowd,
    judged,
    label_values,
    labels,
    page_of,
    series_on,
    shown,
    text_of,
    view_of,
    with_z,
)

from models.snapshot import Snapshot
from streams.metrics.employees import BOUNDS


def named(snapshot: Snapshot, top: int) -> set[str]:
    """Return who is on the page by name."""
    series = series_on(text_of(view_of(snapshot), top_employees=top))
    return label_values(series.get("touchpoint_employee_handlings", {}), "employee")


def test_those_furthest_from_peers_are_shown() -> None:
    """The largest |z| of any measure counts, whatever its sign."""
    snapshot = with_z(crowd(4), refused=[0.1, -5.0, 2.0, 1.0], survey=[0.1, 0.0, 0.0, 4.0])

    assert named(snapshot, 2) == {"emp-00001", "emp-00003"}


def test_an_employee_is_shown_for_all_measures_or_for_none() -> None:
    """Who stands out in one measure can be looked at in every other."""
    snapshot = with_z(crowd(4), refused=[0.1, -5.0, 2.0, 1.0])

    handlings = series_on(text_of(view_of(snapshot), top_employees=1))["touchpoint_employee_handlings"]

    assert set(handlings) == {labels(employee="emp-00001", measure=measure) for measure in MEASURE_NAMES}


def test_those_who_could_not_be_judged_come_last_and_ties_go_by_name() -> None:
    """A z that is NaN is behind every number; equal ones are in order of name."""
    snapshot = with_z(crowd(4), refused=[float("nan"), 1.0, 0.0, 1.0])

    assert named(snapshot, 1) == {"emp-00001"}
    assert named(snapshot, 3) == {"emp-00001", "emp-00002", "emp-00003"}


def test_everyone_alerting_is_shown_besides() -> None:
    """An alert can be looked into even if it is not among the furthest."""
    snapshot = replace(crowd(9), alerts=(alert(employee="emp-00001"),))

    assert named(snapshot, 2) == {"emp-00001", "emp-00007", "emp-00008"}


def test_an_employee_whose_alert_has_ended_vanishes() -> None:
    """The page after the end of an alert has no series of that employee left."""
    standing = alert(employee="emp-00001")
    snapshot = replace(crowd(9), alerts=(standing,))
    page = page_of(view_of(snapshot), top_employees=2)
    assert b"emp-00001" in page.get("", "").body

    ended = replace(standing, until=standing.since + 1)
    page.update(view_of(replace(snapshot, alerts=(ended,), steps=snapshot.steps + 1)))

    assert b"emp-00001" not in page.get("", "").body


def test_an_employee_who_leaves_the_top_vanishes() -> None:
    """Nobody stays on the page with an old figure."""
    snapshot = with_z(crowd(3), refused=[3.0, 2.0, 1.0])
    page = page_of(view_of(snapshot), top_employees=1)
    assert b"emp-00000" in page.get("", "").body

    later = with_z(snapshot, refused=[0.5, 2.0, 1.0])
    page.update(view_of(replace(later, steps=snapshot.steps + 1)))

    assert b"emp-00000" not in page.get("", "").body


def test_nobody_is_shown_by_name_where_none_are_asked_for() -> None:
    """With `top_employees = 0` only those alerting have a name on the page."""
    snapshot = replace(crowd(9), alerts=(alert(employee="emp-00001"),))

    assert named(snapshot, 0) == {"emp-00001"}


def test_figures_equal_the_snapshots() -> None:
    """z, evidence, what was observed and what peers would have had, mean and variance, in units."""
    snapshot, series = judged(), shown()
    compared = 0
    for found in snapshot.employees_found:
        if found.window != "28d":
            continue
        unit, power = {
            "binary": ("outcome_ratio", float),
            "score": ("score_ratio", float),
            "duration": ("duration_geometric_mean_seconds", exp),
        }[KIND_OF[found.measure]]
        for employee, name in enumerate(snapshot.employees):
            where = labels(employee=name, measure=found.measure)
            if where not in series["touchpoint_employee_handlings"]:
                continue
            compared += 1
            contacts = int(found.first_contacts[employee])
            assert series["touchpoint_employee_handlings"][where] == found.handlings[employee]
            assert series["touchpoint_employee_first_contacts"][where] == contacts
            assert series["touchpoint_employee_z_score"][where] == found.z[employee]
            observed = power(float(found.observed[employee]) / contacts)
            expected = power(float(found.expected[employee]) / contacts)
            assert series[f"touchpoint_employee_observed_{unit}"][where] == observed
            assert series[f"touchpoint_employee_expected_{unit}"][where] == expected
            assert series[f"touchpoint_employee_{unit}"][where] == power(float(found.mean[employee]))
    assert compared == 50 * len(MEASURE_NAMES)


def test_the_planted_employee_stands_out_on_the_page() -> None:
    """Where peers would refuse a fifth, the planted one refuses half."""
    [accused] = {alert.employee for alert in judged().alerts if alert.employee is not None}
    where = labels(employee=str(accused), measure="refused")

    assert shown()["touchpoint_employee_observed_outcome_ratio"][where] > 0.4
    assert shown()["touchpoint_employee_expected_outcome_ratio"][where] < 0.25


def test_the_funnel_holds_every_employee() -> None:
    """The histogram of z counts all that could be judged, shown by name or not."""
    snapshot = with_z(crowd(6), refused=[-7.0, -0.5, 0.0, 0.2, 9.0, float("nan")])

    series = series_on(text_of(view_of(snapshot), top_employees=1))

    buckets = series["touchpoint_employee_funnel_z_bucket"]
    counts = [buckets[labels(measure="refused", le=str(bound))] for bound in (*BOUNDS, "+Inf")]
    below, above = BOUNDS.index(-0.5), BOUNDS.index(0.5)
    assert counts[0] == 1
    assert (counts[below - 1], counts[below], counts[below + 1]) == (1, 2, 3)
    assert (counts[above], counts[-2], counts[-1]) == (4, 4, 5)
    assert series["touchpoint_employee_funnel_z_gcount"] == {labels(measure="refused"): 5}
    assert series["touchpoint_employee_funnel_z_gsum"][labels(measure="refused")] == -7 - 0.5 + 0.2 + 9


def test_before_there_are_verdicts_there_is_no_funnel() -> None:
    """During warm-up nobody has a z, so no distribution of them is claimed."""
    series = series_on(text_of(view_of(judged(5))))

    assert "touchpoint_employee_funnel_z_bucket" not in series
    assert "touchpoint_employee_z_score" not in series
    assert series["touchpoint_employee_handlings"]
