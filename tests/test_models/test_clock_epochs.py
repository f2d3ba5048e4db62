"""Rosters and epochs (rule 5): topics that come and go, and topics that are made anew."""

import numpy as np
from columns import MINUTE, Row, hours, idle, judged, segment, snapshot_of, source

from models.clock import BEGINNING, Clock
from models.judge import Judge
from models.segment import Roster, Segment, Source
from models.settings import HOUR

LATENESS = 15 * MINUTE
ONE, TWO = {"handlings": 1}, {"handlings": 2}
BOTH = {"handlings": 1, "calls": 1}
OLD, NEW = source(), source(epoch=1)
CALLS = source(0, "calls")


def says(of: Source, hour: float, start: int = 0, roster: Roster = ONE) -> Segment:
    """Return one row of a source; its event is its place in time, so none is a duplicate."""
    event = round(hour * 1_000) * 10 + 2 * of.partition + of.epoch
    return segment([Row(hours(hour), event)], start, of=of, roster=roster)


def watermark(judge: Judge) -> float | None:
    """Return the hour at which the watermark stands."""
    shown = judge.snapshot().watermark
    return None if shown is None else (shown - hours(0)) / HOUR


def test_a_topic_that_is_no_longer_required_holds_nobody() -> None:
    """A topic that newer rosters do not name is no longer waited for."""
    judge = judged([says(OLD, 10, roster=BOTH)])
    assert watermark(judge) is None
    judge.apply(says(OLD, 11, 1))
    assert watermark(judge) == 10.75


def test_a_topic_that_leaves_the_roster_is_no_longer_shown() -> None:
    """Its partitions would stand behind for ever; what its records came to stays counted."""
    judge = judged([says(OLD, 10), says(CALLS, 3, roster=BOTH), says(OLD, 11, 1)])
    shown = judge.snapshot()
    assert watermark(judge) == 10.75
    assert [state.source.topic for state in shown.sources] == ["handlings"]
    assert shown.counts["calls"].read == 1


def test_a_topic_that_comes_back_must_speak_again() -> None:
    """Neither its old clock nor an old idle mark says anything about now; what was read of it stays read."""
    there = says(CALLS, 3, roster=BOTH)
    judge = judged([there, idle(1, hours(5), of=CALLS, roster=BOTH), says(OLD, 10), says(OLD, 20, 1)])
    judge.apply(says(OLD, 30, 2, roster=BOTH))
    assert (watermark(judge), judge.snapshot().silent_partitions) == (19.75, 1)
    judge.apply(there)
    assert (watermark(judge), judge.snapshot().counts["calls"].read) == (19.75, 1)
    judge.apply(says(CALLS, 28, 1, roster=BOTH))
    assert watermark(judge) == 27.75


def test_a_new_epoch_starts_a_clock_of_its_own() -> None:
    """A re-created topic begins anew: its first row need not be later than all that were before it."""
    judge = judged([says(OLD, 10), segment([Row(hours(10.5), 7), Row(hours(10.4), 8)], of=NEW)])
    assert [state.position for state in judge.snapshot().sources] == [1, 2]
    assert watermark(judge) == 10.25


def test_a_recreated_topic_may_have_fewer_partitions() -> None:
    """With a new epoch its roster counts afresh, and a record of the old epoch does not bring it back."""
    judge = judged([says(OLD, 10, roster=TWO), says(source(1), 6, roster=TWO), says(NEW, 12)])
    assert watermark(judge) == 11.75
    judge.apply(segment([], 1, end=2, of=source(1), roster={"handlings": 3}))
    assert judge.snapshot().silent_partitions == 0


def test_every_partition_of_a_new_epoch_must_speak() -> None:
    """What an old epoch's partition has said does not stand for the one that took its place."""
    judge = judged([says(OLD, 10, roster=TWO), says(source(1), 6, roster=TWO), says(NEW, 12, roster=TWO)])
    assert (watermark(judge), judge.snapshot().silent_partitions) == (5.75, 1)
    judge.apply(says(source(1), 30, 1, roster=TWO))
    judge.apply(idle(2, of=source(1), roster=TWO))
    assert (watermark(judge), judge.snapshot().silent_partitions) == (5.75, 1)
    judge.apply(says(source(1, epoch=1), 13, roster=TWO))
    assert watermark(judge) == 11.75


def test_a_straggler_of_an_old_epoch_does_not_move_the_clock() -> None:
    """Whoever still reads a topic that was made anew is counted, and says nothing about time."""
    judge = judged([says(OLD, 10), says(NEW, 12), says(OLD, 30, 1), says(NEW, 12.5, 1)])
    shown = judge.snapshot()
    assert watermark(judge) == 12.25
    assert [state.clock for state in shown.sources] == [hours(29.75), hours(12.25)]
    assert (shown.counts["handlings"].read, shown.counts["handlings"].pending) == (4, 3)


def test_a_retired_clock_does_not_hold_the_watermark() -> None:
    """However far behind a straggler is, only what took its place is waited for."""
    judge = judged([says(OLD, 10), says(NEW, 12), says(OLD, 10.1, 1), says(NEW, 14, 1)])
    assert watermark(judge) == 13.75


def test_a_straggler_is_late_by_the_clock_of_its_own_epoch() -> None:
    """Not by that of the new one, nor the other way round."""
    clock = Clock(LATENESS, follows_wall=False)
    assert clock.observe(OLD, np.array([hours(10), hours(11)])).tolist() == [BEGINNING, hours(9.75)]
    assert clock.observe(NEW, np.array([hours(40)])).tolist() == [BEGINNING]
    assert clock.observe(OLD, np.array([hours(12)])).tolist() == [hours(10.75)]
    assert clock.observe(NEW, np.array([hours(41)])).tolist() == [hours(39.75)]


def test_a_straggler_whose_pane_has_closed_amends_it() -> None:
    """It is a handling like any other: counted, and added where it belongs."""
    snapshot = snapshot_of([says(OLD, 10), says(NEW, 14), says(OLD, 10.5, 1), says(NEW, 16, 1)])
    assert (snapshot.corrections["added"], snapshot.counts["handlings"].accepted) == (1, 4)


def test_a_straggler_of_another_topic_does_not_bring_partitions_back() -> None:
    """A topic that was made anew with fewer partitions keeps them, whatever an old roster says."""
    before = {"handlings": 3, "calls": 1}
    judge = judged([says(NEW, 12, roster=BOTH), says(CALLS, 9, roster=before)])
    judge.apply(says(source(0, "calls", 1), 13, roster=BOTH))
    assert watermark(judge) == 11.75
