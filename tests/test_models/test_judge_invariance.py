"""The same events give the same verdicts, however they are delivered (rule 4).

Promised: for any order within the lateness of each partition, any split into segments, any spread over
partitions, any mixing of partitions and any duplicates, as long as no idle mark and no valve acts. Equal
means every name, time, alert and array, to the last bit, of what is shown and of what is held: how often
records were read is apart.
"""

from functools import cache

import numpy as np
import pytest
from columns import PLAIN, Row, finished, hours, in_pieces, joined, segment, snapshot_of
from drawn import LATENESS, delivered, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import differences

from models.handling import Handlings
from models.judge import Judge
from models.simulation import Centre, SimulationSettings, inconsistencies

seeds = st.integers(0, 2**32)


def same(one: Judge, other: Judge) -> None:
    assert differences(one.snapshot(), other.snapshot()) == []
    assert one.fingerprint() == other.fingerprint()


def in_order(events: list[Row]) -> list[Row]:
    return sorted(events, key=lambda row: (row.time, row.event))


@settings(max_examples=80)
@given(events=rows(days=20, max_size=60), seed=seeds, partitions=st.integers(1, 4), whole=st.booleans())
def test_any_delivery_shows_the_same(events: list[Row], seed: int, partitions: int, whole: bool) -> None:
    """Disorder, splits, partitions and duplicates leave what is judged as it is."""
    if not events:
        return
    plain = finished([segment(in_order(events))], whole=whole)
    other = finished(delivered(events, seed, partitions=partitions, copies=0.3), whole=whole)
    same(other, plain)
    assert other.snapshot().counts["handlings"].accepted == len(events)


@settings(max_examples=40)
@given(events=rows(days=6, max_size=60), seed=seeds, partitions=st.integers(1, 4), data=st.data())
def test_versions_come_in_any_order(
    events: list[Row], seed: int, partitions: int, data: st.DataObject
) -> None:
    """Where versions of an event contradict each other, the one that counts does not depend on delivery."""
    versions = [
        row._replace(
            revision=data.draw(st.integers(0, 1)),
            outcome=data.draw(st.sampled_from(("resolved", "refused"))),
            employee=data.draw(st.sampled_from(("ann", "bob", None))),
            survey=data.draw(st.sampled_from((0.5, np.nan))),
        )
        for row in events[:20]
    ]
    every = in_order([*events, *versions])
    if every:
        one, other = (
            finished(delivered(every, seed + turn, partitions=partitions if turn else 1, copies=0.3))
            for turn in (0, 1)
        )
        same(one, other)


@settings(max_examples=40)
@given(events=rows(days=6, max_size=40), seed=seeds, data=st.data())
def test_a_copy_that_comes_days_later_changes_nothing(
    events: list[Row], seed: int, data: st.DataObject
) -> None:
    """Even a duplicate beyond the lateness only counts as one: no step, no sum, no bit more."""
    if not events:
        return
    ordered = in_order(events)
    copies = data.draw(st.lists(st.sampled_from(ordered), max_size=5))
    at = [data.draw(st.integers(0, len(ordered))) for _ in copies]
    late = list(ordered)
    for copy, place in zip(copies, at, strict=True):
        late.insert(place, copy)
    if list(dict.fromkeys(row.event for row in late)) != [row.event for row in ordered]:
        return  # a copy came before its original, which is then the late one
    plain = finished([segment(ordered)])
    again = finished(in_pieces(late, 1 + seed % 7))
    same(again, plain)
    counts = again.snapshot().counts["handlings"]
    assert (counts.accepted, counts.duplicate + counts.late) == (len(ordered), len(copies))


@cache
def centre() -> Handlings:
    """Return the handlings of 45 days of a centre in which an employee and a stratum differ."""
    simulated = Centre(SimulationSettings(days=45, inconsistencies=inconsistencies("demo")), seed=7)
    return joined([day.handlings for day in simulated.days()])


@cache
def plainly_delivered() -> Judge:
    """Return the judge of a centre that delivers on one partition in order."""
    return finished(in_pieces(centre(), 8_192))


@pytest.mark.parametrize(("seed", "partitions", "longest"), [(1, 1, 8_192), (2, 3, 2_000), (3, 4, 300)])
def test_a_centres_verdicts_do_not_depend_on_delivery(seed: int, partitions: int, longest: int) -> None:
    """45 days with alerts: disorder, splits, partitions and 5 % duplicates leave every alert as it is."""
    plain = plainly_delivered()
    assert {alert.kind for alert in plain.alerts} == {"stratum_split", "employee_outlier"}
    delivery = delivered(centre(), seed, partitions=partitions, copies=0.05, longest=longest)
    other = finished(delivery)
    same(other, plain)
    assert other.snapshot().counts["handlings"].duplicate > 2_000


def test_lateness_is_meant_to_the_microsecond() -> None:
    """A row exactly at the end of a pane whose lateness has just passed is not late; the law stays."""
    start = PLAIN.time.pane_s * 1_000_000 * 474_768
    on_time = [Row(start + LATENESS - 1, 1), Row(start - 1, 2)]
    too_late = [Row(start + LATENESS, 1), Row(start - 1, 2)]
    assert snapshot_of([segment(on_time)]).corrections["added"] == 0
    assert snapshot_of([segment(too_late)]).corrections["added"] == 1


def test_a_copy_that_comes_while_nobody_works_makes_no_step() -> None:
    """A late duplicate that is due in a day without a row does not make that day a step."""
    friday, sunday_midnight = Row(hours(10), 1), Row(hours(72), 2)
    monday_noon = Row(hours(84), 3)
    plain = finished([segment([friday, sunday_midnight, monday_noon])])
    again = finished([segment([friday, sunday_midnight, friday, monday_noon])])
    assert again.snapshot().counts["handlings"].duplicate == 1
    same(again, plain)
