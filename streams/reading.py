"""Reading of topics outside the group: where partitions begin and end, and all that one holds."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.config import Config
from streams.connection import client_settings

_PATIENCE_S: Final = 30.0


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
    config: Config, topic: str, partition: int, patience_s: float = _PATIENCE_S
) -> list[ConsumerRecord[bytes, bytes]]:
    """Return the committed records that a partition holds now, in order.

    Raises
    ------
    KafkaTimeoutError
        Where Kafka brings nothing for so long, or not up to where the partition ended.
    """
    where = TopicPartition(topic, partition)
    records: list[ConsumerRecord[bytes, bytes]] = []
    loop = asyncio.get_running_loop()
    async with _consumer(config, isolation_level="read_committed", auto_offset_reset="earliest") as consumer:
        end = (await consumer.end_offsets([where]))[where]
        consumer.assign([where])
        try:
            async with asyncio.timeout(patience_s) as patience:
                await consumer.seek_to_beginning(where)
                at = await consumer.position(where)
                while at < end:
                    records += (await consumer.getmany(where, timeout_ms=100)).get(where, ())
                    if (position := await consumer.position(where)) > at:
                        at = position
                        patience.reschedule(loop.time() + patience_s)
        except TimeoutError:
            raise KafkaTimeoutError(f"nothing of {topic} in {patience_s:.0f} s") from None
    return records


@asynccontextmanager
async def _consumer(config: Config, **settings: Any) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**client_settings(config.kafka), **settings)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
