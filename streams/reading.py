"""Reading of topics outside the group: where partitions begin and end, and the records that one holds."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import ConsumerRecord

from streams.config import Config
from streams.connection import client_settings

PATIENCE_S: Final = 30.0
"""How long Kafka may bring nothing."""
_FETCH_BYTES: Final = 4 * 1_024 * 1_024
_FETCH_WAIT_MS: Final = 10
"""What is read is there already; and while a broker waits for more it answers nothing else."""
_LOOK_AGAIN_MS: Final = 100
"""Behind the last record there may be Kafka's own marks: they move the position and wake nobody."""


async def bounds(
    config: Config, partitions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[int, int]]:
    """Return the first offset that each partition still has, and the one that its next record will have."""
    wanted = [TopicPartition(topic, partition) for topic, partition in partitions]
    async with _consumer(config) as consumer:
        starts = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
    return {(tp.topic, tp.partition): (starts[tp], ends[tp]) for tp in wanted}


async def read_to_end(
    config: Config, topic: str, partition: int, patience_s: float = PATIENCE_S
) -> list[ConsumerRecord]:
    """Return the committed records that a partition holds now, in order.

    Raises
    ------
    KafkaTimeoutError
        As `records`.
    """
    async with reader(config, patience_s) as consumer:
        return [record async for record in records(consumer, topic, partition, patience_s=patience_s)]


async def records(
    consumer: AIOKafkaConsumer,
    topic: str,
    partition: int,
    *,
    first: int = 0,
    end: int | None = None,
    patience_s: float = PATIENCE_S,
) -> AsyncIterator[ConsumerRecord]:
    """Yield what is there from `first` up to `end` or the partition's own end, and what comes along.

    Raises
    ------
    KafkaTimeoutError
        Where Kafka brings nothing for so long, or not up to where the partition ended.
    """
    where = TopicPartition(topic, partition)
    begins = (await consumer.beginning_offsets([where]))[where]
    ends = (await consumer.end_offsets([where]))[where]
    at, until = max(first, begins), ends if end is None else min(end, ends)
    consumer.assign([where])
    consumer.seek(where, at)
    clock = asyncio.get_running_loop().time
    moved_at = clock()
    while at < until:
        fetched = await consumer.getmany(where, timeout_ms=_LOOK_AGAIN_MS)
        for record in fetched.get(where, ()):
            yield record
        position = await consumer.position(where)
        if position > at:
            at, moved_at = position, clock()
        elif clock() - moved_at > patience_s:
            raise KafkaTimeoutError(
                f"for {patience_s:.0f} s Kafka has brought nothing of {topic}, partition {partition}, "
                f"offset {at}; is the broker that leads it up?"
            )


@asynccontextmanager
async def reader(config: Config, patience_s: float = PATIENCE_S) -> AsyncIterator[AIOKafkaConsumer]:
    """Lend a consumer of what was committed, in no group, for `records`."""
    settings = {
        "isolation_level": "read_committed",
        "auto_offset_reset": "none",
        "max_partition_fetch_bytes": _FETCH_BYTES,
        "fetch_max_wait_ms": _FETCH_WAIT_MS,
        "request_timeout_ms": int(patience_s * 1_000),
    }
    async with _consumer(config, **settings) as consumer:
        yield consumer


@asynccontextmanager
async def _consumer(config: Config, **settings: Any) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**client_settings(config.kafka), **settings)
    try:
        await consumer.start()
        yield consumer
    finally:
        # Where a fetch is being tried again, `stop` ends with the cancellation meant for that (aiokafka 647).
        await asyncio.gather(consumer.stop(), return_exceptions=True)
        await consumer._client.close()  # noqa: SLF001 - which is what it then leaves undone
