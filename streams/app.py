"""The composition root: it builds the pieces, says who calls whom, and decides nothing.

sources --intake agent--> Intake --segments--> ledger --judge agent--> Ownership --> Judge
                             |-- dead letters                             |-- alerts, checkpoints
                                                   Exporter <--snapshot--'--> Page, API --> HTTP
"""

import asyncio
import gc
import logging
import signal
import tempfile
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, cast

import faust
from faust.types import TP
from mode import Service
from yarl import URL

from models.errors import TouchpointError
from models.identity import Identity
from streams import logs, topics
from streams.config import Config
from streams.connection import credentials
from streams.diagnosis import reach
from streams.exporting import Exporter
from streams.fenced import FencedProducer
from streams.health import Health
from streams.inflight import InFlight
from streams.intake import Intake
from streams.loop_lag import LoopLag
from streams.metrics import Collector, Page
from streams.ownership import Ownership
from streams.privacy import identity_of
from streams.producer import PatientProducer
from streams.transport import Fetch, FetchConsumer, FetchScheduler, FetchSchema, Listener, Transport
from streams.watch import SilenceWatch, SourceWatch
from streams.web import HttpServer

log: Final = logging.getLogger("touchpoint.app")

_HEARTBEATS: Final = 5  # a session; Kafka advises at least three
_FETCHES_WAITING: Final = 8
"""Fetches a topic may have waiting for its agent: what bounds memory on a deep backlog."""
_RECORDS_AT_ONCE: Final = 20_000
"""Over all partitions: Faust decodes one fetch of each ahead of the agents."""
_STOP_S: Final = 20.0
_DRAIN_S: Final = 5.0
"""How long a rebalance or the end waits for what is on its way; what is not acknowledged is read again."""


class Worker:
    """The service's pieces, connected.

    Parameters
    ----------
    embedded : bool
        The broker is the demo's: it knows no idempotent producers, no transactions, no compression but gzip,
        and does not tell where a partition ends.
    """

    def __init__(
        self,
        config: Config,
        identity: Identity,
        roster: dict[str, int],
        folder: str,
        *,
        embedded: bool = False,
    ) -> None:
        self.config = config
        self.producer = PatientProducer(config, embedded=embedded)
        self.app = self._faust_app(folder)
        self.intake = Intake(config, identity, self.producer.send, self._log_start, roster)
        fenced = FencedProducer(config, transactional=not embedded)
        self.ownership = Ownership(
            config, fenced, self._seek_ledger, with_checkpoints=not embedded, durations=self.intake.durations
        )
        self.page = Page(
            Collector(
                config.measures,
                top_employees=config.metrics.top_employees,
                series_max=config.metrics.series_max,
            )
        )
        self.health = Health(config, self.intake, self.ownership, self._consumer)
        self._watch = SourceWatch(config, self.intake, self.ownership, with_ends=not embedded)
        self._in_flight = InFlight(self._crash)
        self._taking = asyncio.Lock()

    def services(self) -> list[Service]:
        """Return what runs the worker, in order of start."""
        http = HttpServer(self.health, self.page)
        exporter, silence = Exporter(self.health, self.page), SilenceWatch(self.health)
        return [http, exporter, self.ownership, self.app, self._watch, silence, LoopLag(self.health.loop_lag)]

    async def drain(self) -> None:
        """Finish what is on its way to the ledger, begin nothing new."""
        self.app.flow_control.suspend()
        try:
            async with asyncio.timeout(_DRAIN_S), self._taking:
                await self._in_flight.drain(_DRAIN_S)
        except TimeoutError:
            log.warning("Kafka is slow to acknowledge; what is on its way will be read again")

    async def leave(self) -> None:
        """Finish, commit, and leave a checkpoint: before the worker goes on its own account."""
        await self.drain()
        try:
            async with asyncio.timeout(_DRAIN_S):
                if self.health.is_assigned:
                    await self._consumer.commit()
        except TimeoutError:
            log.warning("Kafka takes no commit; leaving without, and without a checkpoint")
        else:
            await self.ownership.leave()

    @property
    def _consumer(self) -> FetchConsumer:
        return cast("FetchConsumer", self.app.consumer)

    @property
    def _ledger(self) -> TP:
        return TP(self.config.topics.ledger, 0)

    async def _log_start(self, tp: TP) -> int:
        return (await self._consumer.earliest_offsets(tp))[tp]

    async def _seek_ledger(self, offset: int) -> None:
        await self._consumer.seek_wait({self._ledger: offset})

    def _crash(self, error: BaseException) -> None:
        async def crash() -> None:
            raise error

        self.app.add_future(crash())

    def _assigned(self, begins_at: Mapping[TP, int]) -> Mapping[TP, int]:
        """Pass an assignment on; return where reading is to begin instead of at what was committed."""
        self.intake.assign(begins_at)
        owns = self._ledger in begins_at
        self.health.is_assigned, self.health.holds_ledger = True, owns
        self.health.rebalances += 1
        self.ownership.assigned(owns=owns)
        judging = self.ownership.judging
        return {} if judging is None else {self._ledger: judging.next_offset}

    def _faust_app(self, folder: str) -> faust.App:
        kafka, role = self.config.kafka, self.config.worker.role
        brokers = [URL(f"kafka://{broker}") for broker in kafka.brokers]
        app = faust.App(
            self.config.group,
            broker=brokers,
            broker_credentials=credentials(kafka),
            autodiscover=False,
            web_enabled=False,
            datadir=folder,
            # Topics are ours to declare: `topics.prepare` has done so.
            topic_allow_declare=False,
            topic_disable_leader=True,
            ConsumerScheduler=FetchScheduler,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=self.config.intake.fetch_bytes,
            broker_max_poll_records=_RECORDS_AT_ONCE,
            consumer_metadata_max_age_ms=int(self.config.worker.watch_s * 1_000),
            stream_buffer_maxsize=_FETCHES_WAITING,
            stream_wait_empty=False,
            agent_supervisor="mode.CrashingSupervisor",  # the default one drops the fetch and goes on
            table_standby_replicas=1,  # 0 swaps the sticky assignor for round-robin (`ledger.md` 2.4)
            broker_session_timeout=kafka.session_timeout_s,
            broker_heartbeat_interval=kafka.session_timeout_s / _HEARTBEATS,
        )
        sources, ledger = self.config.sources.topics, self.config.topics.ledger
        whole = (*sources, ledger)
        app.transport = Transport(brokers, app, whole=whole, listener=Listener(self._assigned, self.drain))
        schema = FetchSchema()
        if role != "judge":
            app.agent(app.topic(*sources, schema=schema), name="intake")(self._take_in)
        if role != "intake":
            app.agent(app.topic(ledger, schema=schema, acks=False), name="judge")(self._judge)
        return app

    async def _take_in(self, stream: Any) -> None:
        """Bring fetches to the ledger, acknowledging each once the ledger has it."""
        async for event in stream.noack().events():
            if event.message.generation_id != self.app.consumer_generation_id:
                continue  # of an assignment that is over; whoever has the partition reads it again
            async with self._taking:
                sent = await self.intake.take(event.message.tp, event.value)
                await self._in_flight.add(sent, partial(self._acknowledge, event))

    def _acknowledge(self, event: Any) -> None:
        fetch: Fetch = event.value
        self.intake.acknowledged(fetch)
        event.ack()

    async def _judge(self, stream: Any) -> None:
        """Apply the ledger in order; it is never acknowledged, the judge knows how far it has come."""
        async for event in stream.noack().events():
            await self.ownership.take(event.value)


