"""Intake: a fetch of a partition in, segments of the ledger out. It holds nothing (rule 1).

decode -> produce segments and dead letters -> await every acknowledgement -> only then may the fetch be
acknowledged. A crash in between can only repeat a segment, and the judge drops what it has applied.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np
from faust.types import TP

from models.errors import TouchpointError
from models.identity import Identity
from models.segment import ROWS_MAX, IdleMark, Segment, Source
from models.settings import SECOND, facts_of
from streams.config import Config
from streams.deadletters import Headers, dead_letter
from streams.delays import BOUNDS, delays
from streams.durations import Durations
from streams.formats import FORMATS, Decoded
from streams.histogram import Histogram
from streams.ledger import encode, encode_bounded, segment_of
from streams.transport import Fetch, Record

log: Final = logging.getLogger("touchpoint.intake")

IDLE_MARK_EVERY_S: Final = 30.0

Records = Sequence[Record]
Sent = list["asyncio.Future[object]"]


class IntakeError(TouchpointError):
    """Records between two fetches are unaccounted for: going on would lose them without a trace."""


class SourceError(TouchpointError):
    """A source that is no longer the one that was read."""

    def __init__(self, tp: TP, position: int, end: int, epoch: int) -> None:
        super().__init__(
            f"{tp.topic}, partition {tp.partition}: it was read up to offset {position} and now stands at "
            f"{end}: it was made anew. If it is to be read from its new beginning set "
            f"sources.epoch = {epoch + 1}; if not, name the right topic or cluster"
        )


class Send(Protocol):
    """Produces a record and returns a future of its acknowledgement."""

    async def __call__(
        self, topic: str, value: bytes, key: bytes | None = None, headers: Headers | None = None
    ) -> "asyncio.Future[object]":
        """Hand over a record."""


@dataclass(slots=True)
class _Progress:
    """How far one partition has come in this assignment."""

    read_to: int
    """Where the next fetch has to begin; up to here segments speak."""
    active_at: float  # monotonic seconds of its last record or of its assignment
    marked_at: float = float("-inf")


@dataclass(slots=True)
class Intake:
    """Everything between a source topic and the ledger.

    Attributes
    ----------
    send : Send
    log_start : callable
        Returns the first offset that a partition still has.
    roster : mapping of topic to int
        Number of partitions of every source topic; stated in every segment.
    dead_letters : dict of topic to int
        How many of its records this process has written to the dead-letter topic.
    fetches : int
        How many this process has handled.
    last_record : float or None
        Wall-clock seconds at which the last records came.
    durations : Durations
        How long the stages of the work take, of which a fetch taken is the first.
    delays : Histogram
        Seconds from records' timestamps to the acknowledgement of their segments.
    """

    config: Config
    identity: Identity
    send: Send
    log_start: Callable[[TP], Awaitable[int]]
    roster: Mapping[str, int]
    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    dead_letters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fetches: int = 0
    last_record: float | None = None
    durations: Durations = field(default_factory=Durations)
    delays: Histogram = field(default_factory=lambda: Histogram(BOUNDS))
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
        """Return the position up to which a partition was taken, None if it is not assigned."""
        progress = self._partitions.get(tp)
        return None if progress is None else progress.read_to

    async def take(self, tp: TP, fetch: Fetch) -> Sent:
        """Produce what a fetch comes to; return the futures of its acknowledgements.

        Raises
        ------
        IntakeError
            Where it does not begin where the last one of this assignment ended, and what lies between can
            still be read: it was lost on the way here.
        SourceError
            Where the partition has gone back behind what was read.
        """
        progress = self._partitions.get(tp)
        if progress is None:  # revoked since it was fetched; whoever has it now reads it again
            return []
        if fetch.begin < progress.read_to:
            raise SourceError(tp, progress.read_to, fetch.begin, self.config.sources.epoch)
        sent = [] if fetch.begin == progress.read_to else [await self._state_lost(tp, progress, fetch.begin)]
        progress.read_to = fetch.end
        self.fetches += 1
        with self.durations.stage("intake"):
            for start, end, records in _slices(fetch):
                if records:
                    self.last_record, progress.active_at = self.wall(), self.monotonic()
                sent += await self._produce(tp, start, end, records)
        return sent

    def acknowledged(self, fetch: Fetch) -> None:
        """Take note that the ledger has all of a fetch."""
        self.delays.observe_all(delays([record.timestamp for record in fetch.records], self.wall()))

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
        if silent and due and (at := end()) is not None and progress.read_to >= at:
            mark = IdleMark(self._source(tp), progress.read_to, self.roster, int(wall * SECOND))
            progress.marked_at = now
            await (await self.send(self.config.topics.ledger, encode(mark)))

    async def _state_lost(self, tp: TP, progress: _Progress, begin: int) -> "asyncio.Future[object]":
        """Tell the ledger that retention took the records from where reading stood up to `begin`."""
        if await self.log_start(tp) < begin:
            raise IntakeError(
                f"{tp.topic}, partition {tp.partition}: a fetch begins at offset {begin}, the one before "
                f"ended at {progress.read_to}, and the broker still has what lies between. The worker stops "
                "rather than pass over it; started again it reads from the last committed offset"
            )
        log.warning(
            "records expired before they were read: the topic's retention overtook this group",
            extra={"topic": tp.topic, "partition": tp.partition, "count": begin - progress.read_to},
        )
        lost = replace(self._segment(tp, progress.read_to, begin, self._decode([])), lost_until=begin)
        return await self.send(self.config.topics.ledger, encode(lost))

    async def _produce(self, tp: TP, start: int, end: int, records: Records) -> Sent:
        decoded = self._decode(records)
        segment = self._segment(tp, start, end, decoded)
        topics = self.config.topics
        sent = [await self.send(topics.ledger, value) for value in encode_bounded(segment)]
        rejected = {record.offset: record.value for record in records} if decoded.rejects else {}
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
        await asyncio.sleep(0)  # a fetch is many slices, and the loop serves others too
        return sent

    def _decode(self, records: Records) -> Decoded:
        return FORMATS[self.config.sources.format](
            [record.value for record in records],
            np.fromiter((record.offset for record in records), np.int64, len(records)),
            facts=facts_of(self.config.measures),
            identity=self.identity,
            latest=int((self.wall() + self.config.intake.skew_s) * SECOND),
            record_bytes_max=self.config.intake.record_bytes_max,
        )

    def _segment(self, tp: TP, start: int, end: int, decoded: Decoded) -> Segment:
        return segment_of(decoded, self._source(tp), start, end, self.roster, self.identity.key_id)

    def _source(self, tp: TP) -> Source:
        return Source(tp.topic, tp.partition, self.config.sources.epoch)


def _slices(fetch: Fetch) -> Iterator[tuple[int, int, Records]]:
    """Yield (start, end, records) of stretches of at most `ROWS_MAX` records that follow on each other.

    A fetch of markers alone is a stretch without records: it is acknowledged like any other, and the next
    assignment begins behind it.
    """
    start = fetch.begin
    for first in range(0, max(len(fetch.records), 1), ROWS_MAX):
        after = first + ROWS_MAX
        end = fetch.records[after].offset if after < len(fetch.records) else fetch.end
        yield start, end, fetch.records[first:after]
        start = end
