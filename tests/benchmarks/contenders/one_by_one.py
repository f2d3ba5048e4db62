"""Faust as its documentation has it, `async for event in stream`, with our decoder; it makes no columns.

    python -m benchmarks.contenders.one_by_one BOOTSTRAP TOPIC RECORDS

It prints what it measured.
"""

import asyncio
import json
import sys
import tempfile
import uuid
from typing import Any

import faust
from benchmarks.contenders.reading import DEFAULTS, FETCH_BYTES_MAX, FETCH_WAIT_MS, ISOLATION
from benchmarks.contenders.span import Span
from faust.transport.drivers import aiokafka as driver

from streams.formats.canonical import read
from streams.formats.contract import HandlingCompleted


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches as the other contenders do: Faust has no settings for these two."""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = ISOLATION
        return consumer


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


async def run(bootstrap: str, topic: str, total: int, folder: str) -> Span:
    """Read so many records from the beginning, in a group of its own."""
    span, over = Span(total), asyncio.Event()
    app = faust.App(
        f"one-by-one-{uuid.uuid4()}",
        broker=f"kafka://{bootstrap}",
        autodiscover=False,
        web_enabled=False,
        datadir=folder,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES_MAX,
        stream_wait_empty=False,  # it ends before the topic does
    )
    app.transport.Consumer = _Consumer

    @app.agent(app.topic(topic, key_serializer="raw", value_serializer="raw"))
    async def handle(stream: Any) -> None:
        async for value in stream:
            event = read(value, DEFAULTS.intake.record_bytes_max)
            span.count(isinstance(event, HandlingCompleted))
            if span.is_over:
                over.set()
                break

    async with app:
        await over.wait()
    return span


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), folder)).report()))
