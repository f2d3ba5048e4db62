"""What the contenders read: a topic of simulated events, written as upstream systems write them."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from zlib import crc32

import orjson
from aiokafka import AIOKafkaProducer

from models.simulation import Centre, SimulationSettings, issue_types

EMPLOYEES: Final = 2_000
PER_DAY: Final = 100_000
PARTITIONS: Final = 4
BATCH_BYTES: Final = 16_384
"""What Kafka's own producer fills by default (`batch.size`)."""
_IN_FLIGHT: Final = 64


@dataclass(frozen=True, slots=True)
class Published:
    """A topic of `count` events, `size` bytes in all."""

    broker: str
    bootstrap: str
    topic: str
    count: int
    size: int

    def __str__(self) -> str:
        """Say what there is to read."""
        return (
            f"{self.broker}; {self.count:,} events of {self.size / self.count:.0f} bytes (compact JSON, "
            f"uncompressed, in batches of {BATCH_BYTES // 1_024} KiB) in {PARTITIONS} partitions"
        )


def records(
    count: int, *, employees: int = EMPLOYEES, per_day: int = PER_DAY
) -> Iterator[tuple[bytes, bytes]]:
    """Yield so many events as compact JSON, keyed by case, in order of time."""
    days = 1 + count // (per_day // 2)  # a day of a weekend is smaller than the mean
    settings = SimulationSettings(
        employees=employees, handlings_per_day=per_day, days=days, issue_types=issue_types(24)
    )
    events = (event for day in Centre(settings, 1).days() for event in day.events())
    for event in islice(events, count):
        yield str(event.get("case_id", event["event_id"])).encode(), orjson.dumps(event)


def publish(broker: str, bootstrap: str, topic: str, count: int, **centre: int) -> Published:
    """Publish so many events of a centre, as `records` takes it, to a topic of a broker, called so."""
    size = asyncio.run(_publish(bootstrap, topic, records(count, **centre)))
    return Published(broker, bootstrap, topic, count, size)


async def _publish(bootstrap: str, topic: str, events: Iterator[tuple[bytes, bytes]]) -> int:
    """Publish and return the size of the values; batches built here cost a third of single records."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES)
    await producer.start()
    try:
        batches = [producer.create_batch() for _ in range(PARTITIONS)]
        sent: deque[Any] = deque()
        size = 0
        for key, value in events:
            size += len(value)
            partition = crc32(key) % PARTITIONS
            while batches[partition].append(key=key, value=value, timestamp=None) is None:
                sent.append(await producer.send_batch(batches[partition], topic, partition=partition))
                batches[partition] = producer.create_batch()
                if len(sent) > _IN_FLIGHT:
                    await sent.popleft()
        for partition, batch in enumerate(batches):
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)
        return size
    finally:
        await producer.stop()
