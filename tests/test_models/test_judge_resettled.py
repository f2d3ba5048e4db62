"""A judge that goes on under other settings (rule 9): what is kept, what begins anew, what ends."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from columns import MIDNIGHT, PLAIN, Row, in_pieces, joined, judged, segment
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import bits, of_employees, of_strata, spreads
from states import stored

from models import evaluation
from models.detectors import DETECTORS
from models.judge import Judge
from models.segment import LedgerRecord, Segment
from models.settings import (
    DAY,
    MEASURES,
    CaseSettings,
    DetectorSettings,
    ExpectationSettings,
    JudgeSettings,
    LimitSettings,
    Measure,
    SpreadSettings,
    TimeSettings,
    VerdictSettings,
    WindowSettings,
)
from models.simulation import Centre, SimulationSettings, inconsistencies
from models.snapshot import Snapshot
from models.state import digest

SHORT = replace(
    PLAIN, verdicts=VerdictSettings(persistence=1, warm_up_days=1), windows=WindowSettings((1, 7))
)
TOLERANT = replace(SHORT, detectors=DetectorSettings(SpreadSettings(tolerance_binary=9.0)))
ESCALATED = Measure("refused", "binary", "outcome", one=("refused", "escalated"), zero=("resolved",))
UNTIL_NOW = "ended: no longer surely beyond what is tolerated"


def day(number: int, *, split: bool = True) -> Segment:
    """Return a day on which, where there is a split, half of twenty employees refuse everything."""
    rows = [
        Row(
            MIDNIGHT + number * DAY + event * 60_000_000,
            number * 1_000 + event,
            f"employee {event % 20}",
            outcome="refused" if split and event % 2 else "resolved",
            handle_time_s=60.0 + event,
            survey=event % 5 / 4,
        )
        for event in range(200)
    ]
    return segment(rows, number * 1_000)


def resettled(judge: Judge, to: JudgeSettings) -> Judge:
    """Return the judge that goes on from what this one dumps."""
    return Judge.load(to, stored(judge.dump()))


def alerting() -> Judge:
    """Return a judge with an alert on the one stratum, four days in, two of which have been judged."""
    judge = judged([day(number) for number in range(4)], SHORT)
    assert [(alert.kind, alert.measure, alert.until) for alert in judge.alerts] == [
        ("stratum_split", "refused", None)
    ]
    return judge


def going_on(judge: Judge, days: range, *, split: bool = True) -> Judge:
    for number in days:
        judge.apply(day(number, split=split))
    return judge


def test_an_alert_that_other_settings_end_says_so() -> None:
    """One that ends at the first step under changed settings ends because of them."""
    judge = resettled(alerting(), TOLERANT)
    (standing,) = judge.alerts
    assert standing.until is None
    (ended,) = going_on(judge, range(4, 6)).alerts
    assert (ended.id, ended.until) == (standing.id, MIDNIGHT + 4 * DAY)
    assert ended.reasons[-1] == "ended: configuration"
    assert judge.snapshot().alerts_ended == {"stratum_split": 1}


def test_a_second_take_over_does_not_hide_that_settings_changed() -> None:
    """What matters is under which settings the last verdicts were reached, not the last dump."""
    judge = resettled(resettled(alerting(), TOLERANT), TOLERANT)
    (ended,) = going_on(judge, range(4, 6)).alerts
    assert ended.reasons[-1] == "ended: configuration"


def test_under_the_same_settings_an_alert_ends_for_its_own_reasons() -> None:
    """A take-over alone ends nothing and excuses nothing."""
    judge = going_on(resettled(alerting(), SHORT), range(4, 12), split=False)
    (ended,) = judge.alerts
    assert ended.reasons[-1] == UNTIL_NOW


def test_later_ends_are_no_longer_due_to_the_change() -> None:
    """An alert that outlives the first step under changed settings is one of theirs."""
    changed = replace(SHORT, limits=LimitSettings(issue_types=9))
    judge = going_on(resettled(alerting(), changed), range(4, 6))
    assert [alert.until for alert in judge.alerts] == [None]
    (ended,) = going_on(judge, range(6, 14), split=False).alerts
    assert ended.reasons[-1] == UNTIL_NOW


def test_an_alert_that_still_holds_goes_on() -> None:
    """Same id, same onset: readers see one alert, not two."""
    before = alerting()
    judge = going_on(resettled(before, replace(SHORT, cases=CaseSettings(3))), range(4, 6))
    assert [(alert.id, alert.since, alert.until) for alert in judge.alerts] == [
        (alert.id, alert.since, None) for alert in before.alerts
    ]


@pytest.mark.parametrize("measures", [MEASURES[1:], (ESCALATED, *MEASURES[1:])], ids=["removed", "redefined"])
def test_an_alert_of_a_measure_that_is_gone_ends(measures: tuple[Measure, ...]) -> None:
    """At once, as of the last step: no step will ever speak about it again."""
    judge = resettled(alerting(), replace(SHORT, measures=measures))
    (ended,) = judge.alerts
    assert (ended.until, ended.reasons[-1]) == (judge.last_step, "ended: configuration")
    assert judge.snapshot().alerts_ended == {"stratum_split": 1}


def test_an_alert_of_a_detector_that_is_gone_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with fewer detectors ends what it can no longer judge."""
    before = alerting()
    monkeypatch.setattr(evaluation, "DETECTORS", DETECTORS[1:])
    judge = resettled(before, SHORT)
    (ended,) = judge.alerts
    assert (ended.until, ended.reasons[-1]) == (before.last_step, "ended: configuration")


