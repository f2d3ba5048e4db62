"""Whether the worker lives, is ready, and how far behind it is; for probes and for the page.

Alive: records that wait are handled. That the loop turns is what an answer shows.
Ready: partitions are assigned, and where the judge is here it has caught up.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from faust.types import TP

from streams.config import Config
from streams.histogram import Histogram
from streams.intake import Intake
from streams.loop_lag import BOUNDS
from streams.ownership import Ownership
from streams.transport import FetchConsumer

_ENDS_HOLD_S: Final = 10.0


@dataclass(slots=True)
class Progress:
    """How long work has waited while nothing was done.

    Attributes
    ----------
    since : float or None
        Monotonic seconds from which on something waited and nothing was done.
    """

    since: float | None = None
    _done: int = -1

    def observe(self, done: int, waiting: int, now: float) -> None:
        """Take note of how much has been done in all and how much waits."""
        if waiting == 0 or done != self._done:
            self.since = None
        elif self.since is None:
            self.since = now
        self._done = done

    def stalled_s(self, now: float) -> float:
        """Return for how long."""
        return 0.0 if self.since is None else now - self.since


@dataclass(slots=True)
class Health:
    """What is looked at, once a second, to tell.

    Attributes
    ----------
    is_assigned : bool
        The group has given this worker its part, be it nothing.
    holds_ledger : bool
        The judge is to be here.
    rebalances : int
        How many assignments this worker was given.
    loop_lag : Histogram
        Seconds that the event loop woke late.
    """

    config: Config
    intake: Intake
    ownership: Ownership
    consumer: FetchConsumer
    is_assigned: bool = False
    holds_ledger: bool = False
    rebalances: int = 0
    loop_lag: Histogram = field(default_factory=lambda: Histogram(BOUNDS))
    monotonic: Callable[[], float] = time.monotonic
    _taken: Progress = field(default_factory=Progress)
    _judged: Progress = field(default_factory=Progress)
    _joined: Progress = field(default_factory=Progress)

    @property
    def is_ready(self) -> bool:
        """Whether this worker does its part: has its partitions, and shows verdicts where it judges."""
        return self.is_assigned and (not self.holds_ledger or self.ownership.caught_up)

    def stalled_s(self) -> float:
        """Return how long records have waited while nothing was handled."""
        now = self.monotonic()
        return max(self._taken.stalled_s(now), self._judged.stalled_s(now))

    def problem(self) -> str | None:
        """Return why this worker should be started anew, None while it lives."""
        now, patience = self.monotonic(), self.config.worker.stall_s
        waits = (
            (self._taken, "records wait"),
            (self._judged, "the ledger waits"),
            (self._joined, "the group gives no partitions"),
        )
        for progress, what in waits:
            if progress.stalled_s(now) >= patience:
                return f"{what} and nothing was handled for {progress.stalled_s(now):.0f} s"
        return None

    def look(self) -> None:
        """Take note of what has been done since the last look."""
        now = self.monotonic()
        self._joined.observe(0, int(not self.is_assigned), now)
        self._taken.observe(self.intake.fetches, sum(self.lag().values()), now)
        judging = self.ownership.judging
        self._judged.observe(0 if judging is None else judging.next_offset, self.ledger_lag() or 0, now)

    def end(self, tp: TP) -> int | None:
        """Return the offset that the next record of a partition will have, None where that is not known.

        What Kafka said a while ago does not count: a worker that is cut off must not call a source idle.
        """
        ends = self.consumer.ends(tp)
        is_known = ends is not None and time.time() - ends.at <= _ENDS_HOLD_S
        return ends.highwater if ends is not None and is_known else None

    def lag(self) -> dict[tuple[str, int], int]:
        """Return how much of each assigned source partition could be read and has not been taken."""
        lag = {}
        for tp in self.intake.assigned:
            ends, position = self.consumer.ends(tp), self.intake.position(tp)
            if ends is not None and position is not None:
                lag[tp.topic, tp.partition] = max(ends.stable - position, 0)
        return lag

    def ledger_lag(self) -> int | None:
        """Return how many records of the ledger the judge has not applied, None where it is not here."""
        ends, judging = self.consumer.ends(self._ledger), self.ownership.judging
        if ends is None:
            return None
        return max(ends.stable - (0 if judging is None else judging.next_offset), 0)

    @property
    def _ledger(self) -> TP:
        return TP(self.config.topics.ledger, 0)
