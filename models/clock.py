"""Event time (rule 5): the clock of each partition, the roster, and the watermark over all of them.

partition 0   --*---*----------*-->          a partition's clock is the greatest event time it has
partition 1   ------*---*--->                shown, less the lateness
watermark     ~~~~~~~~~~~|                   the least clock over the roster; it never goes back

A clock belongs to a partition in an epoch. With a new epoch those of the old one are retired: they still
say which of their own rows are late, and hold nobody. A topic that is taken off the roster is forgotten;
should it come back it must speak again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.segment import Roster, Source
from models.state import Fields, State

BEGINNING: Final = np.iinfo(np.int64).min // 4
"""Before every event; far enough from the end of int64 that arithmetic with horizons cannot wrap."""


@dataclass(slots=True)
class _PartitionClock:
    latest: int = BEGINNING
    idle_since: int | None = None  # wall time of its newest idle mark; None while it delivers


class Clock:
    """The watermark of a roster of partitions.

    Parameters
    ----------
    lateness : int
        Microseconds by which a partition's events may come out of order.
    follows_wall : bool
        When every partition is idle the watermark goes to the oldest mark's wall time less the
        lateness; otherwise it stays.
    """

    def __init__(self, lateness: int, *, follows_wall: bool) -> None:
        self._lateness = lateness
        self._follows_wall = follows_wall
        self._roster: dict[str, int] = {}
        self._epoch = 0
        self._partitions: dict[Source, _PartitionClock] = {}
        self.watermark = BEGINNING

    def observe(self, source: Source, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take the event times of one partition, in offset order.

        Returns
        -------
        int64[n]
            The partition's clock as of the row before each: what decides whether a row is late.
        """
        partition = self._partitions.setdefault(source, _PartitionClock())
        if len(time) == 0:
            return time
        seen = np.maximum.accumulate(np.concatenate(([partition.latest], time)))
        partition.latest = int(seen[-1])
        partition.idle_since = None
        clock: NDArray[np.int64] = np.maximum(seen[:-1], BEGINNING + self._lateness) - self._lateness
        return clock

    def mark_idle(self, source: Source, wall_time: int) -> None:
        """Take a partition out of the minimum until its next row."""
        self._partitions.setdefault(source, _PartitionClock()).idle_since = wall_time

    def call_roll(self, roster: Roster, source: Source) -> None:
        """Set the partitions that must have spoken before the watermark moves, as `source` was read with.

        A roster of an older epoch is old news. Within an epoch partitions are only ever added, but workers
        learn of them at different times: so is a smaller number.
        """
        if source.epoch < self._epoch:
            return
        known = self._roster if source.epoch == self._epoch else {}
        self._epoch = source.epoch
        if gone := self._roster.keys() - roster.keys():
            self._partitions = {of: clock for of, clock in self._partitions.items() if of.topic not in gone}
        self._roster = {topic: max(partitions, known.get(topic, 0)) for topic, partitions in roster.items()}

    def advance(self) -> int:
        """Move the watermark as far as the partitions allow and return it."""
        clocks = [self._partitions.get(key) for key in self._required()]
        if not clocks:
            return self.watermark
        spoken = [clock for clock in clocks if clock is not None and _has_spoken(clock)]
        if len(spoken) < len(clocks):
            return self.watermark
        delivering = [clock.latest for clock in spoken if clock.idle_since is None]
        if delivering:
            self.move_to(min(delivering) - self._lateness)
        elif self._follows_wall:
            self.move_to(min(clock.idle_since or BEGINNING for clock in spoken) - self._lateness)
        return self.watermark

    def move_to(self, time: int) -> None:
        """Move the watermark on to a time; an earlier one changes nothing."""
        self.watermark = max(self.watermark, time)

    def clock_of(self, source: Source) -> int | None:
        """Return a partition's clock, None before its first row."""
        clock = self._partitions.get(source)
        return None if clock is None or clock.latest == BEGINNING else clock.latest - self._lateness

    def is_idle(self, source: Source) -> bool:
        """Return whether a partition is out of the minimum."""
        clock = self._partitions.get(source)
        return clock is not None and clock.idle_since is not None

    def silent(self) -> int:
        """Return how many partitions of the roster have not spoken yet and so hold the watermark."""
        return sum(
            1
            for key in self._required()
            if (clock := self._partitions.get(key)) is None or not _has_spoken(clock)
        )

    def requires(self, source: Source) -> bool:
        """Return whether the topic of a source is on the roster."""
        return source.topic in self._roster

    def dump(self) -> State:
        """Return the state."""
        return {
            "watermark": self.watermark,
            "roster": dict(self._roster),
            "epoch": self._epoch,
            "partitions": [
                {"source": list(source), "latest": clock.latest, "idle_since": clock.idle_since}
                for source, clock in sorted(self._partitions.items(), key=lambda item: item[0])
            ],
        }

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        self.watermark = state["watermark"]
        self._roster, self._epoch = dict(state["roster"]), state["epoch"]
        for one in state["partitions"]:
            self._partitions[Source(*one["source"])] = _PartitionClock(one["latest"], one["idle_since"])

    def _required(self) -> Iterator[Source]:
        for topic, partitions in self._roster.items():
            for partition in range(partitions):
                yield Source(topic, partition, self._epoch)


def _has_spoken(clock: _PartitionClock) -> bool:
    return clock.latest != BEGINNING or clock.idle_since is not None
