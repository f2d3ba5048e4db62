"""Event time (rule 5): who holds the watermark, and what lets it go on."""

from dataclasses import replace

import numpy as np
import pytest
from columns import MINUTE, PLAIN, Row, hours, idle, judged, segment, snapshot_of, source
from hypothesis import given
from hypothesis import strategies as st

from models.clock import BEGINNING, Clock
from models.judge import Judge
from models.segment import Segment
from models.settings import HOUR, TimeSettings

LATENESS = 15 * MINUTE
TWO = {"handlings": 2}
WALL = replace(PLAIN, time=TimeSettings(clock="wall"))


def speaks(partition: int, hour: float, start: int = 0, roster: dict[str, int] | None = None) -> Segment:
    """Return one row of a partition; its event is its place in time, so none is a duplicate."""
    event = round(hour * 1_000) * 10 + partition
    return segment([Row(hours(hour), event)], start, of=source(partition), roster=roster or TWO)


def watermark(judge: Judge) -> float | None:
    """Return the hour at which the watermark stands."""
    shown = judge.snapshot().watermark
    return None if shown is None else (shown - hours(0)) / HOUR


def test_the_watermark_is_the_least_clock_of_the_roster() -> None:
    """Each partition's clock is its greatest time less the lateness; the slowest decides."""
    judge = judged([speaks(0, 10), speaks(1, 6)])
    assert watermark(judge) == 5.75
    judge.apply(speaks(1, 12, 1))
    assert watermark(judge) == 9.75


def test_the_watermark_never_goes_back() -> None:
    """Rows that come out of order and partitions that start late leave it where it is."""
    judge = judged([speaks(0, 10, roster={"handlings": 1})])
    assert watermark(judge) == 9.75
    judge.apply(segment([Row(hours(2), 2)], 1))
    assert watermark(judge) == 9.75
    judge.apply(speaks(1, 1))
    assert watermark(judge) == 9.75


def test_nothing_closes_before_all_have_spoken() -> None:
    """A partition of which nothing is known yet may still hold the oldest row."""
    judge = judged([speaks(0, 10), speaks(0, 200, 1)])
    shown = judge.snapshot()
    assert (shown.watermark, shown.silent_partitions) == (None, 1)
    assert shown.counts["handlings"].pending == 2
    judge.apply(speaks(1, 11))
    assert watermark(judge) == 10.75
    assert judge.snapshot().silent_partitions == 0


def test_all_topics_of_the_roster_must_speak() -> None:
    """A required topic without a word holds the clock like a partition does."""
    roster = {"handlings": 1, "calls": 1}
    judge = judged([speaks(0, 10, roster=roster)])
    assert watermark(judge) is None
    judge.apply(segment([Row(hours(7), 9)], of=source(0, "calls"), roster=roster))
    assert watermark(judge) == 6.75


def test_rejects_alone_are_no_word() -> None:
    """A partition that delivered nothing but rejects has shown no time."""
    judge = judged([speaks(0, 10), segment([], of=source(1), rejects=[0, 1], roster=TWO)])
    assert watermark(judge) is None
    assert judge.snapshot().silent_partitions == 1


def test_a_new_partition_holds_the_clock_until_it_speaks() -> None:
    """When the roster grows the watermark waits for the newcomer, and goes on with it."""
    judge = judged([speaks(0, 10, roster={"handlings": 1}), speaks(0, 20, 1)])
    assert watermark(judge) == 9.75
    assert judge.snapshot().silent_partitions == 1
    judge.apply(speaks(1, 15))
    assert watermark(judge) == 14.75


def test_a_new_partition_holds_the_clock_though_some_have_not_heard_of_it() -> None:
    """Workers learn of a new partition at different times: a smaller roster does not release the clock."""
    one = {"handlings": 1}
    judge = judged([speaks(0, 10, roster=one), speaks(0, 20, 1), speaks(0, 30, 2, roster=one)])
    assert watermark(judge) == 9.75
    judge.apply(speaks(1, 15))
    assert watermark(judge) == 14.75


def test_an_idle_mark_takes_a_partition_out_until_its_next_row() -> None:
    """A source that is known to have nothing holds nobody; once it delivers it counts again."""
    judge = judged([speaks(0, 10), speaks(1, 6), idle(1, of=source(1), roster=TWO)])
    assert watermark(judge) == 9.75
    assert [state.idle for state in judge.snapshot().sources] == [False, True]
    judge.apply(speaks(1, 12, 1))
    judge.apply(speaks(0, 20, 1))
    assert watermark(judge) == 11.75
    assert not any(state.idle for state in judge.snapshot().sources)


def test_rejects_do_not_wake_an_idle_partition() -> None:
    """Only a row shows a time: after rejects alone an idle partition stays out of the minimum."""
    judge = judged([speaks(0, 10), idle(0, of=source(1), roster=TWO)])
    judge.apply(segment([], of=source(1), rejects=[0], roster=TWO))
    assert judge.snapshot().sources[1].idle
    assert watermark(judge) == 9.75


