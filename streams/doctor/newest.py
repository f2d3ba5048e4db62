"""The newest records of partitions, without a group and without a trace."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.config import Config
from streams.connection import client_settings

Place = tuple[str, int]
"""A topic and one of its partitions."""


async def newest(
    config: Config, bounds: Mapping[Place, tuple[int, int]], count: int, seconds: float
) -> dict[Place, list[Any]]:
    """Return the committed records among the last `count` offsets of each partition, in order.

    Parameters
    ----------
    bounds : mapping of place to (int, int)
        Where each partition begins and ends.
    seconds : float
        What has not come by then is left out.
    """
    ends = {TopicPartition(*place): end for place, (begin, end) in bounds.items() if end > begin}
    records: dict[Place, list[Any]] = {place: [] for place in bounds}
    if not ends:
        return records
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    async with AIOKafkaConsumer(
        **client_settings(config.kafka),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        consumer.assign(list(ends))
        for tp, end in ends.items():
            consumer.seek(tp, max(bounds[tp.topic, tp.partition][0], end - count))
        waiting = set(ends)
        while waiting and clock() < until:
            fetched = await consumer.getmany(*waiting, timeout_ms=100)
            for tp, some in fetched.items():
                records[tp.topic, tp.partition] += [one for one in some if one.offset < ends[tp]]
            waiting = {tp for tp in waiting if await consumer.position(tp) < ends[tp]}
    return records
