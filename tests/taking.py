"""Intake with a broker of its own making: it keeps what was sent, and acknowledges when it is told to."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from aiokafka import ConsumerRecord
from builders import line
from decoding import NOON
from faust.types import TP

from models.identity import Identity, Keys
from models.segment import IdleMark, LedgerRecord, Segment
from models.settings import SECOND
from streams.config import Config
from streams.deadletters import Headers
from streams.intake import Intake
from streams.ledger import decode
from streams.transport import Fetch

HERE = TP("events", 0)
THERE = TP("events", 1)
ROSTER = {"events": 2}
PSEUDONYMS = Identity(Keys.from_secret(b"sixteen bytes ok"))


class Sent(NamedTuple):
    """A record on its way, and the future of its acknowledgement."""

    topic: str
    value: bytes
    key: bytes | None
    headers: Headers | None
    acknowledged: "asyncio.Future[object]"


@dataclass
class Clocks:
    """A wall clock and a monotonic one, in seconds, that stand until a test moves them."""

    wall: float = NOON / SECOND
    monotonic: float = 1_000.0

    def pass_(self, seconds: float) -> None:
        """Let time go by on both."""
        self.wall += seconds
        self.monotonic += seconds


@dataclass
class FakeBroker:
    """Takes what is sent; `holding` keeps acknowledgements back, `refusing` fails those of a topic.

    `first` is the first offset that its partitions still have.
    """

    holding: bool = False
    refusing: str | None = None
    first: int = 0
    sent: list[Sent] = field(default_factory=list)

    async def send(
        self, topic: str, value: bytes, key: bytes | None = None, headers: Headers | None = None
    ) -> "asyncio.Future[object]":
        """Take a record, as intake's `Send`."""
        acknowledged: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.sent.append(Sent(topic, value, key, headers, acknowledged))
        if topic == self.refusing:
            acknowledged.set_exception(ConnectionError("the broker said no"))
        elif not self.holding:
            acknowledged.set_result(None)
        return acknowledged

    async def log_start(self, _: TP) -> int:
        """Return the first offset that a partition still has."""
        return self.first

    def of(self, topic: str) -> list[Sent]:
        """Return what was sent to a topic."""
        return [one for one in self.sent if one.topic == topic]

    @property
    def ledger(self) -> list[LedgerRecord]:
        """What it was given for the ledger, decoded."""
        return [decode(one.value) for one in self.of(Config().topics.ledger)]

    @property
    def segments(self) -> list[Segment]:
        """The segments among it."""
        return [record for record in self.ledger if isinstance(record, Segment)]

    @property
    def marks(self) -> list[IdleMark]:
        """The idle marks among it."""
        return [record for record in self.ledger if isinstance(record, IdleMark)]


def intake(
    broker: FakeBroker,
    clocks: Clocks | None = None,
    *,
    config: Config | None = None,
    begins_at: dict[TP, int] | None = None,
) -> Intake:
    """Return an intake that was assigned both partitions of its topic."""
    clocks = Clocks() if clocks is None else clocks
    made = Intake(
        Config() if config is None else config,
        PSEUDONYMS,
        broker.send,
        broker.log_start,
        ROSTER,
        wall=lambda: clocks.wall,
        monotonic=lambda: clocks.monotonic,
    )
    made.assign({HERE: 0, THERE: 0} if begins_at is None else begins_at)
    return made


def record(
    offset: int, value: bytes | None = b"", tp: TP = HERE, *, timestamp: int = 0
) -> ConsumerRecord[bytes, bytes]:
    """Return a record of a source: a good handling of that offset unless a value, or None, is given."""
    made = line(event_id=f"{tp.partition}-{offset}") if value == b"" else value
    size = -1 if made is None else len(made)
    return ConsumerRecord(tp.topic, tp.partition, offset, timestamp, 0, None, made, None, -1, size, ())


def fetch(begin: int, end: int, offsets: Iterable[int] | None = None, tp: TP = HERE) -> Fetch:
    """Return a fetch of good handlings: at every position, or just at these offsets."""
    return Fetch(
        begin, end, [record(at, tp=tp) for at in (range(begin, end) if offsets is None else offsets)]
    )


def of(*records: ConsumerRecord[bytes, bytes]) -> Fetch:
    """Return a fetch of just these records."""
    return Fetch(records[0].offset, records[-1].offset + 1, records)


def taken(by: Intake, *fetches: Fetch, tp: TP = HERE) -> Intake:
    """Let an intake take fetches of a partition one after the other, and see them acknowledged."""

    async def run() -> None:
        for one in fetches:
            await asyncio.gather(*await by.take(tp, one))

    asyncio.run(run())
    return by


def stretches(segments: Sequence[Segment]) -> list[tuple[int, int, list[int]]]:
    """Return what each segment covers: start, end, and the offsets of rows and rejects."""
    return [
        (one.start, one.end, np.concatenate((one.offsets, one.reject_offsets)).tolist()) for one in segments
    ]
