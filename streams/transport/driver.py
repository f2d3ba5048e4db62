"""Faust's aiokafka driver with whole fetches: its consumer, and the transport that builds it."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Final, NamedTuple, cast

import faust
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from yarl import URL

from streams.transport import relied_on
from streams.transport.fetches import Fetch
from streams.transport.thread import FetchThread

_POSITIONS_S: Final = 85.0
"""Faust itself gives up after 90 s without a word, and never resumes."""
_AGAIN_S: Final = 0.02
_LAST_COMMIT_S: Final = 5.0


class Ends(NamedTuple):
    """Where a partition ends, as of its last fetch.

    Attributes
    ----------
    highwater : int
        The offset that the next record to be written will have.
    stable : int
        The first offset that is not to be read yet: that of an open transaction, else the high watermark.
    at : float
        When Kafka said so, in seconds since 1970 UTC.
    """

    highwater: int
    stable: int
    at: float


class Listener(NamedTuple):
    """Who is told of assignments.

    Attributes
    ----------
    assigned : callable
        Told, after every assignment and before its first record, the position that each partition begins at;
        returns where to begin instead, for those that are to begin elsewhere.
    revoked : callable
        Awaited before partitions go: the time to finish what is on its way. What it has acknowledged is then
        committed.
    """

    assigned: Callable[[Mapping[TP, int]], Mapping[TP, int]]
    revoked: Callable[[], Awaitable[object]]


class FetchConsumer(driver.Consumer):
    """Faust's consumer with a ledger of fetches.

    Of each partition the position is committed up to which every fetch since the assignment has been
    acknowledged. Identity of fetches takes the place of arithmetic with offsets, which is wrong where offsets
    have holes (faust-streaming issues 606, 596, 378), and acknowledgements of an assignment that is over come
    to nothing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_their_way: dict[TP, deque[tuple[Message, int]]] = defaultdict(deque)

    async def perform_seek(self) -> None:
        """Seek to the committed positions and tell from where each partition is read.

        Raises
        ------
        KafkaTimeoutError
            Where Kafka does not tell the positions, so that the worker ends instead of waiting for ever.
        """
        self.stop_flow()  # what was fetched until here came from where the partitions happened to stand
        self._on_their_way.clear()
        try:
            async with asyncio.timeout(_POSITIONS_S):
                await self._seek_to_begin()
        except TimeoutError:
            raise KafkaTimeoutError(
                f"Kafka did not tell in {_POSITIONS_S:.0f} s from where {len(self.assignment())} partitions "
                "are to be read: is a broker down that leads one of them?"
            ) from None

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let what is on its way be finished and committed before the partitions go."""
        self.stop_flow()  # Faust does not where nothing is assigned, and would fetch before it has sought
        self.app.flow_control.suspend()  # or the agents would go on to what waits for them
        await self._listener.revoked()
        while await self.maybe_wait_for_commit_to_finish():
            pass  # one that began before the last acknowledgements
        await self.commit()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Take an assignment; of an empty one Faust tells nobody."""
        await super().on_partitions_assigned(assigned, generation_id)
        if not assigned:
            self._on_their_way.clear()
            self._listener.assigned({})

    async def on_stop(self) -> None:
        """Commit a last time; what Kafka does not take in time is read again. Faust would wait for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_COMMIT_S):
                await super().on_stop()

    def ack(self, message: Any) -> bool:
        """Take note that an agent is done with a message, and let go of the records of a fetch."""
        is_first = super().ack(message)
        if isinstance(message.value, Fetch):
            message.value = None  # until the next commit only who was acknowledged is of interest
        return is_first

    def ends(self, tp: TP) -> Ends | None:
        """Return where a partition ends, None where it is not held or was not fetched yet."""
        state = cast("FetchThread", self._thread).held().get(tp)
        if state is None or state.highwater is None:
            return None
        stable = state.highwater if state.lso is None else min(state.lso, state.highwater)
        return Ends(state.highwater, stable, (state.timestamp or 0) / 1_000)

    @property
    def _listener(self) -> Listener:
        return cast("Transport", self.transport).listener

    def _new_consumer_thread(self) -> FetchThread:
        thread = FetchThread(self, loop=self.loop, beacon=self.beacon)
        thread.whole = cast("Transport", self.transport).whole
        return thread

    async def _seek_to_begin(self) -> None:
        await super().perform_seek()
        committed = {tp: self._read_offset[tp] for tp in self.assignment()}
        await self._seek_uncommitted(committed)
        # What was committed, though it may have expired: aiokafka moves its own position on without a word.
        begins_at = {
            tp: await self.position(tp) or 0 if offset is None else offset for tp, offset in committed.items()
        }
        elsewhere = self._listener.assigned(begins_at)
        if elsewhere:
            await self.seek_wait(elsewhere)

    async def _seek_uncommitted(self, committed: Mapping[TP, int | None]) -> None:
        """Seek where Faust leaves a partition where it stands: nothing was committed, or the offset 0."""
        nothing = [TopicPartition(*tp) for tp, offset in committed.items() if offset is None]
        if nothing:
            await self._thread.seek_to_beginning(*nothing)
        zero = {tp: offset for tp, offset in committed.items() if offset == 0}
        if zero:
            await self.seek_wait(zero)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's signature
        if self.flow_active and not self._get_active_partitions():
            await self.sleep(_AGAIN_S)  # Faust sleeps a second, and the agents with it
            return None, None
        fetched = await super()._wait_next_records(timeout)
        # Fetched while the flow was stopped: Faust would seek, and tell of an assignment that is going.
        return fetched if self.flow_active else (None, None)

    def _to_message(self, tp: TP, record: Any) -> Any:
        message = super()._to_message(tp, record)
        if isinstance(record.value, Fetch):
            # Faust drops what lies before what it has read, without a word. Who takes a fetch judges that.
            self._read_offset[tp] = None
            if self.app.topics.acks_enabled_for(tp.topic):
                self._on_their_way[tp].append((message, record.value.end))
        return message

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in cast("Transport", self.transport).whole:
            return super()._new_offset(tp)
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        fetches, position = self._on_their_way[tp], None
        while fetches and fetches[0][0].acked:
            position = fetches.popleft()[1]
        return position


class Transport(driver.Transport):
    """Builds the consumer above.

    Parameters
    ----------
    whole : collection of str
        The topics that are handed over fetch by fetch.
    listener : Listener

    Raises
    ------
    TouchpointError
        Where Faust or aiokafka are such that records could be lost.
    """

    Consumer: ClassVar[Any] = FetchConsumer

    def __init__(
        self, brokers: list[URL], app: faust.App, *, whole: Collection[str], listener: Listener
    ) -> None:
        relied_on.require()
        super().__init__(brokers, app)
        self.whole = frozenset(whole)
        self.listener = listener
