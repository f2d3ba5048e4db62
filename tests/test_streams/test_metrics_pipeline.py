"""The pipeline's families: what became of every record, and where event time stands."""

from dataclasses import replace

import numpy as np
import pytest
from pages import (
    TOPIC,
    Feed,
    judged,
    label_values,
    labels,
    rows_of,
    series_on,
    shown,
    text_of,
    view_of,
    worker,
)

from models.rejects import REASONS
from models.segment import Source
from models.snapshot import Snapshot, SourceState
from streams.config import load
from streams.metrics import View
from streams.metrics.catalogue import EXPORTER, PIPELINE, PROCESS, WORKER
from streams.metrics.series import Distribution
from streams.metrics.thresholds import thresholds

THRESHOLDS = {
    "detectors.spread.q": 0.015,
    "detectors.funnel.employees_min": 11,
    "worker.stall_s": 61.0,
    "intake.idle_grace_s": 901,
    "privacy.employees_min": 7,
    "metrics.series_max": 5_001,
    "checkpoints.every_s": 601,
    "kafka.session_timeout_s": 21.0,
}
PARTS = ("accepted_total", "rejected_total", "duplicate_total", "late_total", "pending")


@pytest.fixture(scope="module")
def eventful() -> Snapshot:
    """Return what is shown after rejects, duplicates and rows that came too late, while rows still wait."""
    feed = Feed()
    feed.give(rows_of(0), rejects=(0, 0, 5))
    feed.give(rows_of(0).take(np.arange(3)))
    for day in range(1, 10):
        feed.give(rows_of(day), rejects=(13,))
    feed.give(rows_of(0).take(np.arange(2)))
    return feed.judge.snapshot()


def test_every_record_can_be_accounted_for_on_the_page(eventful: Snapshot) -> None:
    """Received is the sum of accepted, rejected, duplicate, late and pending, none of which is 0 here."""
    series = series_on(text_of(view_of(eventful)))

    parts = [sum(series[f"touchpoint_events_{part}"].values()) for part in PARTS]

    assert series["touchpoint_events_received_total"] == {labels(topic=TOPIC): sum(parts)}
    assert all(part > 0 for part in parts)


def test_rejects_are_told_by_reason(eventful: Snapshot) -> None:
    """Each reason carries its own count, and the ones that did not occur a 0."""
    rejected = series_on(text_of(view_of(eventful)))["touchpoint_events_rejected_total"]

    expected = dict.fromkeys(REASONS, 0) | {REASONS[0]: 2, REASONS[5]: 1, REASONS[13]: 9}
    assert rejected == {labels(topic=TOPIC, reason=reason): n for reason, n in expected.items()}


def test_a_topic_that_never_spoke_has_zeros() -> None:
    """Every count of a configured topic is there before its first record."""
    series = series_on(text_of(view_of(topics=(TOPIC, "silent"))))

    for part in ("received_total", "accepted_total", "duplicate_total", "late_total", "pending"):
        assert series[f"touchpoint_events_{part}"][labels(topic="silent")] == 0
    for reason in REASONS:
        assert series["touchpoint_events_rejected_total"][labels(topic="silent", reason=reason)] == 0
    assert series["touchpoint_dead_letters_total"][labels(topic="silent")] == 0


def test_before_the_judge_has_caught_up_there_are_no_counts_and_no_verdicts() -> None:
    """While it repeats the ledger it shows that it does and where its clock stands, and nothing else."""
    series = series_on(text_of(view_of(caught_up=False)))

    assert series["touchpoint_judge_caught_up"] == {labels(): 0}
    assert "touchpoint_watermark_timestamp_seconds" in series
    families = (*WORKER, *PIPELINE, *EXPORTER, *PROCESS)
    told = {name for family in families for name in family.series_names()}
    assert set(series) <= told
    assert not [name for name in series if name.startswith(("touchpoint_events", "touchpoint_steps"))]


def test_a_worker_without_the_judge_shows_only_what_it_knows_itself() -> None:
    """Of several workers one holds the judge; the page of another has nothing of the judge on it."""
    series = series_on(text_of(View(None, worker())))

    assert series["touchpoint_judge_active"] == {labels(): 0}
    assert series["touchpoint_consumer_lag_messages"] == {labels(topic=TOPIC, partition="0"): 7}
    assert not {family.name for family in PIPELINE} & set(series)
    assert "touchpoint_judge_caught_up" not in series


def test_times_are_seconds_since_1970() -> None:
    """The core counts in microseconds, the page in seconds."""
    snapshot = replace(judged(), watermark=1_700_000_000_250_000)

    series = series_on(text_of(view_of(snapshot)))

    assert series["touchpoint_watermark_timestamp_seconds"] == {labels(): 1_700_000_000.25}
    assert series["touchpoint_last_record_timestamp_seconds"] == {labels(): 1_704_067_200.5}


def test_what_there_is_not_yet_is_left_out() -> None:
    """No watermark, no step, no lag known: no series, never a 0 that means 1970."""
    nothing = Feed().judge.snapshot()

    series = series_on(text_of(view_of(nothing, ledger_lag=None)))

    assert {"touchpoint_watermark_timestamp_seconds", "touchpoint_last_step_timestamp_seconds"}.isdisjoint(
        series
    )
    assert {"touchpoint_window_end_timestamp_seconds", "touchpoint_ledger_lag_messages"}.isdisjoint(series)


