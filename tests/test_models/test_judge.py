"""The judge against plain computations over the source's events."""

from dataclasses import replace

import numpy as np
import pandas as pd
from columns import PLAIN, Row, hours, judged, segment, snapshot_of
from drawn import delivered, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import MEASURES, follow, newest, repeats, said, spread, table
from snapshots import of_employees, of_strata, same_spread, spreads

from models.settings import DAY, TimeSettings
from models.snapshot import Snapshot

seeds = st.integers(0, 2**32)
WINDOWS = {"1d": 1, "7d": 7, "28d": 28}


def same_sums(snapshot: Snapshot, events: list[Row], windows: dict[str, tuple[int, int]]) -> None:
    """Hold every sum of a snapshot against pandas over the events from one time to another."""
    whole = table(events)
    for window, (start, end) in windows.items():
        inside = whole[(whole["time"] >= start) & (whole["time"] < end)]
        for measure in MEASURES:
            shown = (
                (spreads(snapshot.by_stratum, measure, window), snapshot.strata, ["channel", "issue"]),
                (spreads(snapshot.by_channel, measure, window), snapshot.channels, ["channel"]),
                (spreads(snapshot.by_issue_type, measure, window), snapshot.issue_types, ["issue"]),
                (of_employees(snapshot, measure, window), snapshot.employees, ["employee"]),
            )
            for found, names, by in shown:
                same_spread(found, names, spread(inside, by, measure))


@settings(max_examples=60)
@given(events=rows(days=32, max_size=60), seed=seeds)
def test_sums_are_those_of_the_events(events: list[Row], seed: int) -> None:
    """Count, mean and variance of every stratum, channel, issue type and employee equal pandas' own."""
    snapshot = snapshot_of(delivered(events, seed, partitions=2, copies=0.2))
    if not events:
        assert snapshot.by_stratum[0].handlings.size == 0
        return
    assert snapshot.window_end is not None
    end = max(row.time for row in events) // DAY * DAY + DAY
    assert snapshot.window_end == snapshot.last_step == end
    same_sums(snapshot, events, {label: (end - days * DAY, end) for label, days in WINDOWS.items()})


@settings(max_examples=60)
@given(events=rows(days=32, max_size=60), seed=seeds)
def test_the_whole_is_that_of_the_events(events: list[Row], seed: int) -> None:
    """Judged as a whole, however out of order it comes, a file has the sums of all its events."""
    rng = np.random.default_rng(seed)
    shuffled = [events[place] for place in rng.permutation(len(events))]
    snapshot = snapshot_of([segment(shuffled)], whole=True)
    if events:
        assert snapshot.steps == 1
        same_sums(snapshot, events, {"all": (0, 2**62)})
        counts = snapshot.counts["handlings"]
        assert (counts.accepted, counts.late) == (len(events), 0)


@settings(max_examples=60)
@given(events=rows(days=32, max_size=80, cases=12), seed=seeds, whole=st.booleans())
def test_first_contacts_are_those_of_a_loop_over_cases(events: list[Row], seed: int, whole: bool) -> None:
    """First contacts by stratum and by employee, and who repeats on whom, are what a plain loop finds."""
    snapshot = snapshot_of(delivered(events, seed, partitions=3), whole=whole)
    contacts = follow([newest(events)], PLAIN.cases.horizon_days * DAY)
    assert snapshot.repeat_contacts == repeats(contacts)
    if not events:
        return
    end = max(row.time for row in events) // DAY * DAY + DAY
    first = pd.DataFrame(
        [
            {"employee": row.employee, "stratum": (row.channel, row.issue), **said(row)}
            for row, is_first, _ in contacts
            if is_first and row.employee is not None and (whole or row.time >= end - 28 * DAY)
        ],
        columns=["employee", "stratum", *MEASURES],
    )
    window = "all" if whole else "28d"
    for measure in MEASURES:
        stated = first[first[measure].notna()]
        strata = of_strata(snapshot, measure, window).first_contacts
        employees = of_employees(snapshot, measure, window).first_contacts
        assert dict(zip(snapshot.strata, strata.tolist(), strict=True)) == {
            name: int((stated["stratum"] == name).sum()) for name in snapshot.strata
        }
        assert dict(zip(snapshot.employees, employees.tolist(), strict=True)) == {
            name: int((stated["employee"] == name).sum()) for name in snapshot.employees
        }


