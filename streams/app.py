"""The composition root: it builds the pieces, says who calls whom, and decides nothing.

sources --intake agent--> Intake --segments--> ledger --judge agent--> Judging --> Judge
                             |-- dead letters                             |-- alerts
                                                   Exporter <--snapshot--'--> Page --> /metrics
"""

import asyncio
import logging
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import faust
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from mode import Service
from yarl import URL

from models.errors import TouchpointError
from models.identity import Identity
from streams import logs, topics
from streams.config import Config
from streams.deadletters import Headers
from streams.exporting import Exporter, HttpServer, Watched
from streams.intake import Intake
from streams.judging import Judging
from streams.metrics import Collector, Page
from streams.privacy import identity_of
from streams.transport import Transport

log: Final = logging.getLogger("touchpoint.app")

_HEARTBEATS: Final = 5  # a session; Kafka advises at least three
_ROSTER_S: Final = 60.0


class Worker:
    """The service's pieces, connected.

    Parameters
    ----------
    embedded : bool
        The broker is the demo's: it knows no idempotent producers and no compression but gzip.
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
        self.producer = AIOKafkaProducer(
            bootstrap_servers=list(config.kafka.brokers),
            acks="all",
            enable_idempotence=not embedded,
            compression_type=None if embedded else "zstd",
        )
        self.intake = Intake(config, identity, self._send, roster)
        self.judging = Judging(config, self._publish)
        self.page = Page(
            Collector(
                config.measures,
                top_employees=config.metrics.top_employees,
                series_max=config.metrics.series_max,
            )
        )
        self.app = self._faust_app(folder)
        self.watched = Watched(config, self.intake, self.judging, self.app)

    def services(self) -> list[Service]:
        """Return what runs the worker, in order of start."""
        http = HttpServer(self.config.metrics, self.page, self.watched)
        return [http, Exporter(self.watched, self.page), self.app, _RosterWatch(self)]

    async def _send(
        self, topic: str, value: bytes, key: bytes | None = None, headers: Headers | None = None
    ) -> "asyncio.Future[object]":
        sent: asyncio.Future[object] = await self.producer.send(topic, value, key=key, headers=headers)
        return sent

    async def _publish(self, topic: str, value: bytes, key: bytes) -> None:
        await self.producer.send_and_wait(topic, value, key=key)

    def _faust_app(self, folder: str) -> faust.App:
        kafka = self.config.kafka
        brokers = [URL(f"kafka://{broker}") for broker in kafka.brokers]
        app = faust.App(
            kafka.app_id,
            broker=brokers,
            autodiscover=False,
            web_enabled=False,
            datadir=folder,
            # Topics are ours to declare: `topics.prepare` has done so.
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            stream_wait_empty=False,
            agent_supervisor="mode.CrashingSupervisor",  # the default one drops the batch and goes on
            table_standby_replicas=1,  # 0 swaps the sticky assignor for round-robin (`ledger.md` 2.4)
            broker_session_timeout=kafka.session_timeout_s,
            broker_heartbeat_interval=kafka.session_timeout_s / _HEARTBEATS,
        )
        app.transport = Transport(brokers, app, self.intake.assign)
        raw: Any = faust.Schema(
            key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
        )
        app.agent(app.topic(*self.config.sources.topics, schema=raw), name="intake")(self._take_in)
        app.agent(app.topic(self.config.topics.ledger, schema=raw, acks=False), name="judge")(self._judge)
        return app

    async def _take_in(self, stream: Any) -> None:
        """Bring records to the ledger in batches, acknowledging each batch once the ledger has it."""
        take = self.config.intake
        async for events in stream.noack_take(take.batch_records, within=take.batch_wait_s):
            current = self.app.consumer_generation_id
            batch = [event for event in events if event.message.generation_id == current]
            await self.intake.take(batch)
            for event in batch:
                event.ack()

    async def _judge(self, stream: Any) -> None:
        """Apply the ledger in order; it is never acknowledged, every start reads it again."""
        async for event in stream.noack().events():
            await self.judging.take(event.message.offset, event.value)


class _Root(Service):
    """What starts and stops everything else."""


class _RosterWatch(Service):
    """Looks for partitions that were added to a source: they hold the watermark until they speak."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self._worker = worker

    @Service.timer(_ROSTER_S)
    async def _look(self) -> None:
        try:
            self._worker.intake.roster = await topics.roster(self._worker.config)
        except (
            TouchpointError,
            KafkaError,
        ):  # a broker that is away for a moment; the roster stays as it was
            log.warning("cannot ask Kafka for the partitions of the sources; asking again in a minute")


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
    roster = await topics.prepare(config)
    with tempfile.TemporaryDirectory(prefix="touchpoint-") as folder:
        worker = Worker(config, identity, roster, folder, embedded=embedded)
        worker.judging.caught_up_at = await topics.end_of_ledger(config)
        await worker.producer.start()
        try:
            yield worker, worker.services()
        finally:
            await worker.producer.stop()


async def serve(services: Sequence[Service], until: asyncio.Event) -> None:
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
    finally:
        start.cancel()
        await root.stop()
    if root.crash_reason is not None:
        raise root.crash_reason


async def _run(config: Config, identity: Identity) -> None:
    async with built(config, identity) as (worker, services):
        log.info(
            "starting",
            extra={
                "sources": dict(worker.intake.roster),
                "config": config.fingerprint(),
                "mode": config.privacy.mode,
            },
        )
        await serve(services, asyncio.Event())
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