def test_each_partition_tells_clock_position_and_gaps() -> None:
    """A partition that has not spoken has no clock, the others say where they stand."""
    spoken = SourceState(Source(TOPIC, 0, 0), position=120, missing=3, lost=4, clock=5_000_000, idle=False)
    silent = SourceState(Source(TOPIC, 1, 0), position=0, missing=0, lost=0, clock=None, idle=True)

    series = series_on(text_of(view_of(replace(judged(), sources=(spoken, silent)))))

    first, second = labels(topic=TOPIC, partition="0"), labels(topic=TOPIC, partition="1")
    assert series["touchpoint_partition_clock_timestamp_seconds"] == {first: 5}
    assert series["touchpoint_partition_position_offset"] == {first: 120, second: 0}
    assert series["touchpoint_partition_missing_positions"] == {first: 3, second: 0}
    assert series["touchpoint_partition_lost_positions"] == {first: 4, second: 0}
    assert series["touchpoint_partition_idle"] == {first: 0, second: 1}


def test_of_a_topic_that_was_made_anew_the_latest_epoch_is_shown() -> None:
    """One series a partition, whatever its topic went through."""
    before = SourceState(Source(TOPIC, 0, 1), position=900, missing=9, lost=9, clock=5_000_000, idle=False)
    after = SourceState(Source(TOPIC, 0, 2), position=4, missing=0, lost=0, clock=6_000_000, idle=False)

    series = series_on(text_of(view_of(replace(judged(), sources=(after, before)))))

    assert series["touchpoint_partition_position_offset"] == {labels(topic=TOPIC, partition="0"): 4}


def test_thresholds_and_fingerprints_are_there_for_rules_to_use() -> None:
    """The version, the configuration and every threshold in force stand on the page."""
    series = shown()

    assert series["touchpoint_build_info"] == {labels(version="0.1.0"): 1}
    described = labels(config_hash="0123456789ab", privacy_mode="pseudonym")
    assert series["touchpoint_config_info"] == {described: 1}
    assert series["touchpoint_config_threshold"] == {
        labels(name="detectors.spread.q"): 0.02,
        labels(name="windows.days"): 28,
    }


def test_the_judge_tells_its_corrections_and_contacts() -> None:
    """Amendments, contract violations, refused names, repeat contacts and cases equal the snapshot's."""
    snapshot, series = judged(), shown()

    assert series["touchpoint_repeat_contacts_total"] == {
        labels(answered_by=who): n for who, n in snapshot.repeat_contacts.items()
    }
    assert series["touchpoint_open_cases"] == {labels(): snapshot.open_cases}
    assert series["touchpoint_steps_total"] == {labels(): snapshot.steps}
    assert label_values(series["touchpoint_amendments_total"], "action") == {"added", "revised"}
    assert label_values(series["touchpoint_contract_violations_total"], "kind") == {"reused_id"}
    assert label_values(series["touchpoint_names_refused_total"], "kind") == {"employee", "issue_type"}


def test_the_thresholds_are_those_in_force() -> None:
    """By the path of their key, the shell's as the judge's: rules and boards repeat no number."""
    overrides = [f"{key}={value}" for key, value in THRESHOLDS.items()]
    config = load(None, overrides=overrides, environment={})

    assert thresholds(config).items() >= THRESHOLDS.items()


def test_what_the_judge_knows_is_counted() -> None:
    """Employees, strata, channels and issue types that have come up."""
    snapshot = judged()

    assert shown()["touchpoint_state_entities"] == {
        labels(kind="employee"): len(snapshot.employees),
        labels(kind="stratum"): len(snapshot.strata),
        labels(kind="channel"): len(snapshot.channels),
        labels(kind="issue_type"): len(snapshot.issue_types),
    }


def test_partitions_are_counted_by_topic() -> None:
    """A configured topic of which this worker holds nothing has a 0."""
    series = series_on(text_of(view_of(topics=(TOPIC, "elsewhere"), assigned={TOPIC: 3}, rebalances=4)))

    held = {labels(topic=TOPIC): 3, labels(topic="elsewhere"): 0}
    assert series["touchpoint_assigned_partitions"] == held
    assert series["touchpoint_rebalances_total"] == {labels(): 4}


def test_writes_that_failed_are_told_apart() -> None:
    """Alerts that readers wait for and a checkpoint that a restart waits for are different nights."""
    series = series_on(text_of(view_of(alert_publish_failures=3, checkpoint_failures=7)))

    assert series["touchpoint_alert_publish_failures_total"] == {labels(): 3}
    assert series["touchpoint_checkpoint_failures_total"] == {labels(): 7}


def test_how_long_a_take_over_lasted_is_told_once_one_has() -> None:
    """Before the first there is nothing to tell, and a 0 would be a lie."""
    assert shown()["touchpoint_take_over_duration_seconds"] == {labels(): 2.5}
    never = series_on(text_of(view_of(take_over_s=None)))
    assert "touchpoint_take_over_duration_seconds" not in never


def test_histograms_of_the_worker_stand_as_they_are() -> None:
    """Buckets, count and sum; of durations one set a stage."""
    lag = Distribution((("0.1", 3.0), ("+Inf", 4.0)), 1.25)
    judge = Distribution((("0.01", 8.0), ("+Inf", 9.0)), 0.5)
    series = series_on(text_of(view_of(loop_lag=lag, durations={"judge": judge})))

    assert series["touchpoint_event_loop_lag_seconds_bucket"] == {labels(le="0.1"): 3, labels(le="+Inf"): 4}
    assert series["touchpoint_event_loop_lag_seconds_sum"] == {labels(): 1.25}
    prefix = "touchpoint_processing_duration_seconds"
    assert series[f"{prefix}_bucket"][labels(stage="judge", le="0.01")] == 8
    assert series[f"{prefix}_count"] == {labels(stage="judge"): 9}
