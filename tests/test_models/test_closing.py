"""Amendments (rules 6, 7): what comes after its pane has closed is counted there and judged when it comes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from columns import (
    MIDNIGHT,
    MINUTE,
    PLAIN,
    Row,
    handlings,
    hours,
    idle,
    judged,
    segment,
    snapshot_of,
    source,
)
from drawn import LATENESS, pieces, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import MEASURES, applied, follow, newest, repeats, said, spread, table
from snapshots import differences, of_employees, of_strata, same_spread, spreads

from models.segment import LedgerRecord, Segment
from models.settings import DAY, HOUR, CalendarSettings, TimeSettings
from models.steps import Steps

seeds = st.integers(0, 2**32)


def arriving(events: list[Row], seed: int, longest: int) -> list[Row]:
    """Return events in order of arrival, each up to so many microseconds after its time."""
    delay = np.random.default_rng(seed).integers(0, longest, len(events)).tolist()
    arrival = [row.time + late for row, late in zip(events, delay, strict=True)]
    return [events[place] for place in sorted(range(len(events)), key=arrival.__getitem__)]


def mixed(queues: Sequence[Sequence[Row]], seed: int) -> list[Segment]:
    """Return partitions, each in its given order, cut and mixed in some way."""
    rng = np.random.default_rng(seed)
    parts = [pieces(handlings(queue), number, len(queues), 6, rng) for number, queue in enumerate(queues)]
    turns = rng.permutation(np.repeat(np.arange(len(queues)), [len(part) for part in parts]))
    return [parts[turn].pop(0) for turn in turns]


@settings(max_examples=80)
@given(
    queues=st.lists(rows(days=12, max_size=25), min_size=1, max_size=3),
    seed=seeds,
    longest=st.sampled_from((HOUR, DAY, 10 * DAY)),
)
def test_mixing_does_not_decide_what_is_late(queues: list[list[Row]], seed: int, longest: int) -> None:
    """However late rows are, fetch sizes and the mixing of partitions change nothing."""
    arrived = [arriving(queue, seed, longest) for queue in queues]
    one, other = (snapshot_of(mixed(arrived, seed + turn)) for turn in (0, 1))
    assert differences(one, other) == []
    assert one.counts == other.counts


@settings(max_examples=80)
@given(events=rows(days=12, max_size=50), seed=seeds, versions=st.lists(st.integers(0, 2), max_size=20))
def test_amended_sums_are_those_of_the_events(events: list[Row], seed: int, versions: list[int]) -> None:
    """Rows and revisions up to six days late leave the sums of all events in their newest version."""
    if not events:
        return
    revised = [
        events[place % len(events)]._replace(revision=version, survey=version / 4, outcome="refused")
        for place, version in enumerate(versions)
    ]
    every = arriving([*events, *revised], seed, 6 * DAY)
    snapshot = snapshot_of([segment(every)])
    counts = snapshot.counts["handlings"]
    assert (counts.accepted, counts.late) == (len(events), 0)
    end = (max(row.time for row in every) // DAY + 1) * DAY
    for label, start in (("1d", end - DAY), ("7d", end - 7 * DAY), ("28d", 0)):
        inside = table(row for row in newest(every) if row.time >= start)
        for measure in MEASURES:
            of_whom = of_employees(snapshot, measure, label)
            same_spread(of_whom, snapshot.employees, spread(inside, ["employee"], measure))
            of_what = spreads(snapshot.by_stratum, measure, label)
            same_spread(of_what, snapshot.strata, spread(inside, ["channel", "issue"], measure))


@settings(max_examples=80)
@given(events=rows(days=12, max_size=60, cases=8), seed=seeds)
def test_first_contacts_are_not_run_again(events: list[Row], seed: int) -> None:
    """An amendment opens no open case and takes nobody's first contact away: a loop in order of applying."""
    arrived = arriving(events, seed, 6 * DAY)
    snapshot = snapshot_of([segment(arrived)])
    contacts = follow(applied(arrived, LATENESS, HOUR), PLAIN.cases.horizon_days * DAY)
    assert snapshot.repeat_contacts == repeats(contacts)
    for measure in MEASURES if events else ():
        first = [row for row, is_first, _ in contacts if is_first and row.employee is not None]
        stated = [row for row in first if not np.isnan(said(row)[measure])]
        assert of_strata(snapshot, measure, "28d").first_contacts.sum() == len(stated)


