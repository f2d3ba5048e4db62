"""Every family that stands on the page, declared once: name, type, labels, help.

Names are `touchpoint_<subject>_<what>_<unit>` in base units: seconds, ratios 0..1; `_total` says counter. A
family has one unit, so each kind of measure has its own: outcomes (0 or 1), scores (0..1) and durations. What
is watched of a duration is its logarithm: its mean is shown as the geometric mean, which is in seconds again;
its variance is that of the logarithm, which has no unit.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from streams.metrics.family import Family, counter, gauge, gauge_histogram, histogram

WORKER: Final = (
    gauge("touchpoint_build_info", "Always 1; says which version runs.", "version"),
    gauge(
        "touchpoint_config_info",
        "Always 1; says which settings the judge follows and under which names persons are shown.",
        "config_hash",
        "privacy_mode",
    ),
    gauge("touchpoint_config_threshold", "Thresholds in force, for rules and boards to draw.", "name"),
    gauge("touchpoint_assigned_partitions", "Source partitions that this worker holds.", "topic"),
    counter("touchpoint_rebalances_total", "Assignments that this worker was given by its group."),
    gauge(
        "touchpoint_consumer_lag_messages",
        "Records between this worker's position and the high watermark.",
        "topic",
        "partition",
    ),
    gauge("touchpoint_last_record_timestamp_seconds", "When this worker last read a source record."),
    counter("touchpoint_fetches_total", "Fetches of source partitions that this worker has taken."),
    histogram(
        "touchpoint_ledger_ack_delay_seconds",
        "From a record's timestamp to the acknowledgement of its segment by the ledger.",
    ),
    gauge("touchpoint_stalled_seconds", "How long records have waited while nothing was handled."),
    histogram(
        "touchpoint_event_loop_lag_seconds",
        "How late the event loop wakes: Python's lock, its garbage collector, long steps.",
    ),
    histogram(
        "touchpoint_processing_duration_seconds",
        "Time by the wall that a fetch took (intake), a ledger record (judge), a publication of alerts, a "
        "checkpoint, a rendering of this page; what failed is left out.",
        "stage",
    ),
    counter("touchpoint_dead_letters_total", "Rejects written to the dead-letter topic.", "topic"),
    counter("touchpoint_alerts_published_total", "Records written to the alerts topic."),
    counter(
        "touchpoint_alert_publish_failures_total", "Publications of alerts that failed and are tried again."
    ),
    counter("touchpoint_checkpoint_failures_total", "Checkpoints that failed and are tried again."),
    gauge("touchpoint_judge_active", "1 where this worker holds the judge; one worker of all does."),
    gauge(
        "touchpoint_judge_caught_up",
        "1 once the judge has applied what stood in the ledger when it took over; before that it exports no "
        "counts and no verdicts.",
    ),
    gauge("touchpoint_ledger_position_offset", "Offset of the ledger that the judge applies next."),
    gauge("touchpoint_ledger_lag_messages", "Ledger records that the judge has not applied yet."),
    counter("touchpoint_take_overs_total", "How often this worker has taken the judge over."),
    gauge(
        "touchpoint_take_over_duration_seconds",
        "How long the last take-over lasted, from the assignment until the judge had caught up.",
    ),
    gauge("touchpoint_checkpoint_timestamp_seconds", "When the newest checkpoint was written."),
    gauge("touchpoint_checkpoint_position_offset", "Ledger record that a restart begins with."),
    gauge(
        "touchpoint_history_incomplete_since_timestamp_seconds",
        "When the first ledger record that is left was written, where those before it had expired and were "
        "in no checkpoint. Absent where nothing is missing.",
    ),
)

PIPELINE: Final = (
    counter("touchpoint_events_received_total", "Records read from the source.", "topic"),
    counter("touchpoint_events_accepted_total", "Handlings that count.", "topic"),
    counter("touchpoint_events_rejected_total", "Records that are no handling.", "topic", "reason"),
    counter("touchpoint_events_duplicate_total", "Copies and superseded revisions.", "topic"),
    counter("touchpoint_events_late_total", "Handlings beyond the correction horizon.", "topic"),
    gauge(
        "touchpoint_events_pending",
        "Handlings that wait for their pane to close: received less accepted, rejected, duplicate and late.",
        "topic",
    ),
    counter("touchpoint_amendments_total", "Handlings applied after their pane had closed.", "action"),
    counter("touchpoint_contract_violations_total", "Breaches of the event contract.", "kind"),
    counter("touchpoint_names_refused_total", "Names beyond the bound, met anew in a pane.", "kind"),
    counter("touchpoint_repeat_contacts_total", "Contacts after the first of a case.", "answered_by"),
    counter("touchpoint_valve_forced_total", "Times the valve moved the watermark."),
    counter("touchpoint_steps_total", "Steps evaluated."),
    gauge("touchpoint_watermark_timestamp_seconds", "Event time up to which panes are closed."),
    gauge(
        "touchpoint_partition_clock_timestamp_seconds",
        "Greatest event time of a partition, less the lateness.",
        "topic",
        "partition",
    ),
    gauge("touchpoint_partition_idle", "1 while a partition does not hold the clock.", "topic", "partition"),
    gauge("touchpoint_partition_position_offset", "Offset applied next.", "topic", "partition"),
    gauge(
        "touchpoint_partition_missing_positions",
        "Positions that were jumped and have not come since.",
        "topic",
        "partition",
    ),
    gauge(
        "touchpoint_partition_lost_positions",
        "Positions whose records upstream's retention took before they could be read.",
        "topic",
        "partition",
    ),
    gauge("touchpoint_partitions_silent", "Partitions that never spoke and so hold the watermark."),
    gauge("touchpoint_state_entities", "Employees, strata, channels and issue types known.", "kind"),
    gauge("touchpoint_open_cases", "Cases that are remembered to tell first contacts from repeats."),
    gauge("touchpoint_last_step_timestamp_seconds", "Event time at which the last step ended."),
    gauge("touchpoint_window_end_timestamp_seconds", "Event time at which the rolling windows end."),
    gauge("touchpoint_data_begin_timestamp_seconds", "Event time at which the data begins."),
    gauge("touchpoint_warm", "1 once there is enough history for verdicts."),
)


def _of_measures(level: str, where: str, *labels: str) -> tuple[Family, ...]:
    """Return how many, mean and variance of one level, by kind of measure."""
    prefix = f"touchpoint_{level}"
    return (
        gauge(f"{prefix}_handlings", f"Handlings that say something for the measure, {where}.", *labels),
        gauge(f"{prefix}_outcome_ratio", f"Share of handlings that end so, {where}.", *labels),
        gauge(f"{prefix}_outcome_variance", f"Variance of 0 and 1 over handlings, {where}.", *labels),
        gauge(f"{prefix}_score_ratio", f"Mean score on 0..1, {where}.", *labels),
        gauge(f"{prefix}_score_variance", f"Variance of scores on 0..1, {where}.", *labels),
        gauge(
            f"{prefix}_duration_geometric_mean_seconds",
            f"exp of the mean of log seconds, {where}.",
            *labels,
        ),
        gauge(f"{prefix}_log_duration_variance", f"Variance of log seconds, {where}.", *labels),
    )


_CELL: Final = ("channel", "issue_type", "measure", "window")

CONSISTENCY: Final = (
    *_of_measures("stratum", "by channel and issue type", *_CELL),
    *_of_measures("channel", "by channel", "channel", "measure", "window"),
    *_of_measures("issue_type", "by issue type", "issue_type", "measure", "window"),
    gauge("touchpoint_stratum_employees", "Employees with enough evidence to be compared.", *_CELL),
    gauge("touchpoint_stratum_first_contacts", "First contacts that were judged.", *_CELL),
    gauge(
        "touchpoint_between_employee_variance",
        "Variance between employees (tau2), chance taken out: of log odds of an outcome, of the log of a "
        "duration, of a score.",
        *_CELL,
    ),
    gauge(
        "touchpoint_between_employee_i2_ratio",
        "Share of what lies between employees that is more than chance.",
        *_CELL,
    ),
    gauge("touchpoint_employee_icc_ratio", "Share of variance that is due to who answered.", *_CELL),
)


def _of_first_contacts(what: str, explanation: str) -> tuple[Family, ...]:
    prefix, labels = f"touchpoint_employee_{what}", ("employee", "measure")
    return (
        gauge(f"{prefix}_outcome_ratio", f"Share of outcomes {explanation}.", *labels),
        gauge(f"{prefix}_score_ratio", f"Mean score {explanation}.", *labels),
        gauge(f"{prefix}_duration_geometric_mean_seconds", f"Geometric mean {explanation}.", *labels),
    )


EMPLOYEES: Final = (
    gauge(
        "touchpoint_employee_z_score",
        "Distance from peers over the longest window; only those furthest away and those alerting are shown.",
        "employee",
        "measure",
    ),
    gauge("touchpoint_employee_first_contacts", "First contacts that were judged.", "employee", "measure"),
    *_of_first_contacts("observed", "of judged first contacts"),
    *_of_first_contacts("expected", "that peers would have with the same mix of cases"),
    *_of_measures("employee", "by employee, over the longest window", "employee", "measure"),
    gauge_histogram(
        "touchpoint_employee_funnel_z",
        "All employees with enough evidence by distance from peers; query _bucket, without rate().",
        "measure",
    ),
)

_ALERT: Final = ("kind", "severity", "employee", "channel", "issue_type", "measure", "alert_id")

ALERTS: Final = (
    gauge(
        "touchpoint_inconsistency_alert",
        "1 while an alert stands; * is a label that it does not single out.",
        *_ALERT,
    ),
    gauge("touchpoint_alert_score", "z of a standing alert.", *_ALERT),
    gauge("touchpoint_alert_evidence_outcomes", "First contacts that it rests on.", *_ALERT),
    gauge("touchpoint_alert_q_value_ratio", "Share of false ones among findings as strong.", *_ALERT),
    gauge("touchpoint_alert_started_timestamp_seconds", "Event time of its onset.", *_ALERT),
    gauge(
        "touchpoint_alert_effect_factor",
        "Ratio of the odds of an outcome, or of durations: between two typical employees of a stratum, or "
        "between an employee and peers. Absent for scores.",
        *_ALERT,
    ),
    gauge(
        "touchpoint_alert_effect_score",
        "The same as a difference of scores on 0..1. Absent for what is no score.",
        *_ALERT,
    ),
    gauge("touchpoint_alert_employees", "Employees that were compared.", *_ALERT),
    gauge("touchpoint_alerts_active", "Alerts that stand.", "kind", "severity"),
    counter("touchpoint_alerts_raised_total", "Alerts that have been raised.", "kind"),
    counter("touchpoint_alerts_ended_total", "Alerts that have ended.", "kind"),
)

COVERAGE: Final = (
    gauge(
        "touchpoint_judgeable_handlings_ratio",
        "Share of first contacts that belong to entities with enough evidence.",
        "kind",
        "measure",
    ),
    gauge("touchpoint_judgeable_entities", "Entities with enough evidence.", "kind", "measure"),
    gauge("touchpoint_seen_entities", "Entities with any first contact.", "kind", "measure"),
)

EXPORTER: Final = (
    gauge("touchpoint_export_series", "Series on this page."),
    gauge("touchpoint_export_series_dropped", "Series cut by metrics.series_max.", "family"),
    gauge("touchpoint_collect_duration_seconds", "How long making this page took."),
    counter("touchpoint_collect_errors_total", "Renderings that failed; this page stayed as it was."),
)

PROCESS: Final = (
    gauge("process_virtual_memory_bytes", "Virtual memory size in bytes."),
    gauge("process_resident_memory_bytes", "Resident memory size in bytes."),
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds."),
    counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds."),
    gauge("process_open_fds", "Number of open file descriptors."),
    gauge("process_max_fds", "Maximum number of open file descriptors."),
    gauge(
        "python_info",
        "Python platform information",
        *("implementation", "major", "minor", "patchlevel", "version"),
    ),
    counter("python_gc_objects_collected_total", "Objects collected during gc", "generation"),
    counter("python_gc_objects_uncollectable_total", "Uncollectable objects found during GC", "generation"),
    counter("python_gc_collections_total", "Number of times this generation was collected", "generation"),
)
"""What prometheus_client's own collectors say of the process; declared here so that rules can name them."""
PROCESS_SERIES: Final = 16

DROPPABLE: Final = (*CONSISTENCY, *EMPLOYEES)
"""What the cap may cut; everything else always stands on the page."""

FAMILIES: Final = (*WORKER, *PIPELINE, *DROPPABLE, *ALERTS, *COVERAGE, *EXPORTER, *PROCESS)
BY_NAME: Final = {family.name: family for family in FAMILIES}


def lines() -> Iterator[str]:
    """Yield two lines a family for people to read: name, labels and type; what it says."""
    for family in FAMILIES:
        labels = f"{{{', '.join(family.labels)}}}" if family.labels else ""
        yield f"{family.name}{labels} {family.type}"
        yield f"    {family.help}"


def as_dicts() -> list[dict[str, Any]]:
    """Return every family as plain containers, for programs to read."""
    return [asdict(family) for family in FAMILIES]
