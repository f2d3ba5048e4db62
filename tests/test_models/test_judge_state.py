"""The judge's state as data (rule 9): whoever goes on from a dump comes to what the fold comes to."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest
from columns import PLAIN, Row, finished, hours, in_pieces, joined, judged, segment
from drawn import ledgers
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import bits
from states import EAGER, stored

from models.errors import StateError
from models.judge import Judge
from models.segment import LedgerRecord
from models.settings import CalendarSettings, ExpectationSettings, JudgeSettings, TimeSettings
from models.simulation import Centre, SimulationSettings, inconsistencies
from models.state import FORMAT, digest


def same(one: Judge, other: Judge) -> None:
    assert digest(one.dump()) == digest(other.dump())
    assert bits(one.snapshot()) == bits(other.snapshot())


@settings(max_examples=40)
@given(ledger=ledgers(), data=st.data())
def test_in_pieces_or_at_once_is_the_same(ledger: list[LedgerRecord], data: st.DataObject) -> None:
    """However many pieces of a record are asked for, whoever asks the judge next finds it applied."""
    straight, in_pieces = Judge(EAGER), Judge(EAGER)
    for record in ledger:
        straight.apply(record)
        wanted = data.draw(st.integers(1, 60))
        for _ in islice(in_pieces.applying(record), wanted):
            pass
        if data.draw(st.booleans()):
            assert in_pieces.alerts == straight.alerts
            same(in_pieces, straight)
    for judge in (in_pieces, straight):
        judge.finish()
    same(in_pieces, straight)


@settings(max_examples=60)
@given(ledger=ledgers(), whole=st.booleans(), data=st.data())
def test_going_on_from_a_dump_is_the_fold_from_the_start(
    ledger: list[LedgerRecord], whole: bool, data: st.DataObject
) -> None:
    """Dumped after any record, loaded and given the rest, a judge is the one that never stopped."""
    straight, stopped = Judge(EAGER, whole=whole), Judge(EAGER, whole=whole)
    stops = data.draw(st.sets(st.integers(0, len(ledger)), max_size=3))
    for number, record in enumerate(ledger):
        if number in stops:
            stopped = Judge.load(EAGER, stored(stopped.dump()), whole=whole)
            same(stopped, straight)
        straight.apply(record)
        stopped.apply(record)
    same(stopped, straight)
    for judge in (stopped, straight):
        judge.finish()
    same(stopped, straight)
    same(Judge.load(EAGER, stored(straight.dump()), whole=whole), straight)


@settings(max_examples=30)
@given(ledger=ledgers(), data=st.data())
def test_a_dump_is_not_changed_by_what_comes_after(ledger: list[LedgerRecord], data: st.DataObject) -> None:
    """It can be written in another thread, and loaded twice, while judges go on."""
    stop = data.draw(st.integers(0, len(ledger)))
    judge = judged(ledger[:stop], EAGER)
    dumped = judge.dump()
    told = digest(dumped)
    for going_on in (judge, Judge.load(EAGER, dumped), Judge.load(EAGER, dumped)):
        for record in ledger[stop:]:
            going_on.apply(record)
        going_on.finish()
        assert digest(dumped) == told


@cache
def centre() -> list[LedgerRecord]:
    """Return 45 days of a centre in which an employee and a stratum differ, as a ledger."""
    simulated = Centre(SimulationSettings(days=45, inconsistencies=inconsistencies("demo")), seed=7)
    return [*in_pieces(joined([day.handlings for day in simulated.days()]), 500)]


def test_a_centre_that_is_dumped_every_few_days_is_judged_the_same() -> None:
    """45 days with alerts, handed from judge to judge: every figure and alert is that of one judge."""
    straight, handed = Judge(PLAIN), Judge(PLAIN)
    for number, record in enumerate(centre()):
        if number % 17 == 0:
            handed = Judge.load(PLAIN, stored(handed.dump()))
        straight.apply(record)
        handed.apply(record)
    same(handed, straight)
    assert {alert.kind for alert in straight.alerts} == {"stratum_split", "employee_outlier"}


def test_names_of_rows_that_wait_do_not_depend_on_panes_that_have_closed() -> None:
    """However they were numbered while more was open, what is left has the same state."""
    waiting = segment([Row(hours(1), 1, "xan"), Row(hours(0.9), 2, "yan"), Row(hours(1.1), 3, "yan")])
    closing = segment([Row(hours(2.2), 4, "zoe")], 3)
    straight = judged([waiting])
    resumed = Judge.load(PLAIN, stored(straight.dump()))
    for judge in (straight, resumed):
        judge.apply(closing)
        assert judge.snapshot().counts["handlings"].pending == 3
    same(resumed, straight)


def test_spreads_around_great_numbers_survive() -> None:
    """The digits of a mean that no float64 holds are in the dump, too."""
    rows = [Row(hours(turn / 4), turn, handle_time_s=30.0 + turn) for turn in range(60)]
    ledger = in_pieces(rows, 1)
    judge = judged(ledger[:40])
    low = judge.dump()["judged"]["closing"]["windows"]["mean_low"]  # type: ignore[index,call-overload]
    assert np.any(low)
    resumed = Judge.load(PLAIN, stored(judge.dump()))
    for record in ledger[40:]:
        resumed.apply(record)
    same(resumed, judged(ledger))


@pytest.mark.parametrize(
    ("changed", "whole", "key"),
    [
        (replace(PLAIN, time=TimeSettings(pane_s=1_800, clock="event")), False, "time.pane_s"),
        (replace(PLAIN, calendar=CalendarSettings("Europe/Brussels")), False, "calendar.timezone"),
        (replace(PLAIN, expectation=ExpectationSettings(band_hours=4)), False, "expectation.band_hours"),
        (PLAIN, True, "whole"),
    ],
)
def test_another_grid_is_refused(changed: JudgeSettings, whole: bool, key: str) -> None:
    """Sums cannot be laid out anew: the setting that differs is named, with both values."""
    state = stored(judged([segment([Row(hours(1), 1)])]).dump())
    with pytest.raises(StateError, match=key):
        Judge.load(changed, state, whole=whole)


def test_another_format_is_refused() -> None:
    """What another program wrote is not guessed at."""
    state = {**Judge(PLAIN).dump(), "format": FORMAT + 1}
    with pytest.raises(StateError, match=f"format {FORMAT + 1}"):
        Judge.load(PLAIN, state)


def without(*path: str | int) -> Callable[[Any], Any]:
    def cut(state: Any) -> Any:
        held = state
        for name in path[:-1]:
            held = held[name]
        del held[path[-1]]
        return state

    return cut


def shorter(*path: str | int) -> Callable[[Any], Any]:
    def cut(state: Any) -> Any:
        held = state
        for name in path[:-1]:
            held = held[name]
        held[path[-1]] = held[path[-1]][..., :-1]
        return state

    return cut


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: None,
        lambda _: {},
        lambda _: [],
        without("format"),
        without("grid", "time.pane_s"),
        without("sources"),
        without("sources", "clock"),
        without("judged", "measures"),
        without("judged", "evaluation", "verdicts"),
        shorter("sources", "waiting", "case"),
        shorter("judged", "closing", "panes", "panes", 3, "time"),
        shorter("judged", "closing", "panes", "panes", 3, "judged"),
        shorter("judged", "closing", "panes", "expectations", 0, "own"),
        shorter("judged", "closing", "panes", "expectations", 0, "expected"),
        without("judged", "closing", "panes", "expectations", 0),
        shorter("judged", "closing", "panes", "panes", 3, "facts", "survey"),
        shorter("judged", "evaluation", "cells", 0, 0, "spread"),
        shorter("judged", "closing", "windows", "mean_low"),
        shorter("judged", "evaluation", "employees", "handlings"),
    ],
)
def test_a_damaged_state_is_told_as_such(damage: Callable[[Any], Any]) -> None:
    """Parts that are missing or do not fit each other are refused, and in no other way."""
    ledger = [segment([Row(hours(turn), turn) for turn in range(60)])]
    state = damage(stored(judged(ledger).dump()))
    with pytest.raises(StateError, match="damaged"):
        Judge.load(PLAIN, state)


def test_what_was_judged_is_apart_from_how_it_came() -> None:
    """Two deliveries of the same handlings differ in their sources and nowhere else."""
    rows = [Row(hours(turn), turn) for turn in range(60)]
    one, other = finished([segment(rows)]), finished(in_pieces([*rows, rows[-1]], 7))
    assert one.fingerprint() == other.fingerprint()
    assert digest(one.dump()["sources"]) != digest(other.dump()["sources"])


def test_what_was_judged_says_nothing_about_the_clock_that_was_followed() -> None:
    """A worker and a replay of what it read, which has no wall clock, come to the same fingerprint."""
    rows = [Row(hours(turn), turn) for turn in range(60)]
    replay, worker = (
        finished([segment(rows)], replace(PLAIN, time=TimeSettings(clock=clock)))
        for clock in ("event", "wall")
    )
    assert replay.fingerprint() == worker.fingerprint()