@cache
def centre() -> tuple[LedgerRecord, ...]:
    """Return 30 days of a centre in which an employee and a stratum differ."""
    simulated = Centre(SimulationSettings(days=30, inconsistencies=inconsistencies("demo")), seed=7)
    return tuple(in_pieces(joined([day.handlings for day in simulated.days()]), 3_000))


@cache
def half_a_centre() -> dict[str, Any]:
    """Return the state after 20 of its days."""
    state: dict[str, Any] = stored(judged(centre()[:7], PLAIN).dump())
    return state


def figures(snapshot: Snapshot, measure: str) -> object:
    """Return all that is shown of one measure, apart from why alerts have ended."""
    parts = (
        snapshot.by_stratum, snapshot.by_channel, snapshot.by_issue_type,
        snapshot.strata_found, snapshot.employees_found, snapshot.coverage,
        tuple(replace(alert, reasons=alert.reasons[:2]) for alert in snapshot.alerts),
    )  # fmt: skip
    return bits(tuple(one for part in parts for one in part if one.measure == measure))


@settings(max_examples=6)
@given(measures=st.lists(st.sampled_from(MEASURES), min_size=1, unique=True).map(tuple))
def test_measures_that_stay_are_judged_as_if_nothing_had_changed(measures: tuple[Measure, ...]) -> None:
    """In whatever order they stand now and whichever are gone, to the bit."""
    straight = Judge.load(PLAIN, half_a_centre())
    changed = Judge.load(replace(PLAIN, measures=measures), half_a_centre())
    for judge in (straight, changed):
        for record in centre()[7:]:
            judge.apply(record)
        judge.finish()
    one, other = straight.snapshot(), changed.snapshot()
    assert one.alerts
    for measure in measures:
        assert figures(other, measure.name) == figures(one, measure.name)
    assert {spread.measure for spread in other.by_stratum} == {measure.name for measure in measures}


HARSH = Measure("harsh", "binary", "outcome", one=("refused", "escalated"), zero=("resolved",))
TALK = Measure("log_talk_time", "duration", "talk_time_s")


def handlings_of(judge: Judge, measure: str) -> tuple[int, int, int]:
    """Return how many are counted by stratum and by employee, and how many first contacts were judged."""
    shown = judge.snapshot()
    by_employee = of_employees(shown, measure, "7d")
    return (
        int(spreads(shown.by_stratum, measure, "7d").handlings.sum()),
        int(by_employee.handlings.sum()),
        int(by_employee.first_contacts.sum()),
    )


@pytest.mark.parametrize(
    ("new", "waited", "came"), [(HARSH, 180, 600), (TALK, 0, 0)], ids=["known", "new fact"]
)
def test_a_new_measure_begins_with_the_step_that_is_due(new: Measure, waited: int, came: int) -> None:
    """Rows that no step had judged count for it as far as its fact was read; those before it do not."""
    judge = resettled(alerting(), replace(SHORT, measures=(*MEASURES[:2], new, *MEASURES[2:])))
    assert handlings_of(judge, new.name) == (waited, 0, 0)
    assert handlings_of(judge, "refused")[1:] == (600, 600)
    going_on(judge, range(4, 6)).finish()
    assert handlings_of(judge, new.name) == (came, came, came)
    assert handlings_of(judge, "refused") == (1_200, 1_200, 1_200)
    assert {alert.measure for alert in judge.alerts} == ({"refused", "harsh"} if came else {"refused"})