class _Root(Service):
    """What starts and stops everything else."""


@asynccontextmanager
async def built(
    config: Config, identity: Identity, *, embedded: bool = False
) -> AsyncIterator[tuple[Worker, list[Service]]]:
    """Yield a worker whose topics are there, and the services that run it, in order of start.

    Raises
    ------
    BrokerError, TopicError
        Where Kafka does not answer or a topic is not as it must be.
    """
    await reach(config.kafka)
    roster = await topics.prepare(config)
    with tempfile.TemporaryDirectory(prefix="touchpoint-") as folder:
        worker = Worker(config, identity, roster, folder, embedded=embedded)
        await worker.producer.start()
        try:
            yield worker, worker.services()
        finally:
            await _in_time(worker.producer.stop())


async def _in_time(stopping: Coroutine[Any, Any, object]) -> None:
    """Wait for an end, but not for ever: what does not come to one ends with the process."""
    task = asyncio.ensure_future(stopping)
    done, _ = await asyncio.wait([task], timeout=_STOP_S)
    for one in done:
        one.result()


async def serve(worker: Worker, services: Sequence[Service], until: asyncio.Event) -> None:
    """Run services until the event, a signal to end, or a crash, which is raised again."""
    root = _Root()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, until.set)
    for service in services:
        root.add_dependency(service)
    start = asyncio.ensure_future(root.start())
    try:
        await root.wait_first(until.wait(), start)
        if not until.is_set() and not root.crashed:
            start.result()
            await root.wait_first(until.wait(), root.wait_until_stopped())
        if not root.crashed:
            await worker.leave()
    finally:
        start.cancel()
        await _in_time(root.stop())
    if root.crash_reason is not None:
        raise root.crash_reason


def _spare_the_collector() -> None:
    """Let Python look for cycles less often: a fetch is thousands of records that live for a moment.

    At its default thresholds the collector takes 0.5 to 1 us an event.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 100)


async def _run(config: Config, identity: Identity) -> None:
    async with built(config, identity) as (worker, services):
        _spare_the_collector()
        log.info(
            "starting",
            extra={
                "sources": dict(worker.intake.roster),
                "config": config.fingerprint(),
                "mode": config.privacy.mode,
            },
        )
        await serve(worker, services, asyncio.Event())
    log.info("stopped")


def run(config: Config) -> int:
    """Run the service and return its exit code: 0 after a signal, 1 after a crash."""
    logs.configure(config.logs.level, config.logs.format)
    identity = identity_of(config.privacy)
    try:
        asyncio.run(_run(config, identity))
    except TouchpointError:
        raise
    except Exception:
        log.exception("the worker stops: it would not vouch for what it writes from here on")
        return 1
    return 0