def friday(event: int, hour: float, **changes: object) -> Row:
    return Row(hours(hour), event, **changes)  # type: ignore[arg-type]


def test_an_amendment_is_judged_in_the_step_in_which_it_is_applied() -> None:
    """A row that comes on Sunday for Friday is in Friday's sums, and no first contact before Sunday's step.

    Friday        Saturday      Sunday
    1             2             3  4 (a Friday's)
    """
    rows_ = [friday(1, 10), friday(2, 34), friday(3, 58), friday(4, 11, employee="bob", outcome="refused")]
    judge = judged([segment(rows_[:3])])
    assert of_strata(judge.snapshot(), "refused", "7d").first_contacts.tolist() == [2]
    judge.apply(segment(rows_[3:], 3))
    judge.apply(segment([friday(5, 60)], 4))
    shown = judge.snapshot()
    assert shown.corrections["added"] == 1
    assert spreads(shown.by_stratum, "refused", "7d").handlings.tolist() == [4]
    assert of_strata(shown, "refused", "7d").first_contacts.tolist() == [2]
    judge.finish()
    shown = judge.snapshot()
    assert shown.employees == ("ann", "bob")
    assert of_strata(shown, "refused", "7d").first_contacts.tolist() == [5]
    assert of_employees(shown, "refused", "7d").first_contacts.tolist() == [4, 1]
    assert of_employees(shown, "refused", "1d").first_contacts.tolist() == [2, 0]
    assert 0 < of_employees(shown, "refused", "7d").expected[1] < 1


def test_amendments_go_before_the_rows_of_their_pane() -> None:
    """They are older: an amendment that opens a case is the first contact before one of the closing pane."""
    newest_ = friday(1, 30)
    amendment = friday(2, 10, employee="bob", case=5)
    in_time = friday(3, 29.9, employee="ann", case=5)
    snapshot = snapshot_of([segment([newest_, amendment, in_time])])
    assert snapshot.corrections["added"] == 1
    assert snapshot.repeat_contacts == {"same": 0, "other": 1}
    contacts = dict(
        zip(snapshot.employees, of_employees(snapshot, "refused", "7d").first_contacts, strict=True)
    )
    assert contacts == {"ann": 1, "bob": 1}