@settings(max_examples=40)
@given(events=rows(days=32, max_size=60, cases=12), seed=seeds)
def test_with_lateness_to_spare_a_file_needs_no_order(events: list[Row], seed: int) -> None:
    """Where the lateness covers all of a file, first contacts are those in order of time, however it lies."""
    patient = replace(PLAIN, time=TimeSettings(clock="event", lateness_s=32 * 86_400))
    rng = np.random.default_rng(seed)
    shuffled = [events[place] for place in rng.permutation(len(events))]
    snapshot = snapshot_of([segment(shuffled)], patient, whole=True)
    assert snapshot.repeat_contacts == repeats(follow([newest(events)], 14 * DAY))
    assert snapshot.corrections["added"] == 0


@settings(max_examples=60)
@given(events=rows(days=3, max_size=20), seed=seeds, versions=st.lists(st.integers(0, 3), max_size=30))
def test_the_greatest_revision_counts(events: list[Row], seed: int, versions: list[int]) -> None:
    """Of the versions of an event that come while its pane is open the greatest revision counts, once."""
    revised = [
        events[place % len(events)]._replace(revision=version, survey=version / 4)
        for place, version in enumerate(versions)
        if events
    ]
    every = [*events, *revised]
    every.sort(key=lambda row: row.time)
    snapshot = snapshot_of(delivered(every, seed, partitions=2), whole=True)
    if events:
        same_sums(snapshot, newest(every), {"all": (0, 2**62)})
        counts = snapshot.counts["handlings"]
        assert counts.accepted == len(events)
        assert counts.duplicate == len(every) - len(newest(every))


def test_who_is_not_human_counts_for_channel_and_stratum_only() -> None:
    """A bot's handlings are in the sums of its channel and stratum, and no employee's."""
    events = [Row(hours(1), 1, None, outcome="refused"), Row(hours(2), 2, "ann")]
    snapshot = snapshot_of([segment(events)])
    assert spreads(snapshot.by_stratum, "refused", "1d").handlings.tolist() == [2]
    assert snapshot.employees == ("ann",)
    assert of_employees(snapshot, "refused", "1d").handlings.tolist() == [1]
    assert of_strata(snapshot, "refused", "1d").first_contacts.tolist() == [1]


def test_a_bot_in_a_case_is_a_contact_but_no_pair() -> None:
    """After a bot the next contact of the case is a repeat, by neither the same nor another employee."""
    events = [
        Row(hours(1), 1, None, case=7),
        Row(hours(2), 2, "ann", case=7),
        Row(hours(3), 3, "bob", case=7),
        Row(hours(4), 4, None, case=7),
        Row(hours(5), 5, "bob", case=7),
    ]
    snapshot = snapshot_of([segment(events)])
    assert snapshot.repeat_contacts == {"same": 0, "other": 1}
    assert of_strata(snapshot, "refused", "1d").first_contacts.tolist() == [0]
    assert snapshot.open_cases == 1


def test_a_number_that_never_varies_is_never_judged() -> None:
    """Where a system writes the same duration and score for all, nobody differs, not even by rounding."""
    names = [f"employee {number}" for number in range(40)]
    events = [
        Row(
            hours(number / 5),
            number,
            names[number * 7 % 40],
            f"issue {number % 3}",
            handle_time_s=61.0,
            survey=0.7,
        )
        for number in range(3_000)
    ]
    snapshot = snapshot_of([segment(events)])
    for measure in ("log_handle_time", "survey"):
        found = of_employees(snapshot, measure, "28d")
        assert (found.first_contacts > 0).all()
        assert np.isnan(found.z).all()
        assert np.isnan(of_strata(snapshot, measure, "28d").tau2).all()
    assert snapshot.alerts == ()


def test_facts_that_nobody_stated_are_null() -> None:
    """A segment without a fact that is watched is read as if every row had left it open."""
    rows_ = segment([Row(hours(1), 1)])
    bare = segment(rows_.rows, 0)
    bare.rows.facts.pop("survey")  # type: ignore[attr-defined]
    snapshot = snapshot_of([bare])
    assert spreads(snapshot.by_stratum, "refused", "1d").handlings.tolist() == [1]
    assert spreads(snapshot.by_stratum, "survey", "1d").handlings.tolist() == [0]


def test_nothing_at_all_is_shown_as_nothing() -> None:
    """A judge that has read nothing shows empty arrays, no time and no alert."""
    snapshot = snapshot_of([])
    assert (snapshot.watermark, snapshot.last_step, snapshot.window_end, snapshot.origin) == (None,) * 4
    assert snapshot.counts == {}
    assert snapshot.alerts == ()
    assert not snapshot.warm


def test_alerts_and_steps_can_be_asked_without_a_snapshot() -> None:
    """What changes only at steps is there for whoever publishes, without the cost of a picture."""
    judge = judged([segment([Row(hours(1), 1), Row(hours(30), 2)])])
    assert judge.steps == judge.snapshot().steps == 1
    assert judge.alerts == judge.snapshot().alerts == ()
