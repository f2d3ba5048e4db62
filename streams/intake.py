"""Intake: records of a partition in, a segment of the ledger out. It holds nothing (rule 1).

decode -> produce segments and dead letters -> await every acknowledgement -> only then may the records be
acknowledged. A crash in between can only repeat a segment, and the judge drops what it has applied.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from faust.types import TP, EventT

from models.identity import Identity
from models.segment import IdleMark, Source
from models.settings import SECOND, facts_of
from streams.config import Config
from streams.deadletters import Headers, dead_letter
from streams.formats import FORMATS
from streams.ledger import encode, encode_bounded, segment_of

log: Final = logging.getLogger("touchpoint.intake")

IDLE_MARK_EVERY_S: Final = 30.0


class Send(Protocol):
    """Produces a record and returns a future of its acknowledgement."""

    async def __call__(
        self, topic: str, value: bytes, key: bytes | None = None, headers: Headers | None = None
    ) -> "asyncio.Future[object]":
        """Hand over a record."""


@dataclass(slots=True)
class _Progress:
    """How far one partition has come in this assignment."""

    position: int
    active_at: float  # monotonic seconds of its last record or of its assignment
    marked_at: float = float("-inf")


@dataclass(slots=True)
class Intake:
    """Everything between a source topic and the ledger.

    Attributes
    ----------
    roster : mapping of topic to int
        Number of partitions of every source topic; stated in every segment.
    dead_letters : dict of topic to int
        How many of its records this process has written to the dead-letter topic.
    last_record : float or None
        Wall-clock seconds at which the last batch came.
    """

    config: Config
    identity: Identity
    send: Send
    roster: Mapping[str, int]
    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    dead_letters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    last_record: float | None = None
    _partitions: dict[TP, _Progress] = field(default_factory=dict)

    def assign(self, begins_at: Mapping[TP, int]) -> None:
        """Take the partitions of a new assignment, from these positions on."""
        now = self.monotonic()
        sources = {tp: at for tp, at in begins_at.items() if tp.topic in self.roster}
        self._partitions = {tp: _Progress(position, now) for tp, position in sources.items()}

    @property
    def assigned(self) -> tuple[TP, ...]:
        """The source partitions of this assignment."""
        return tuple(self._partitions)

    def position(self, tp: TP) -> int | None:
        """Return the position up to which a partition stands in the ledger, None if it is not assigned."""
        progress = self._partitions.get(tp)
        return None if progress is None else progress.position

    async def take(self, events: Sequence[EventT[bytes]]) -> None:
        """Bring records of any partitions to the ledger; returns when all of it is acknowledged."""
        by_partition: dict[TP, list[EventT[bytes]]] = defaultdict(list)
        for event in events:
            by_partition[event.message.tp].append(event)
        sent = [
            acknowledged for tp, batch in by_partition.items() for acknowledged in await self._take(tp, batch)
        ]
        await asyncio.gather(*sent)

    async def mark_idle(self, tp: TP, end: Callable[[], int | None]) -> None:
        """Write an idle mark for a partition that is at its end and has been silent for the grace.

        The end is asked for after the wall clock has been read: a record that arrives in between is later
        than the mark.
        """
        progress = self._partitions.get(tp)
        if progress is None:
            return
        now, wall = self.monotonic(), self.wall()
        silent = now - progress.active_at >= self.config.intake.idle_grace_s
        due = now - progress.marked_at >= IDLE_MARK_EVERY_S
        if silent and due and (at := end()) is not None and progress.position >= at:
            mark = IdleMark(self._source(tp), progress.position, self.roster, int(wall * SECOND))
            progress.marked_at = now
            await (await self.send(self.config.topics.ledger, encode(mark)))

    async def _take(self, tp: TP, events: Sequence[EventT[bytes]]) -> list["asyncio.Future[object]"]:
        progress = self._partitions.get(tp)
        if progress is None:  # revoked since it was fetched; whoever has it now reads these again
            return []
        events = [event for event in events if event.message.offset >= progress.position]
        if not events:
            return []
        start, end = progress.position, events[-1].message.offset + 1
        progress.position, progress.active_at = end, self.monotonic()
        self.last_record = self.wall()

        values = [event.message.value for event in events]
        offsets = np.array([event.message.offset for event in events], np.int64)
        decoded = FORMATS[self.config.sources.format](
            values,
            offsets,
            facts=facts_of(self.config.measures),
            identity=self.identity,
            latest=int((self.wall() + self.config.intake.skew_s) * SECOND),
            record_bytes_max=self.config.intake.record_bytes_max,
        )
        segment = segment_of(decoded, self._source(tp), start, end, self.roster, self.identity.key_id)
        topics = self.config.topics
        sent = [await self.send(topics.ledger, value) for value in encode_bounded(segment)]
        rejected = dict(zip(offsets.tolist(), values, strict=True)) if decoded.rejects else {}
        for reject in decoded.rejects:
            letter = dead_letter(
                tp.topic, tp.partition, reject, rejected[reject.offset], self.config.dead_letters
            )
            sent.append(await self.send(topics.dead_letters, letter.value, letter.key, letter.headers))
            self.dead_letters[tp.topic] += 1
        if decoded.rejects:
            log.warning(
                "records rejected; see the dead-letter topic",
                extra={"topic": tp.topic, "partition": tp.partition, "count": len(decoded.rejects)},
            )
        return sent

    def _source(self, tp: TP) -> Source:
        return Source(tp.topic, tp.partition, self.config.sources.epoch)
