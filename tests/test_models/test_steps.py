"""The calendar: panes on UTC, steps at local midnights, hour bands of the local day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from columns import MIDNIGHT, PLAIN, Row, at, judged, segment, snapshot_of
from hypothesis import given
from hypothesis import strategies as st
from snapshots import of_employees, spreads

from models.settings import DAY, HOUR, CalendarSettings
from models.steps import Steps

ZONES = (
    "UTC", "Europe/Brussels", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Kiritimati", "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo", "America/Nuuk",
)  # fmt: skip
WIDTHS = (60, 900, 3_600, 10_800, 86_400)
FROM = round(datetime(2012, 1, 1, tzinfo=UTC).timestamp())
UNTIL = round(datetime(2037, 1, 1, tzinfo=UTC).timestamp())


def ordinal(date: str) -> int:
    return datetime.fromisoformat(date).toordinal()


@given(zone=st.sampled_from(ZONES), pane_s=st.sampled_from(WIDTHS), second=st.integers(FROM, UNTIL))
def test_every_pane_lies_in_one_day(zone: str, pane_s: int, second: int) -> None:
    """A pane belongs to the local day in which it begins, and the days tile time at pane edges."""
    steps = Steps(zone, pane_s)
    pane = int(steps.pane_of(np.array([second * 1_000_000]))[0])
    assert steps.start(pane) <= second * 1_000_000 < steps.start(pane + 1)
    local = datetime.fromtimestamp(pane * pane_s, ZoneInfo(zone))
    day = steps.day(pane)
    assert day == local.toordinal()
    assert steps.day_end(day - 1) <= steps.start(pane) < steps.day_end(day)
    assert steps.day_end(day) % steps.width == 0
    assert steps.band(pane, 6) == local.hour // 6


@pytest.mark.parametrize(
    ("zone", "date", "end"),
    [
        ("UTC", "2024-03-01", "2024-03-02T00:00:00"),
        ("Europe/Brussels", "2024-03-01", "2024-03-01T23:00:00"),
        ("Europe/Brussels", "2024-07-01", "2024-07-01T22:00:00"),
        ("Asia/Kolkata", "2024-03-01", "2024-03-01T19:00:00"),  # midnight is 18:30, inside a pane
        ("America/New_York", "2024-03-01", "2024-03-02T05:00:00"),
        ("Africa/Cairo", "2024-04-25", "2024-04-25T22:00:00"),  # a midnight that the clocks skip
    ],
)
def test_a_day_ends_at_the_first_pane_after_midnight(zone: str, date: str, end: str) -> None:
    """A midnight inside a pane is rounded up to the pane's end."""
    assert Steps(zone, 3_600).day_end(ordinal(date)) == at(end)


@pytest.mark.parametrize(("date", "length"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-10-28", 24)])
def test_days_in_which_clocks_change_have_their_own_length(date: str, length: int) -> None:
    """In Brussels the last Sundays of March and October have 23 and 25 hours."""
    steps, day = Steps("Europe/Brussels", 3_600), ordinal(date)
    assert steps.day_end(day) - steps.day_end(day - 1) == length * HOUR


def test_panes_before_1970_are_panes_like_others() -> None:
    """Time counts down below zero without a fold."""
    steps = Steps("UTC", 3_600)
    assert steps.pane_of(np.array([-1, 0])).tolist() == [-1, 0]
    assert steps.day(-1) == ordinal("1969-12-31")


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Brussels", "2024-03-31T21:59:00", "2024-03-31T22:00:00"),  # after 23 hours
        ("Europe/Brussels", "2024-10-27T22:59:00", "2024-10-27T23:00:00"),  # after 25 hours
        ("Asia/Kolkata", "2024-03-01T18:59:00", "2024-03-01T19:00:00"),  # half an hour into the new day
        ("America/New_York", "2024-03-02T04:59:00", "2024-03-02T05:00:00"),
    ],
)
def test_employees_windows_are_local_days(zone: str, before: str, after: str) -> None:
    """The last handling of a local day counts for that day's step, the next for the next."""
    settings = replace(PLAIN, calendar=CalendarSettings(zone))
    earlier = [Row(at(before) - HOUR, 1, "ann"), Row(at(before), 2, "ann")]
    snapshot = snapshot_of([segment([*earlier, Row(at(after), 3, "bob")])], settings)
    assert snapshot.steps == 2
    day = of_employees(snapshot, "refused", "1d")
    assert dict(zip(snapshot.employees, day.handlings.tolist(), strict=True)) == {"ann": 0, "bob": 1}
    week = of_employees(snapshot, "refused", "7d")
    assert week.handlings.tolist() == [2, 1]


def test_windows_of_strata_are_hours() -> None:
    """After a day of 25 hours a stratum's day is still the last 24 of them."""
    settings = replace(PLAIN, calendar=CalendarSettings("Europe/Brussels"))
    start = at("2024-10-26T22:00:00")  # midnight, summer time
    snapshot = snapshot_of(
        [segment([Row(start, 1), Row(start + HOUR, 2), Row(start + 24 * HOUR, 3)])], settings
    )
    assert snapshot.last_step == start + 25 * HOUR
    assert spreads(snapshot.by_stratum, "refused", "1d").handlings.tolist() == [2]
    assert of_employees(snapshot, "refused", "1d").handlings.tolist() == [3]


def test_a_window_holds_its_first_pane_and_its_last() -> None:
    """28 days are 672 panes, both ends included, and not one more."""
    first, last = MIDNIGHT, MIDNIGHT + 28 * DAY - 1
    inside = snapshot_of([segment([Row(first, 1), Row(last, 2)])])
    assert spreads(inside.by_stratum, "refused", "28d").handlings.tolist() == [2]
    assert of_employees(inside, "refused", "28d").handlings.tolist() == [2]
    outside = snapshot_of([segment([Row(first - 1, 1), Row(last, 2)])])
    assert spreads(outside.by_stratum, "refused", "28d").handlings.tolist() == [1]
    assert of_employees(outside, "refused", "28d").handlings.tolist() == [1]


def test_a_day_ends_for_the_ledger_when_the_watermark_passes() -> None:
    """A step is taken once, when nothing of its day can come on time any more."""
    end = at("2024-03-02T00:00:00")
    quarter = timedelta(minutes=15) // timedelta(microseconds=1)
    early = segment([Row(end - HOUR, 1), Row(end + quarter - 1, 2)])
    assert snapshot_of([early]).steps == 2
    assert judged([early]).steps == 0
    assert judged([early, segment([Row(end + quarter, 3)], 2)]).steps == 1