def test_a_pane_that_is_corrected_is_summed_again_for_a_new_measure_too() -> None:
    """Of a corrected pane all rows count, as far as the fact was read."""
    judge = resettled(alerting(), replace(SHORT, measures=(*MEASURES, HARSH)))
    late = Row(MIDNIGHT + DAY + 30_000_000, 99_999, "employee 1", outcome="refused")
    judge.apply(segment([late], 4_000 - 1))
    going_on(judge, range(4, 5)).finish()
    assert judge.snapshot().corrections["added"] == 1
    assert handlings_of(judge, "harsh")[0] == 400 + 60 + 1


def test_a_longer_window_fills_up() -> None:
    """What had been let go is gone; after as many days the window is whole."""
    short, long = (replace(SHORT, windows=WindowSettings(days)) for days in ((1,), (1, 4)))
    straight = judged([day(number) for number in range(12)], long)
    judge = resettled(judged([day(number) for number in range(5)], short), long)
    going_on(judge, range(5, 6))
    assert handlings_in(judge, "4d") == 200 + 200 + 180  # from day 3, the last step's, to 3 h of day 5
    going_on(judge, range(6, 12))
    for shown in (judge, straight):
        shown.finish()
    one, other = judge.snapshot(), straight.snapshot()
    assert bits((one.by_stratum, one.employees_found, one.strata_found)) == bits(
        (other.by_stratum, other.employees_found, other.strata_found)
    )


def handlings_in(judge: Judge, window: str) -> int:
    return int(spreads(judge.snapshot().by_stratum, "refused", window).handlings.sum())


def test_figures_are_shown_under_the_new_settings_at_once() -> None:
    """Nobody waits for a day until a window that was asked for is there."""
    judge = resettled(alerting(), replace(SHORT, windows=WindowSettings((1, 3))))
    shown = judge.snapshot()
    assert {found.window for found in (*shown.employees_found, *shown.strata_found)} == {"1d", "3d"}
    assert of_strata(shown, "refused", "3d").first_contacts.tolist() == [600]


def test_a_smaller_bound_takes_no_name_away() -> None:
    """Those that have a code keep it; new ones are refused."""
    judge = resettled(alerting(), replace(SHORT, limits=LimitSettings(employees=3)))
    judge.apply(
        segment([Row(MIDNIGHT + 5 * DAY, 1, "newcomer"), Row(MIDNIGHT + 6 * DAY, 2, "employee 7")], 9_000)
    )
    judge.finish()
    shown = judge.snapshot()
    assert len(shown.employees) == 20
    assert shown.refused_names["employee"] == 1
    assert of_employees(shown, "refused", "1d").handlings[shown.employees.index("employee 7")] == 1


@pytest.mark.parametrize(
    "to",
    [
        replace(SHORT, time=TimeSettings(lateness_s=0, correction_horizon_days=1, valve_rows=9)),
        replace(SHORT, time=TimeSettings(lateness_s=7_200, correction_horizon_days=14)),
        replace(SHORT, cases=CaseSettings(1)),
        replace(SHORT, expectation=ExpectationSettings(half_life_days=3.0, shrinkage=1.0)),
        replace(SHORT, verdicts=VerdictSettings(persistence=5, warm_up_days=90)),
        replace(SHORT, limits=LimitSettings(issue_types=1, employees=1)),
        replace(SHORT, measures=(ESCALATED,)),
    ],
)
def test_all_but_the_grid_may_change(to: JudgeSettings) -> None:
    """The judge goes on, counts every record once and can be handed on again."""
    judge = going_on(resettled(alerting(), to), range(3, 6))
    again = resettled(judge, to)
    assert digest(again.dump()) == digest(judge.dump())
    judge.finish()
    counts = judge.snapshot().counts["handlings"]
    assert (counts.read, counts.accepted + counts.late) == (1_200, 1_200)
