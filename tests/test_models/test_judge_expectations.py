"""What the judge expects of employees, against a loop over days and rows."""

from datetime import UTC, datetime

import pytest
from columns import PLAIN, Row, hours, segment, snapshot_of
from drawn import delivered, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import MEASURES, follow, newest, said
from naive_expectation import First, NaiveExpectation
from snapshots import of_employees

from models.settings import DAY, HOUR
from models.snapshot import Snapshot

Judgement = tuple[int, str, float, float]
"""Day, employee, outcome and what was expected."""


def judged_rows(events: list[Row], measure: str) -> list[Judgement]:
    """Judge first contacts day by day, as the calendar has them in UTC."""
    expectation = NaiveExpectation(binary=measure not in {"log_handle_time", "survey"})
    contacts = follow([newest(events)], PLAIN.cases.horizon_days * DAY)
    done: list[Judgement] = []
    before: int | None = None
    for day in sorted({row.time // DAY for row in events}):
        expectation.age(0 if before is None else day - before)
        before = day
        due = [
            First(row.employee, row.channel, row.issue, day, row.time % DAY // (6 * HOUR), said(row)[measure])
            for row, first, _ in contacts
            if first and row.employee is not None and row.time // DAY == day
        ]
        due = [first for first in due if first.value == first.value]  # NaN says nothing
        if due:
            expected = expectation.judge(due)
            done += [(day, r.employee, r.value, e) for r, e in zip(due, expected, strict=True)]
    return done


def same_expectations(snapshot: Snapshot, events: list[Row]) -> None:
    last = max(row.time for row in events) // DAY
    for measure in MEASURES:
        done = judged_rows(events, measure)
        for label, days in (("1d", 1), ("7d", 7), ("28d", 28)):
            found = of_employees(snapshot, measure, label)
            for place, name in enumerate(snapshot.employees):
                own = [(o, e) for day, who, o, e in done if who == name and day > last - days]
                assert found.first_contacts[place] == len(own)
                assert found.observed[place] == pytest.approx(sum(o for o, _ in own), abs=1e-9)
                assert found.expected[place] == pytest.approx(sum(e for _, e in own), rel=1e-9, abs=1e-9)


@settings(max_examples=40)
@given(events=rows(days=20, max_size=40, cases=20), seed=st.integers(0, 2**32))
def test_expected_outcomes_are_those_of_a_loop_over_days(events: list[Row], seed: int) -> None:
    """O and E of every employee in every window are the sums of what each day's judgement gave."""
    if events:
        same_expectations(snapshot_of(delivered(events, seed, partitions=2)), events)


def test_history_ages_by_the_time_between_steps_once() -> None:
    """Days without a row are slept through: after three weeks half of the history is left."""
    events = [Row(hours(number / 10), number, "bob", outcome="refused") for number in range(100)]
    events += [Row(hours(21 * 24 + number / 10), 200 + number, "bob") for number in range(100)]
    events += [Row(hours(22 * 24), 400, "ann")]
    same_expectations(snapshot_of([segment(events)]), events)


def test_bands_are_hours_of_the_local_day() -> None:
    """The first band of the day begins at midnight where the calendar is."""
    noon = datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert hours(12) == noon.timestamp() * 1e6
    events = [Row(hours(hour), hour, ("ann", "bob")[hour % 2], outcome="refused") for hour in range(24)]
    same_expectations(snapshot_of([segment(events)]), events)
