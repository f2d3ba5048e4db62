"""Headcounts, and figures of groups as of the last step: who stands behind what is shown."""

from collections.abc import Sequence

import numpy as np
import pytest
from columns import PLAIN, Row, hours, segment
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import bits, spreads
from states import stored

from models.handling import CHANNELS
from models.judge import Judge
from models.snapshot import Snapshot

DAYS = 10
WINDOWS = {"1d": (1, 0), "7d": (7, 1), "28d": (28, 7)}
"""Days of each window, and of the next shorter one."""

handled = st.tuples(
    st.integers(0, DAYS * 24 - 1),
    st.sampled_from(["ann", "bob", "cem", None]),
    st.sampled_from(["voice", "chat"]),
    st.sampled_from(["billing", "refund"]),
)


def rows_of(drawn: Sequence[tuple[int, str | None, str, str]]) -> list[Row]:
    """Return handlings that all open a case and end in a refusal or not; some tell no time."""
    return [
        Row(hours(hour + 0.5), number, employee, issue, channel, handle_time_s=60.0 if number % 2 else np.nan)
        for number, (hour, employee, channel, issue) in enumerate(sorted(drawn, key=lambda one: one[0]))
    ]


def counted(shown: Snapshot, rows: Sequence[Row], measure: str, window: str) -> None:
    """Hold the headcounts of a measure and window against the rows."""
    [head] = [one for one in shown.headcounts if (one.measure, one.window) == (measure, window)]
    last = (shown.last_step or 0) // (24 * 3_600_000_000)
    said = [row for row in rows if measure == "refused" or row.handle_time_s > 0]

    def who(channel: str | None, issue: str | None, days: tuple[int, int]) -> int:
        return len(
            {
                row.employee
                for row in said
                if row.employee is not None
                and channel in {None, row.channel}
                and issue in {None, row.issue}
                and last - days[0] <= row.time // (24 * 3_600_000_000) < last - days[1]
            }
        )

    for part, days in enumerate([(WINDOWS[window][0], 0), WINDOWS[window]]):
        by_stratum = [who(*stratum, days) for stratum in shown.strata]
        assert head.by_stratum[part].tolist() == by_stratum
        assert head.by_channel[part].tolist() == [who(channel, None, days) for channel in CHANNELS]
        assert head.by_issue_type[part].tolist() == [who(None, issue, days) for issue in shown.issue_types]


@settings(max_examples=40)
@given(drawn=st.lists(handled, min_size=1, max_size=40))
def test_employees_are_counted_once_a_group(
    drawn: list[tuple[int, str | None, str, str]],
) -> None:
    """By stratum, channel and issue type, in each window and in what it has beyond the next shorter one."""
    rows = rows_of(drawn)
    judge = Judge(PLAIN)
    judge.apply(segment(rows))
    judge.finish()

    for measure in ("refused", "log_handle_time"):
        for window in WINDOWS:
            counted(judge.snapshot(), rows, measure, window)


def groups(shown: Snapshot) -> object:
    """Return all that is shown of groups."""
    return bits((shown.window_end, shown.by_stratum, shown.by_channel, shown.by_issue_type))


@pytest.mark.parametrize("pause", [0, 3], ids=["every day", "after three days without work"])
def test_at_the_step_nothing_moves_until_the_next(pause: int) -> None:
    """Panes that close between two steps change no figure of groups, in a judge that was restored neither."""
    until = (31 + pause) * 24
    rows = [Row(hours(hour), hour, "ann" if hour % 3 else "bob") for hour in range(30 * 24)]
    after = [Row(hours(hour), hour, "cem") for hour in range(until - 24, until)]
    judge = Judge(PLAIN)
    judge.apply(segment(rows))
    judge.apply(segment(after[:3], len(rows)))
    at_step, last_step = groups(judge.snapshot(at_step=True)), judge.last_step
    assert last_step == hours(30 * 24)
    for place in range(3, 20):
        judge.apply(segment(after[place : place + 1], len(rows) + place))
        assert judge.last_step == last_step
        assert judge.snapshot().window_end != last_step
        assert groups(judge.snapshot(at_step=True)) == at_step
        judge = Judge.load(PLAIN, stored(judge.dump()))
        assert groups(judge.snapshot(at_step=True)) == at_step


def test_at_the_step_windows_are_its_days() -> None:
    """They hold the handlings of the days that verdicts were reached on, no more and no less."""
    judge = Judge(PLAIN)
    judge.apply(segment([Row(hours(hour), hour) for hour in range(40 * 24 + 5)]))
    judge.apply(segment([Row(hours(40 * 24 + 9), 10_000)], 40 * 24 + 5))

    shown = judge.snapshot(at_step=True)
    assert shown.window_end == shown.last_step == hours(40 * 24)
    for window, (days, _) in WINDOWS.items():
        assert spreads(shown.by_stratum, "refused", window).handlings.tolist() == [days * 24]


def test_before_the_first_step_there_is_nothing() -> None:
    """No day has ended: no group has figures, and the windows end nowhere."""
    judge = Judge(PLAIN)
    judge.apply(segment([Row(hours(hour), hour) for hour in range(9)]))

    shown = judge.snapshot(at_step=True)
    assert (shown.window_end, shown.headcounts) == (None, ())
    assert not any(one.handlings.any() for one in shown.by_stratum)
    assert any(one.handlings.any() for one in judge.snapshot().by_stratum)


def test_a_judge_that_was_restored_counts_the_same() -> None:
    """Groups that appeared after the step are in neither."""
    judge = Judge(PLAIN)
    judge.apply(segment([Row(hours(hour), hour, "ann" if hour % 3 else "bob") for hour in range(40)]))
    judge.apply(segment([Row(hours(50), 50, "cem", "refund"), Row(hours(55), 55)], 40))
    assert judge.snapshot().issue_types == ("billing", "refund")

    restored = Judge.load(PLAIN, stored(judge.dump()))
    assert bits(restored.snapshot().headcounts) == bits(judge.snapshot().headcounts)
    assert {one.by_issue_type.shape for one in judge.snapshot().headcounts} == {(2, 1)}
