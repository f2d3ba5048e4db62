"""What the page is made of: the judge's snapshot and what the worker alone knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.snapshot import Snapshot
from streams.metrics.series import Distribution


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What the worker alone knows; times are microseconds since 1970 UTC, counts begin with the process.

    Attributes
    ----------
    version, config_hash, privacy_mode : str
    thresholds : mapping of name to number
        Those in force, so that rules and boards never repeat them.
    topics : tuple of str
        The configured source topics: what has not happened on one of them yet is a 0.
    caught_up : bool
        The judge has applied all that stood in the ledger when this worker took it over (rule 10).
    assigned : mapping of topic to int
        Source partitions that this worker holds.
    rebalances : int
        Assignments that this worker was given.
    lag : mapping of (topic, partition) to int
        Records between the position and the high watermark, of the source partitions assigned here.
    last_record : int or None
        When this worker last read a source record, by the wall clock.
    fetches : int
        Fetches of source partitions taken.
    ack_delay : Distribution or None
        Seconds from records' timestamps to the acknowledgement of their segments.
    stalled_s : float
        How long records have waited while nothing was handled.
    loop_lag : Distribution or None
        Seconds that the event loop woke late.
    durations : mapping of stage to Distribution
        Seconds that pieces of work took.
    dead_letters : mapping of topic to int
        Rejects of that topic that were written to the dead-letter topic.
    alerts_published, alert_publish_failures, checkpoint_failures : int
    ledger_position, ledger_lag : int or None
        The offset the judge applies next, and how many records follow it.
    take_overs : int
    take_over_s : float or None
        How long the last one lasted, until the judge had caught up.
    checkpoint_at, checkpoint_position : int or None
        When the newest checkpoint was written, and with which ledger record a restart begins.
    incomplete_since : int or None
        When the first ledger record that is left was written, where those before it are lost.
    """

    version: str
    config_hash: str
    privacy_mode: str
    thresholds: Mapping[str, float]
    topics: tuple[str, ...]
    caught_up: bool = False
    assigned: Mapping[str, int] = field(default_factory=dict)
    rebalances: int = 0
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    last_record: int | None = None
    fetches: int = 0
    ack_delay: Distribution | None = None
    stalled_s: float = 0.0
    loop_lag: Distribution | None = None
    durations: Mapping[str, Distribution] = field(default_factory=dict)
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    alerts_published: int = 0
    alert_publish_failures: int = 0
    checkpoint_failures: int = 0
    ledger_position: int | None = None
    ledger_lag: int | None = None
    take_overs: int = 0
    take_over_s: float | None = None
    checkpoint_at: int | None = None
    checkpoint_position: int | None = None
    incomplete_since: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One picture of the service; `snapshot` is None in a worker that does not hold the judge."""

    snapshot: Snapshot | None
    worker: WorkerState
