"""Series of what became of the records, and of event time."""

from collections.abc import Iterator, Sequence

from models.counts import Counts
from models.rejects import REASONS
from models.snapshot import Snapshot, SourceState
from streams.metrics.series import Series, seconds

_NOTHING = Counts(0, 0, dict.fromkeys(REASONS, 0), 0, 0, 0)


def clock_series(snapshot: Snapshot) -> Iterator[Series]:
    """Yield where the judge stands: gauges, true while it catches up as well."""
    yield Series("touchpoint_watermark_timestamp_seconds", (), seconds(snapshot.watermark))
    for topic, partition, state in _current(snapshot.sources):
        where = (topic, str(partition))
        yield Series("touchpoint_partition_clock_timestamp_seconds", where, seconds(state.clock))
        yield Series("touchpoint_partition_idle", where, state.idle)
        yield Series("touchpoint_partition_position_offset", where, state.position)
        yield Series("touchpoint_partition_missing_positions", where, state.missing)
        yield Series("touchpoint_partition_lost_positions", where, state.lost)
    yield Series("touchpoint_partitions_silent", (), snapshot.silent_partitions)
    known = {
        "employee": snapshot.employees,
        "stratum": snapshot.strata,
        "channel": snapshot.channels,
        "issue_type": snapshot.issue_types,
    }
    for kind, entities in known.items():
        yield Series("touchpoint_state_entities", (kind,), len(entities))
    yield Series("touchpoint_open_cases", (), snapshot.open_cases)
    yield Series("touchpoint_last_step_timestamp_seconds", (), seconds(snapshot.last_step))
    yield Series("touchpoint_window_end_timestamp_seconds", (), seconds(snapshot.window_end))
    yield Series("touchpoint_data_begin_timestamp_seconds", (), seconds(snapshot.origin))
    yield Series("touchpoint_warm", (), snapshot.warm)


def count_series(snapshot: Snapshot, topics: Sequence[str]) -> Iterator[Series]:
    """Yield what the fold has counted.

    Not to be exported before the judge has caught up: a judge that starts again from a checkpoint counts
    the same records once more, and `rate` would take the smaller count for a reset and add it all again.
    """
    for topic in dict.fromkeys((*topics, *snapshot.counts)):
        counts = snapshot.counts.get(topic, _NOTHING)
        yield Series("touchpoint_events_received_total", (topic,), counts.read)
        yield Series("touchpoint_events_accepted_total", (topic,), counts.accepted)
        for reason in REASONS:
            yield Series("touchpoint_events_rejected_total", (topic, reason), counts.rejected[reason])
        yield Series("touchpoint_events_duplicate_total", (topic,), counts.duplicate)
        yield Series("touchpoint_events_late_total", (topic,), counts.late)
        yield Series("touchpoint_events_pending", (topic,), counts.pending)
    for action in ("added", "revised"):
        yield Series("touchpoint_amendments_total", (action,), snapshot.corrections[action])
    reused = snapshot.corrections["reused_ids"]
    yield Series("touchpoint_contract_violations_total", ("reused_id",), reused)
    for kind, refused in snapshot.refused_names.items():
        yield Series("touchpoint_names_refused_total", (kind,), refused)
    for answered_by, contacts in snapshot.repeat_contacts.items():
        yield Series("touchpoint_repeat_contacts_total", (answered_by,), contacts)
    yield Series("touchpoint_valve_forced_total", (), snapshot.forced)
    yield Series("touchpoint_steps_total", (), snapshot.steps)


def _current(sources: Sequence[SourceState]) -> Iterator[tuple[str, int, SourceState]]:
    """Yield each partition once: of a topic that was made anew the latest epoch is what there is."""
    latest: dict[tuple[str, int], SourceState] = {}
    for state in sorted(sources, key=lambda state: state.source):
        latest[state.source.topic, state.source.partition] = state
    for (topic, partition), state in latest.items():
        yield topic, partition, state
