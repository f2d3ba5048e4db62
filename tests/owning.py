"""A worker's judge on a real Kafka, driven by hand: fetches of the ledger go in when a test says so."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import SimpleNamespace, TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from columns import segment
from kafka.broker import Broker, in_a_thread
from pages import rows_of
from worker import config_for

from models.judge import Judge
from models.segment import Segment
from models.state import digest
from streams.config import Config
from streams.document import alert_document
from streams.fenced import FencedProducer
from streams.ledger import encode
from streams.ownership import Ownership
from streams.publication import Publication
from streams.reading import bounds, read_to_end
from streams.topics import prepare
from streams.transport import Fetch

DAYS = 8
"""Of the demo's centre, one record of the ledger each; alerts are raised in them and change."""
WRITTEN_AT = 1_704_067_200_000
WAIT_S = 60

Told = tuple[str, dict[str, Any]]


@cache
def segments() -> tuple[Segment, ...]:
    """Return the ledger of all days."""
    start, made = 0, []
    for day in range(DAYS):
        made.append(segment(rows_of(day), start))
        start = made[-1].end
    return tuple(made)


@cache
def ledger() -> tuple[bytes, ...]:
    """Return it as records."""
    return tuple(encode(one) for one in segments())


def config_on(kafka: Broker, *, records: int = DAYS) -> Config:
    """Return a configuration with topics of its own, the ledger holding its first records."""
    config = config_for(kafka, kafka.create_topic("events"))
    quick = replace(config.verdicts, warm_up_days=2, persistence=1)
    config = replace(config, verdicts=quick, kafka=replace(config.kafka, session_timeout_s=1.0))
    in_a_thread(prepare(config))
    in_a_thread(write(config, 0, records))
    return config


async def write(config: Config, begin: int, end: int = DAYS) -> None:
    """Let the ledger go on with its records from begin up to, not including, end."""
    async with AIOKafkaProducer(bootstrap_servers=config.kafka.brokers[0]) as producer:
        for value in ledger()[begin:end]:
            await producer.send_and_wait(config.topics.ledger, value)


def fetch(begin: int, end: int) -> Fetch:
    """Return the ledger's records from begin up to, not including, end as one fetch."""
    records: list[Any] = [
        SimpleNamespace(offset=offset, value=ledger()[offset], timestamp=WRITTEN_AT + offset)
        for offset in range(begin, end)
    ]
    return Fetch(begin, end, records)


@cache
def folded(config: Config, days: int = DAYS) -> Judge:
    """Return a judge that has applied the ledger from its start."""
    judge = Judge(config)
    for one in segments()[:days]:
        judge.apply(one)
    return judge


async def seen(config: Config, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Return what readers see once no transaction is open: Kafka says so before all partitions know."""
    committed = {"isolation_level": "read_committed", "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer(bootstrap_servers=config.kafka.brokers[0], **committed) as consumer:
        where = TopicPartition(topic, 0)
        for _ in range(WAIT_S * 100):
            stable = (await consumer.end_offsets([where]))[where]
            if stable == (await bounds(config, [where]))[where][1]:
                return await read_to_end(config, topic, 0)
            await asyncio.sleep(0.01)
    raise AssertionError("a transaction was left open")


async def told(config: Config) -> list[Told]:
    """Return what readers of the alerts topic have been told, oldest first."""
    records = await seen(config, config.topics.alerts)
    return [((one.key or b"").decode(), json.loads(one.value or b"null")) for one in records]


def compacted(records: Sequence[Told]) -> dict[str, dict[str, Any]]:
    """Return the last record of each alert as the judge's document has it."""
    return {
        key: {name: value for name, value in record.items() if name not in {"ledger_offset", "config_hash"}}
        for key, record in records
    }


def shown(config: Config, days: int = DAYS) -> dict[str, Any]:
    """Return the alerts of a judge that has applied the ledger from its start, as documents by id."""
    return {alert.id: alert_document(alert) for alert in folded(config, days).alerts}


def never_said_twice(records: list[Told]) -> bool:
    """Return whether each record says something new, and nothing of an alert that was told to have ended."""
    last: dict[str, dict[str, Any]] = {}
    for key, record in records:
        before, now = last.get(key), compacted([(key, record)])[key]
        if before is not None and (before == now or before["until"] is not None):
            return False
        last[key] = now
    return True


def offsets_never_fall(records: list[Told]) -> bool:
    """Return whether the ledger offset that caused it never decreases, in all and so for each alert."""
    return all(one["ledger_offset"] <= other["ledger_offset"] for (_, one), (_, other) in pairwise(records))


async def until(holds: Callable[[], object]) -> None:
    """Wait until this holds."""
    for _ in range(WAIT_S * 100):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to hold")


class Owner:
    """A worker's part in owning the judge, for as long as the `async with` block lasts.

    Attributes
    ----------
    sought : list of int
        Where reading of the ledger was told to go on.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.sought: list[int] = []
        self.producer = FencedProducer(config, transactional=True)
        self.ownership = Ownership(config, self.producer, self._seek)

    async def __aenter__(self) -> Self:
        await self.ownership.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.ownership.stop()

    @property
    def position(self) -> int:
        """The next offset of the judge that it holds."""
        assert self.ownership.judging is not None
        return self.ownership.judging.next_offset

    @property
    def digest(self) -> str:
        """Of the state that it holds."""
        assert self.ownership.judging is not None
        return digest(self.ownership.judging.judge.dump())

    @property
    def publication(self) -> Publication | None:
        """What readers know, None before it has taken over."""
        return self.ownership._publication

    async def take_over(self) -> None:
        """Be assigned the ledger and wait until it has been taken over."""
        self.ownership.assigned(owns=True)
        await until(lambda: self.publication is not None or self.ownership.crashed)

    async def read(self, end: int = DAYS) -> None:
        """Be given the ledger from where the judge stands up to there, two records a fetch."""
        for begin in range(self.position, end, 2):
            await self.ownership.take(fetch(begin, min(begin + 2, end)))

    async def take_over_and_tell(self, end: int = DAYS) -> None:
        """Take over, be given the ledger up to there, and wait until all that it has found is published."""
        await self.take_over()
        await self.read(end)
        await self.is_heard()

    async def is_heard(self) -> None:
        """Wait until all that it has found is published."""
        of = self.ownership
        await until(
            lambda: (
                of.judging is not None
                and self.publication is not None
                and self.publication.steps == of.judging.judge.steps
            )
        )

    async def _seek(self, offset: int) -> None:
        self.sought.append(offset)