def test_a_silent_partition_that_is_marked_idle_has_spoken() -> None:
    """An empty partition need not be waited for."""
    judge = judged([idle(0, of=source(1), roster=TWO), speaks(0, 10)])
    assert watermark(judge) == 9.75
    assert judge.snapshot().silent_partitions == 0


@pytest.mark.parametrize("position", [0, 2])
def test_an_idle_mark_of_another_position_is_ignored(position: int) -> None:
    """A mark that does not stand where the judge stands says nothing about now."""
    judge = judged([speaks(0, 10), speaks(1, 6), idle(position, of=source(1), roster=TWO)])
    assert watermark(judge) == 5.75


def test_replayed_rows_do_not_wake_an_idle_partition() -> None:
    """What was applied before is no news: the mark stands."""
    judge = judged([speaks(0, 10), speaks(1, 6), idle(1, of=source(1), roster=TWO), speaks(1, 6)])
    assert judge.snapshot().sources[1].idle
    assert watermark(judge) == 9.75


def test_event_time_stands_still_when_all_are_idle() -> None:
    """With clock = "event" nothing but rows moves time."""
    marks = [idle(1, hours(99), of=source(partition), roster=TWO) for partition in (0, 1)]
    judge = judged([speaks(0, 10), speaks(1, 6), *marks])
    assert watermark(judge) == 5.75
    assert judge.snapshot().last_step is None


def test_the_wall_clock_goes_on_when_all_are_idle() -> None:
    """With clock = "wall" the watermark follows the oldest mark less the lateness, and steps end."""
    marks = [idle(1, hours(30 + partition), of=source(partition), roster=TWO) for partition in (0, 1)]
    judge = judged([speaks(0, 10), speaks(1, 6), *marks], WALL)
    assert watermark(judge) == 29.75
    assert judge.snapshot().last_step == hours(24)
    assert judge.snapshot().counts["handlings"].pending == 0


def test_one_that_delivers_holds_the_wall_clock() -> None:
    """As long as anyone delivers, its event time leads, whatever the marks of the others say."""
    judge = judged([speaks(0, 10), speaks(1, 6), idle(1, hours(99), of=source(1), roster=TWO)], WALL)
    assert watermark(judge) == 9.75


@given(times=st.lists(st.integers(-(10**15), 10**16), min_size=1, max_size=40), data=st.data())
def test_a_rows_clock_is_that_of_the_row_before(times: list[int], data: st.DataObject) -> None:
    """However the rows are cut into segments, each sees the greatest time before it less the lateness."""
    cut = data.draw(st.integers(0, len(times)))
    clock = Clock(LATENESS, follows_wall=False)
    parts = [clock.observe(source(), np.array(part, np.int64)) for part in (times[:cut], times[cut:])]
    seen = np.concatenate(parts).tolist()
    assert seen[0] == BEGINNING
    assert seen[1:] == [max(times[: place + 1]) - LATENESS for place in range(len(times) - 1)]
    assert clock.clock_of(source()) == max(times) - LATENESS


def test_a_full_valve_moves_the_watermark_on() -> None:
    """Rows beyond the bound do not wait for a silent partition: the oldest pane closes, and that is told."""
    settings = replace(PLAIN, time=TimeSettings(clock="event", valve_rows=3))
    judge = judged([speaks(0, hour, start) for start, hour in enumerate((0.5, 1.5, 2.5, 3.5))], settings)
    shown = judge.snapshot()
    assert shown.forced == 1
    assert shown.counts["handlings"].pending == 3
    assert watermark(judge) == 1.0


def test_what_comes_for_a_pane_that_the_valve_closed_amends_it() -> None:
    """A row whose pane the valve has closed is not lost: it is added, counted and judged."""
    settings = replace(PLAIN, time=TimeSettings(clock="event", valve_rows=3))
    records = [speaks(0, hour, start) for start, hour in enumerate((0.5, 1.5, 2.5, 3.5))]
    snapshot = snapshot_of([*records, speaks(1, 0.75), speaks(1, 4, 1)], settings)
    assert snapshot.corrections["added"] == 1
    assert snapshot.counts["handlings"].accepted == 6
    assert snapshot.by_stratum[0].handlings.tolist() == [6]


def test_years_without_a_row_are_jumped() -> None:
    """Fifty silent years are one close each side: what happens depends on rows, not on panes between."""
    years = 50 * 365.25 * 24
    settings = replace(PLAIN, time=TimeSettings(clock="event", pane_s=60))
    judge = Judge(settings)
    asked: list[int] = []
    day_of = judge._steps.day

    def day(pane: int) -> int:
        asked.append(pane)
        return day_of(pane)

    judge._steps.day = day  # type: ignore[method-assign]
    for start, hour in enumerate((0.0, years, 2 * years)):
        judge.apply(segment([Row(hours(hour), start, outcome="refused")], start))
    judge.finish()
    shown = judge.snapshot()
    assert (shown.steps, shown.counts["handlings"].accepted) == (3, 3)
    assert len(asked) < 100
    assert np.isfinite(shown.employees_found[0].expected).all()
