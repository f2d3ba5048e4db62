"""The service as an operator runs it: the command in a process of its own, seen from outside."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka.broker import Broker
from prometheus_client.parser import text_string_to_metric_families

from streams import child_server
from streams.config import Config, KafkaConfig, SourceConfig, TopicsConfig, as_toml
from streams.http_settings import HttpConfig

SECRET = "a secret that only tests know"  # noqa: S105 - it guards nothing
WAIT_S = 120.0

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def config_for(broker: Broker, topic: str, **changes: Any) -> Config:
    """Return a configuration for a worker of its own on this broker; the clock is that of the events."""
    config = Config(
        kafka=KafkaConfig(brokers=(broker.bootstrap,), app_id=f"app-{topic}", session_timeout_s=2.0),
        sources=SourceConfig(topics=(topic,)),
        topics=TopicsConfig(
            *(f"{topic}-{purpose}" for purpose in ("ledger", "alerts", "dead", "checkpoints"))
        ),
        http=HttpConfig(port=child_server.free_ports(1)[0]),
    )
    return replace(config, time=replace(config.time, clock="event"), **changes)


class RunningWorker:
    """A worker for as long as the `with` block lasts."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="touchpoint-worker-")
        folder = Path(self._folder.name)
        (folder / "touchpoint.toml").write_text(as_toml(self.config))
        self._log = folder / "worker.log"
        self._process = child_server.start(
            [
                str(Path(sys.executable).with_name("touchpoint")),
                "worker",
                "--config",
                str(folder / "touchpoint.toml"),
            ],
            self._log,
            os.environ | {"TOUCHPOINT_SECRET": SECRET},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        child_server.stop(self._process, 15.0)
        self._folder.cleanup()

    @property
    def log(self) -> str:
        """What it has said on stderr."""
        return self._log.read_text()

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it as a crash would."""
        child_server.kill(self._process)

    def pause(self) -> None:
        """Stop it in its tracks, as a machine without CPU to give would."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on; it does not know how long it was away."""
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """Ask it to end and return its exit code."""
        self._process.terminate()
        return self._process.wait(45.0)

    def wait_to_end(self) -> int:
        """Return the exit code of a worker that ends by itself."""
        return self._process.wait(WAIT_S)

    def get(self, path: str) -> bytes:
        """Return what it serves."""
        url = f"http://127.0.0.1:{self.config.http.port}{path}"
        with urllib.request.urlopen(url, timeout=10) as response:
            body: bytes = response.read()
        return body

    def is_ready(self) -> bool:
        """Return whether it says that it does its part."""
        with suppress(OSError):
            return self.get("/readyz") == b"ready\n"
        return False

    def document(self) -> dict[str, Any]:
        """Return the judge's document."""
        document: dict[str, Any] = json.loads(self.get("/api/v1/document"))
        return document

    def samples(self) -> Samples:
        """Return the series of the page by name and labels."""
        families = text_string_to_metric_families(self.get("/metrics").decode())
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first document of which this holds."""
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                document = self.document()
                assert conserves(document["events"]), (
                    "read = accepted + rejected + duplicate + late + pending"
                )
                if holds(document):
                    return document
            except OSError:
                document = {}
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(
                    f"never came to hold; last {document.get('events')}; it said:\n{self.log[-3000:]}"
                )
            time.sleep(0.1)

    def until_serving(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + WAIT_S
        while True:
            with suppress(OSError):
                self.get("/healthz")
                return
            if self.has_ended or time.monotonic() > deadline:
                raise AssertionError(self.log[-3000:])
            time.sleep(0.1)

    def until_read(self, records: int) -> dict[str, Any]:
        """Return the document once so many records have been judged."""
        return self.until(lambda document: document["events"]["read"] >= records)

    def until_page(self, holds: Callable[[Samples], bool]) -> Samples:
        """Return the first page of which this holds."""
        deadline = time.monotonic() + WAIT_S
        while not holds(samples := self.samples()):
            assert page_conserves(samples), "the law holds on the page at every moment"
            assert time.monotonic() < deadline, "the page never came to show it"
            time.sleep(0.2)
        return samples


def conserves(events: Mapping[str, Any]) -> bool:
    """Return whether read = accepted + rejected + duplicate + late + pending."""
    ended = events["accepted"] + sum(events["rejected"].values()) + events["duplicate"] + events["late"]
    return bool(events["read"] == ended + events["pending"])


def page_conserves(samples: Samples) -> bool:
    """Return whether the law holds on a page."""

    def total(what: str) -> float:
        name = f"touchpoint_events_{what}"
        return sum(value for (sample, _), value in samples.items() if sample == name)

    ended = sum(total(f"{what}_total") for what in ("accepted", "rejected", "duplicate", "late"))
    return total("received_total") == ended + total("pending")


def publish(
    broker: Broker,
    topic: str,
    records: Iterable[tuple[bytes | None, bytes | None]],
    *,
    partition: int | None = None,
    compression: str | None = None,
) -> None:
    """Publish (key, value) pairs in order and wait until Kafka has them."""

    async def send() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=broker.bootstrap, compression_type=compression, linger_ms=5
        )
        await producer.start()
        try:
            sent = [await producer.send(topic, value, key=key, partition=partition) for key, value in records]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    asyncio.run(send())


def consume(broker: Broker, topic: str) -> list[Any]:
    """Return all records that a topic's first partition holds now."""

    async def read() -> list[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            end = (await consumer.end_offsets([partition]))[partition]
            records: list[Any] = []
            while await consumer.position(partition) < end:
                records.extend((await consumer.getmany(partition, timeout_ms=500)).get(partition, []))
            return records
        finally:
            await consumer.stop()

    return asyncio.run(read())