@pytest.mark.parametrize("late", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize(
    ("first", "second", "counts"), [(1, 2, "second"), (2, 1, "first"), (1, 1, "first"), (None, 0, "second")]
)
def test_a_greater_revision_replaces(first: int | None, second: int, counts: str, late: bool) -> None:
    """Whether its pane is open or closed, a greater revision takes an event's place; others are copies."""
    old = friday(1, 10, survey=0.0)
    old = old if first is None else old._replace(revision=first)
    new = old._replace(survey=1.0, revision=second)
    between = [friday(2, 20)] if late else []
    snapshot = snapshot_of([segment([old, *between, new])])
    if not (first == second and not late):  # of equals in an open pane either may count, but always the same
        assert of_employees(snapshot, "survey", "1d").mean.tolist() == [1.0 if counts == "second" else 0.0]
    told = snapshot.counts["handlings"]
    assert (told.accepted, told.duplicate) == (1 + len(between), 1)
    assert snapshot.corrections["revised"] == (1 if late and counts == "second" else 0)


def test_a_revision_that_says_nothing_takes_the_handling_out() -> None:
    """A withdrawn outcome is in no sum and in no observed or expected outcome any more."""
    rows_ = [
        friday(event, event / 10, employee=("ann", "bob")[event % 2], outcome="refused")
        for event in range(20)
    ]
    withdrawn = [row._replace(outcome="pending", revision=1) for row in rows_ if row.employee == "bob"]
    snapshot = snapshot_of([segment([*rows_, friday(99, 30), *withdrawn, friday(100, 31)])])
    assert snapshot.corrections["revised"] == 10
    assert spreads(snapshot.by_stratum, "refused", "7d").handlings.tolist() == [12]
    week = of_employees(snapshot, "refused", "7d")
    assert dict(zip(snapshot.employees, week.handlings.tolist(), strict=True)) == {"ann": 12, "bob": 0}
    bob = snapshot.employees.index("bob")
    assert (week.first_contacts[bob], week.observed[bob], week.expected[bob]) == (0, 0, 0)


def test_a_revision_that_moves_a_handling_is_judged_anew() -> None:
    """Where somebody else turns out to have handled another issue, he is held against its peers."""
    outcomes = {"billing": "refused", "refund": "resolved"}
    known = [(employee, *ends) for ends in outcomes.items() for employee in ("ann", "bob")]
    rows_ = [
        friday(number, number / 10, employee=employee, issue=issue, outcome=outcome)
        for number, (employee, issue, outcome) in enumerate(known * 20)
    ]
    moved = rows_[1]._replace(employee="cas", issue="refund", revision=1)
    snapshot = snapshot_of([segment([*rows_, friday(99, 30), moved, friday(100, 31)])])
    week = of_employees(snapshot, "refused", "7d")
    first_contacts = dict(zip(snapshot.employees, week.first_contacts.tolist(), strict=True))
    assert first_contacts == {"ann": 42, "bob": 39, "cas": 1}
    assert 0 < week.expected[snapshot.employees.index("cas")] < 0.5


def test_a_fact_that_is_known_later_is_judged_when_it_comes() -> None:
    """A survey that arrives with a revision two days later counts for the day of the handling."""
    rows_ = [friday(1, 10), friday(2, 34), friday(1, 10, survey=0.75, revision=1), friday(3, 58)]
    snapshot = snapshot_of([segment(rows_)])
    assert of_employees(snapshot, "survey", "7d").first_contacts.tolist() == [1]
    assert of_employees(snapshot, "survey", "1d").first_contacts.tolist() == [0]
    assert of_employees(snapshot, "survey", "7d").mean.tolist() == [0.75]


@pytest.mark.parametrize("gap", [0.25, 5, 70])
def test_an_id_at_another_time_counts_twice_and_is_told(gap: float) -> None:
    """The same id at another time is another handling, and a breach of the contract that is counted."""
    snapshot = snapshot_of([segment([friday(7, 10), friday(8, 10.1), friday(7, 10 + gap)])])
    assert snapshot.counts["handlings"].accepted == 3
    assert snapshot.corrections["reused_ids"] == 1


@pytest.mark.parametrize("pane_s", [900, 3_600])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Brussels", "America/New_York"])
@pytest.mark.parametrize("date", ["2024-03-31", "2024-10-27", "2024-11-03", "2024-06-16"])
def test_the_last_that_is_not_late_is_judged(pane_s: int, zone: str, date: str) -> None:
    """An amendment just within the horizon is judged at its step, also in weeks in which clocks change."""
    base = replace(PLAIN, calendar=CalendarSettings(zone), time=TimeSettings(clock="event", pane_s=pane_s))
    day_end = Steps(zone, pane_s).day_end
    day = datetime.fromisoformat(date).toordinal()
    old = day_end(day - 7) - 1
    newest = old + 7 * DAY + LATENESS
    rest = [Row(time, 10 + time % DAY) for time in range(newest + 1, day_end(day) + HOUR, 15 * MINUTE)]
    snapshot = snapshot_of([segment([Row(newest, 1), Row(old, 2, "bob"), *rest])], base)
    assert snapshot.corrections["added"] == 1
    bob = snapshot.employees.index("bob")
    assert of_employees(snapshot, "refused", "28d").first_contacts[bob] == 1


def test_an_idle_mark_closes_panes_and_the_backlog_amends_them() -> None:
    """What a silent partition delivers after it was marked idle is added to its panes, not lost."""
    two = {"handlings": 2}
    records: list[LedgerRecord] = [
        segment([friday(1, 1)], of=source(0), roster=two),
        segment([friday(2, 1.1)], of=source(1), roster=two),
        idle(1, of=source(1), roster=two),
        segment([friday(3, 9)], 1, of=source(0), roster=two),
        segment([friday(4, 2), friday(5, 3)], 1, of=source(1), roster=two),
    ]
    snapshot = snapshot_of(records)
    assert snapshot.corrections["added"] == 2
    assert snapshot.counts["handlings"].accepted == 5
    assert of_strata(snapshot, "refused", "1d").first_contacts.tolist() == [5]
    assert snapshot.origin == MIDNIGHT + HOUR
