"""The families of strata, channels and issue types: the snapshot's figures, each in its unit."""

from dataclasses import replace
from math import exp, isfinite

import numpy as np
import pytest
from pages import (
    KIND_OF,
    MEASURE_NAMES,
    judged,
    label_values,
    labels,
    series_on,
    shown,
    text_of,
    view_of,
)

from models.handling import CHANNELS
from models.snapshot import Spreads
from streams.durations import STAGES
from streams.metrics.alerts import KINDS
from streams.metrics.spreads import MEAN, VARIANCE

LEVELS = ("stratum", "channel", "issue_type")
WINDOWS = {"1d", "28d"}


def entities(level: str) -> tuple[tuple[tuple[tuple[str, str], ...], ...], tuple[Spreads, ...]]:
    """Return the label values of a level's entities, and its figures."""
    snapshot = judged()
    match level:
        case "stratum":
            names = [(("channel", c), ("issue_type", i)) for c, i in snapshot.strata]
            return tuple(names), snapshot.by_stratum
        case "channel":
            return tuple((("channel", c),) for c in snapshot.channels), snapshot.by_channel
        case _:
            return tuple((("issue_type", i),) for i in snapshot.issue_types), snapshot.by_issue_type


@pytest.mark.parametrize("level", LEVELS)
def test_means_and_variances_equal_the_snapshots(level: str) -> None:
    """Each figure of the first and the last window is on the page in the family of its unit, no other is."""
    names, spreads = entities(level)
    expected: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for spread in spreads:
        kind = KIND_OF[spread.measure]
        for entity in np.flatnonzero(spread.handlings).tolist() if spread.window in WINDOWS else ():
            where = frozenset((*names[entity], ("measure", spread.measure), ("window", spread.window)))
            mean, variance = float(spread.mean[entity]), float(spread.variance[entity])
            figures = {
                "handlings": float(spread.handlings[entity]),
                MEAN[kind]: exp(mean) if kind == "duration" else mean,
                VARIANCE[kind]: variance,
            }
            for name, value in figures.items():
                if isfinite(value):
                    expected.setdefault(f"touchpoint_{level}_{name}", {})[where] = value

    assert expected
    for name, series in expected.items():
        assert shown()[name] == series


def test_spread_between_employees_equals_the_snapshots() -> None:
    """tau, I2, ICC and the evidence behind them are the last step's, by stratum."""
    snapshot, series = judged(), shown()
    compared = 0
    for found in snapshot.strata_found:
        for stratum, (channel, issue) in enumerate(snapshot.strata):
            where = labels(channel=channel, issue_type=issue, measure=found.measure, window=found.window)
            if found.window not in WINDOWS or found.employees[stratum] < 2:
                assert where not in series["touchpoint_between_employee_variance"]
                continue
            compared += 1
            tau2 = float(found.tau2[stratum])
            assert series["touchpoint_between_employee_variance"][where] == tau2
            assert series["touchpoint_between_employee_i2_ratio"][where] == found.i2[stratum]
            assert series["touchpoint_employee_icc_ratio"][where] == found.icc[stratum]
            assert series["touchpoint_stratum_employees"][where] == found.employees[stratum]
            assert series["touchpoint_stratum_first_contacts"][where] == found.first_contacts[stratum]
    assert compared > 100


def test_a_duration_is_shown_in_seconds() -> None:
    """A centre whose contacts take minutes shows a mean of minutes in seconds, not a logarithm."""
    means = shown()["touchpoint_channel_duration_geometric_mean_seconds"]

    assert all(60 < mean < 3_600 for mean in means.values())


def test_a_file_judged_as_a_whole_has_one_window() -> None:
    """Where everything is one window it is shown once, as `all`."""
    series = series_on(text_of(view_of(judged(3, whole=True))))

    for level in LEVELS:
        assert label_values(series[f"touchpoint_{level}_handlings"], "window") == {"all"}
    assert label_values(series["touchpoint_stratum_employees"], "window") == {"all"}


def test_a_figure_that_cannot_be_told_is_left_out() -> None:
    """No series is NaN: a lone handling has a mean and no variance."""
    snapshot = judged()
    size = len(snapshot.channels)
    lone = Spreads("refused", "28d", np.ones(size, np.int64), np.ones(size), np.full(size, np.nan))

    series = series_on(text_of(view_of(replace(snapshot, by_channel=(lone,)))))

    assert len(series["touchpoint_channel_outcome_ratio"]) == size
    assert "touchpoint_channel_outcome_variance" not in series
    assert all(isfinite(value) for values in shown().values() for value in values.values())


def test_a_stratum_that_is_new_since_the_last_step_has_means_only() -> None:
    """Rolling means run ahead of the step; what the step found ends with the strata it knew."""
    snapshot = judged()
    known = len(snapshot.strata) - 1
    found = tuple(
        replace(
            one,
            employees=one.employees[:known],
            first_contacts=one.first_contacts[:known],
            tau2=one.tau2[:known],
            i2=one.i2[:known],
            icc=one.icc[:known],
        )
        for one in snapshot.strata_found
    )
    channel, issue = snapshot.strata[known]
    new = labels(channel=channel, issue_type=issue, measure="refused", window="28d")
    handlings = tuple(replace(spread, handlings=spread.handlings + 1) for spread in snapshot.by_stratum)

    series = series_on(text_of(view_of(replace(snapshot, strata_found=found, by_stratum=handlings))))

    assert new in series["touchpoint_stratum_handlings"]
    assert new not in series["touchpoint_stratum_first_contacts"]


def test_coverage_says_how_much_could_be_judged() -> None:
    """By detector and measure: the share of first contacts, entities judged, entities seen."""
    series = shown()

    for one in judged().coverage:
        where = labels(kind=one.kind, measure=one.measure)
        assert series["touchpoint_judgeable_handlings_ratio"][where] == one.handlings_share
        assert series["touchpoint_judgeable_entities"][where] == one.judged
        assert series["touchpoint_seen_entities"][where] == one.seen


def test_label_values_come_from_bounded_sets() -> None:
    """Every label holds words of the contract, of the configuration, or names that the snapshot holds."""
    snapshot = judged()
    allowed = {
        "channel": {*CHANNELS, "*"},
        "issue_type": {*snapshot.issue_types, "*"},
        "employee": {*snapshot.employees, "*"},
        "measure": set(MEASURE_NAMES),
        "window": WINDOWS,
        "kind": {*KINDS, "reused_id", "employee", "stratum", "channel", "issue_type"},
        "alert_id": {one.id for one in snapshot.alerts},
        "privacy_mode": {"team", "pseudonym", "named"},
        "stage": set(STAGES),
        "severity": {"warning"},
        "answered_by": {"same", "other"},
        "action": {"added", "revised"},
    }

    for name, values in allowed.items():
        assert {value for one in shown().values() for value in label_values(one, name)} <= values
