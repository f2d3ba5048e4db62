"""Series of what the worker alone knows."""

from collections.abc import Iterator
from math import nan

from streams.metrics.series import Series, seconds
from streams.metrics.view import View


def worker_series(view: View) -> Iterator[Series]:
    """Yield them; the judge's own only in the worker that holds the judge."""
    worker = view.worker
    yield Series("touchpoint_build_info", (worker.version,), 1)
    yield Series("touchpoint_config_info", (worker.config_hash, worker.privacy_mode), 1)
    for name, threshold in worker.thresholds.items():
        yield Series("touchpoint_config_threshold", (name,), threshold)
    for topic in worker.topics:
        yield Series("touchpoint_assigned_partitions", (topic,), worker.assigned.get(topic, 0))
    yield Series("touchpoint_rebalances_total", (), worker.rebalances)
    for (topic, partition), lag in worker.lag.items():
        yield Series("touchpoint_consumer_lag_messages", (topic, str(partition)), lag)
    yield Series("touchpoint_last_record_timestamp_seconds", (), seconds(worker.last_record))
    yield Series("touchpoint_fetches_total", (), worker.fetches)
    if worker.ack_delay is not None:
        yield Series("touchpoint_ledger_ack_delay_seconds", (), worker.ack_delay)
    yield Series("touchpoint_stalled_seconds", (), worker.stalled_s)
    if worker.loop_lag is not None:
        yield Series("touchpoint_event_loop_lag_seconds", (), worker.loop_lag)
    for stage, durations in worker.durations.items():
        yield Series("touchpoint_processing_duration_seconds", (stage,), durations)
    for topic in worker.topics:
        yield Series("touchpoint_dead_letters_total", (topic,), worker.dead_letters.get(topic, 0))
    yield Series("touchpoint_alerts_published_total", (), worker.alerts_published)
    yield Series("touchpoint_alert_publish_failures_total", (), worker.alert_publish_failures)
    yield Series("touchpoint_checkpoint_failures_total", (), worker.checkpoint_failures)
    yield Series("touchpoint_take_overs_total", (), worker.take_overs)
    yield Series("touchpoint_take_over_duration_seconds", (), _number(worker.take_over_s))
    yield Series("touchpoint_judge_active", (), view.snapshot is not None)
    if view.snapshot is not None:
        yield Series("touchpoint_judge_caught_up", (), worker.caught_up)
        yield Series("touchpoint_ledger_position_offset", (), _number(worker.ledger_position))
        yield Series("touchpoint_ledger_lag_messages", (), _number(worker.ledger_lag))
        yield Series("touchpoint_checkpoint_timestamp_seconds", (), seconds(worker.checkpoint_at))
        yield Series("touchpoint_checkpoint_position_offset", (), _number(worker.checkpoint_position))
        since = seconds(worker.incomplete_since)
        yield Series("touchpoint_history_incomplete_since_timestamp_seconds", (), since)


def _number(value: float | None) -> float:
    return nan if value is None else value
