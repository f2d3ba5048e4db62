"""The conservation law (rule 11): read = accepted + rejected + duplicate + late + pending, always."""

from dataclasses import replace

import pytest
from columns import PLAIN, Row, hours, judged, segment, snapshot_of, source
from drawn import ledgers
from hypothesis import given, settings
from hypothesis import strategies as st

from models.counts import Counts, total
from models.judge import Judge
from models.rejects import REASONS
from models.segment import LedgerRecord
from models.settings import TimeSettings

TIGHT = replace(PLAIN, time=TimeSettings(clock="wall", valve_rows=12, correction_horizon_days=2))


def holds(counts: Counts) -> bool:
    told = counts.accepted + sum(counts.rejected.values()) + counts.duplicate + counts.late + counts.pending
    return counts.read == told


@settings(max_examples=80)
@given(ledger=ledgers(), whole=st.booleans())
def test_every_record_is_accounted_for_at_every_moment(ledger: list[LedgerRecord], whole: bool) -> None:
    """After each record of any ledger the law holds for every topic and in total; nothing raises."""
    judge = Judge(TIGHT, whole=whole)
    before = 0
    for record in ledger:
        judge.apply(record)
        counts = judge.snapshot().counts
        assert all(holds(count) for count in counts.values())
        assert holds(total(counts))
        assert total(counts).read >= before
        before = total(counts).read
    judge.finish()
    counts = judge.snapshot().counts
    assert all(holds(count) for count in counts.values())
    assert total(counts).pending == 0


def test_rejects_are_counted_by_reason_and_topic() -> None:
    """Every reason is there, those that never happened with 0."""
    judge = judged(
        [
            segment([Row(hours(1), 1)], 0, rejects=[1, 2, 3], reasons=[4, 4, 13], roster={}),
            segment([], 0, of=source(0, "calls"), rejects=[0], reasons=[0], roster={}),
        ]
    )
    counts = judge.snapshot().counts
    assert set(counts["handlings"].rejected) == set(REASONS)
    assert counts["handlings"].rejected["not_json"] == 2
    assert counts["handlings"].rejected["future"] == 1
    assert counts["calls"].rejected["empty"] == 1
    assert total(counts).rejected["not_json"] == 2
    assert (total(counts).read, total(counts).pending) == (5, 1)


def test_what_waits_is_pending_until_its_pane_closes() -> None:
    """A row is pending, then accepted; a watermark that has not passed its pane's end leaves it so."""
    one, two = segment([Row(hours(0.5), 1)]), segment([Row(hours(1.25), 2)], 1)
    judge = judged([one])
    assert judge.snapshot().counts["handlings"].pending == 1
    judge.apply(segment([Row(hours(1.24), 2)], 1))
    assert judge.snapshot().counts["handlings"].pending == 2
    judge.apply(segment([Row(hours(1.25), 3)], 2))
    shown = judge.snapshot().counts["handlings"]
    assert (shown.pending, shown.accepted) == (2, 1)
    assert judged([one, two]).snapshot().counts["handlings"].accepted == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_of_copies_on_two_topics_the_same_one_counts(swapped: bool) -> None:
    """Which topic an event that came on two counts for does not depend on which was read first."""
    roster = {"handlings": 1, "calls": 1}
    parts = [
        segment([Row(hours(1), 1)], of=source(0, topic), roster=roster) for topic in ("handlings", "calls")
    ]
    counts = snapshot_of(parts[::-1] if swapped else parts).counts
    assert list(counts) == ["calls", "handlings"]
    assert (counts["calls"].accepted, counts["calls"].duplicate) == (0, 1)
    assert (counts["handlings"].accepted, counts["handlings"].duplicate) == (1, 0)


def test_late_is_what_comes_beyond_the_correction_horizon() -> None:
    """A row whose pane ended a horizon before its own partition's clock is counted late, not applied."""
    horizon = PLAIN.time.correction_horizon_days * 24
    newest = Row(hours(horizon + 2.25), 1)  # the clock stands at horizon + 2 h
    snapshot = snapshot_of([segment([newest, Row(hours(2) - 1, 2), Row(hours(2), 3)])])
    counts = snapshot.counts["handlings"]
    assert (counts.accepted, counts.late) == (2, 1)
    assert snapshot.corrections["added"] == 1


def test_arrays_of_counts_do_not_run_over() -> None:
    """A large segment is counted to the unit."""
    many = [Row(hours(1), event) for event in range(8_192)]
    counts = snapshot_of([segment(many), segment(many, 4_096)]).counts["handlings"]
    assert (counts.read, counts.accepted, counts.duplicate) == (12_288, 8_192, 4_096)
