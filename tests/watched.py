"""A worker as its health is looked at: what it has read and judged, and what Kafka still has for it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP
from taking import HERE, Clocks, FakeBroker, fetch, intake

from models.judge import Judge
from streams.config import Config
from streams.fenced import FencedProducer
from streams.health import Health
from streams.judging import Judging
from streams.ownership import Ownership
from streams.transport import Ends

LEDGER = TP(Config().topics.ledger, 0)


@dataclass
class FakeConsumer:
    """Knows where partitions end, as of their last fetch."""

    known: dict[TP, Ends] = field(default_factory=dict)

    def ends(self, tp: TP) -> Ends | None:
        """Return where a partition ends, None where it is not held."""
        return self.known.get(tp)


def worker(
    ends: Mapping[TP, Ends] | None = None,
    *,
    taken: int = 0,
    judged: int | None = None,
    follow_to: int | None = None,
    clocks: Clocks | None = None,
    broker: FakeBroker | None = None,
) -> Health:
    """Return the health of a worker.

    Parameters
    ----------
    taken : int
        So many records of the first partition it has taken.
    judged : int, optional
        The judge is here and stands there.
    follow_to : int, optional
        Up to where the judge has to come to have caught up.
    """
    clocks = Clocks() if clocks is None else clocks
    config = Config()
    owner = Ownership(config, FencedProducer(config, transactional=True), nowhere)
    if judged is not None:
        owner.judging, owner._follow_to = Judging(Judge(config), judged), follow_to
    consumer: Any = FakeConsumer(dict(ends or {}))
    reading = intake(broker or FakeBroker(), clocks)
    if taken:
        asyncio.run(reading.take(HERE, fetch(0, taken)))
    health = Health(config, reading, owner, consumer, monotonic=lambda: clocks.monotonic)
    health.is_assigned = True
    return health


async def nowhere(_: int) -> None:
    """Seek nothing."""
