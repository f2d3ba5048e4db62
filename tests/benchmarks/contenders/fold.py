"""A judge that folds a ledger held in memory: bytes -> decode -> apply, nothing else.

    python -m benchmarks.contenders.fold BOOTSTRAP LEDGER

It prints what it measured.
"""

import asyncio
import json
import sys
import time
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, TopicPartition
from benchmarks.contenders.reading import DEFAULTS
from benchmarks.contenders.span import peak_rss

from models.judge import Judge
from models.segment import Segment
from streams.ledger import decode


async def values(bootstrap: str, topic: str) -> list[bytes]:
    """Return the records of a ledger, as they are now."""
    ledger = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        consumer.assign([ledger])
        await consumer.seek_to_beginning(ledger)
        end = (await consumer.end_offsets([ledger]))[ledger]
        read: list[bytes] = []
        while await consumer.position(ledger) < end:
            fetched = await consumer.getmany(ledger, timeout_ms=500)
            read += [record.value for record in fetched.get(ledger, [])]
        return read
    finally:
        await consumer.stop()


def fold(records: list[bytes]) -> dict[str, float]:
    """Fold them and return what that took."""
    judge = Judge(replace(DEFAULTS, time=replace(DEFAULTS.time, clock="event")))
    rows, begin, cpu = 0, time.perf_counter(), time.process_time()
    for value in records:
        record = decode(value)
        judge.apply(record)
        rows += len(record.rows) if isinstance(record, Segment) else 0
    seconds, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    return {"records": rows, "seconds": seconds, "cpu_s": cpu_s, "peak_rss": peak_rss("self")}


if __name__ == "__main__":
    print(json.dumps(fold(asyncio.run(values(sys.argv[1], sys.argv[2])))))
