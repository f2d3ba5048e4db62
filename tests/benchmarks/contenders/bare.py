"""A bare aiokafka loop that decodes to columns with our code, and writes nothing.

    python -m benchmarks.contenders.bare BOOTSTRAP TOPIC RECORDS

It commits once a second, as such loops do, and prints what it measured.
"""

import asyncio
import json
import sys
import uuid

from aiokafka import AIOKafkaConsumer
from benchmarks.contenders.reading import FETCH_BYTES_MAX, FETCH_WAIT_MS, ISOLATION, decoded
from benchmarks.contenders.span import Span


async def read(bootstrap: str, topic: str, total: int) -> Span:
    """Read so many records from the beginning, in a group of its own."""
    span = Span(total)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=f"bare-{uuid.uuid4()}",
        auto_offset_reset="earliest",
        auto_commit_interval_ms=1_000,
        isolation_level=ISOLATION,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    await consumer.start()
    try:
        while not span.is_over:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                columns = decoded([one.value for one in records], [one.offset for one in records])
                span.count(len(columns.rows))
    finally:
        await consumer.stop()
    return span


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3]))).report()))
