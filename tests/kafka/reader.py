"""A small application of Faust on our transport: it notes what it is handed and acknowledges it, or not."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import faust
from faust.types import TP
from kafka.broker import Broker
from mode import Service
from yarl import URL

from streams.transport import Fetch, FetchConsumer, FetchScheduler, FetchSchema, Listener, Transport

WAIT_S = 60.0
FETCH_BYTES = 64 * 1_024
BUFFER = 8
"""Fetches that may wait for the agent, as in the worker."""


class Handed(NamedTuple):
    """A fetch as it came to the agent, and under which assignment."""

    assignment: int
    tp: TP
    fetch: Fetch


class Reader:
    """A member of a group for as long as the `async with` block lasts.

    Attributes
    ----------
    handed : list of Handed
        The fetches of the topics in `whole`, in the order in which they came.
    messages : list of (TP, offset, value)
        What came of the topics in `single`.
    begins : list of mapping of TP to int
        What the listener was told, assignment by assignment.
    pause_s : float
        How long the agent takes for a fetch.
    acknowledges : callable
        Whether a fetch is acknowledged.
    """

    def __init__(
        self, broker: Broker, group: str, *, whole: Collection[str], single: Collection[str] = ()
    ) -> None:
        self.handed: list[Handed] = []
        self.messages: list[tuple[TP, int, Any]] = []
        self.begins: list[Mapping[TP, int]] = []
        self.pause_s = 0.0
        self.acknowledges: Callable[[Handed], bool] = lambda _: True
        self._broker, self._group = broker, group
        self._whole, self._single = whole, single
        self._root = Service()

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="touchpoint-reader-")
        self.app = self._faust_app(self._folder.name)
        self._root.add_dependency(self.app)
        await self._root.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._root.stop()
        self._folder.cleanup()

    @property
    def consumer(self) -> FetchConsumer:
        """The consumer of this member."""
        consumer: Any = self.app.consumer
        return consumer  # type: ignore[no-any-return]

    @property
    def crash(self) -> BaseException | None:
        """What ended it, None while it lives."""
        reason: BaseException | None = self._root.crash_reason
        return reason

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until this holds."""
        deadline = time.monotonic() + WAIT_S
        while not holds():
            if self.crash is not None:
                raise self.crash
            assert time.monotonic() < deadline, f"never came to hold; handed {self.handed[-3:]}"
            await asyncio.sleep(0.02)

    def offsets(self, tp: TP) -> list[int]:
        """Return the offsets of all records of a partition that were handed over, in order."""
        return [one.offset for handed in self.handed if handed.tp == tp for one in handed.fetch.records]

    def stretches(self, tp: TP) -> list[tuple[int, int]]:
        """Return from where to where each fetch of a partition went, in order."""
        return [(one.fetch.begin, one.fetch.end) for one in self.handed if one.tp == tp]

    def reached(self, tp: TP) -> int:
        """Return the position up to which a partition was handed over."""
        return max((end for _, end in self.stretches(tp)), default=0)

    def _assigned(self, begins_at: Mapping[TP, int]) -> Mapping[TP, int]:
        self.begins.append(dict(begins_at))
        return {}

    async def _revoked(self) -> None:
        """Nothing is on its way here: a fetch is acknowledged before the next."""

    def _faust_app(self, folder: str) -> faust.App:
        brokers = [URL(self._broker.url)]
        app = faust.App(
            self._group,
            broker=brokers,
            autodiscover=False,
            web_enabled=False,
            datadir=folder,
            topic_allow_declare=False,
            topic_disable_leader=True,
            ConsumerScheduler=FetchScheduler,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=FETCH_BYTES,
            stream_buffer_maxsize=BUFFER,
            stream_wait_empty=False,
            agent_supervisor="mode.CrashingSupervisor",
            broker_session_timeout=2.0,
            broker_heartbeat_interval=0.4,
        )
        app.transport = Transport(
            brokers, app, whole=self._whole, listener=Listener(self._assigned, self._revoked)
        )
        app.agent(app.topic(*self._whole, schema=FetchSchema()), name="whole")(self._take)
        if self._single:
            app.agent(app.topic(*self._single, value_serializer="raw", key_serializer="raw"), name="single")(
                self._note
            )
        return app

    async def _take(self, stream: Any) -> None:
        async for event in stream.noack().events():
            handed = Handed(len(self.begins), event.message.tp, event.value)
            self.handed.append(handed)
            await asyncio.sleep(self.pause_s)
            if self.acknowledges(handed):
                event.ack()

    async def _note(self, stream: Any) -> None:
        async for event in stream.events():
            self.messages.append((event.message.tp, event.message.offset, event.value))
