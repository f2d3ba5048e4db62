"""Contenders as processes of their own: those that measure themselves, and our worker, seen from outside."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from benchmarks.contenders.span import Span, peak_rss
from benchmarks.upstream import Published
from worker import SECRET

from models.segment import Segment
from streams import child_server, topics
from streams.config import Config, KafkaConfig, SourceConfig, WorkerConfig, as_toml
from streams.http_settings import HttpConfig
from streams.ledger import decode
from streams.topic_settings import TopicsConfig

Report = dict[str, float]

COMMAND: Final = (str(Path(sys.executable).with_name("touchpoint")), "worker", "--config")
"""The worker as an operator runs it."""
_TESTS: Final = Path(__file__).parents[1]
_SILENCE_S: Final = 60.0
_TOO_LONG_S: Final = 300.0


def contender(name: str, *arguments: object) -> tuple[str, ...]:
    """Return the command that runs a contender."""
    return (sys.executable, "-m", f"benchmarks.contenders.{name}", *map(str, arguments))


def measured_by_itself(argv: tuple[str, ...]) -> Report:
    """Run a contender to its end and return what it measured."""
    done = subprocess.run(argv, env=environment(), stdout=subprocess.PIPE, check=True, timeout=_TOO_LONG_S)
    report: Report = json.loads(done.stdout)
    return report


def config_of(published: Published, run: str, role: Literal["both", "intake", "judge"]) -> Config:
    """Return a configuration for a run with a group and topics of its own, whose clock is the events'."""
    config = Config(
        kafka=KafkaConfig(brokers=(published.bootstrap,), app_id=run),
        sources=SourceConfig(topics=(published.topic,)),
        topics=TopicsConfig(*(f"{run}-{what}" for what in ("ledger", "alerts", "dead", "checkpoints"))),
        http=HttpConfig(port=child_server.free_ports(1)[0]),
        worker=WorkerConfig(role),
    )
    return replace(config, time=replace(config.time, clock="event"))


@contextmanager
def running(argv: tuple[str, ...], config: Config) -> Iterator[int]:
    """Run a worker for as long as the block lasts and lend its process id."""
    with tempfile.TemporaryDirectory(prefix="touchpoint-bench-") as folder:
        path, log = Path(folder, "touchpoint.toml"), Path(folder, "worker.log")
        path.write_text(as_toml(config))
        process = child_server.start([*argv, str(path)], log, environment())
        try:
            yield process.pid
        except TimeoutError:
            print(log.read_text()[-3_000:])
            raise
        finally:
            child_server.stop(process, 15.0)


def measured_from_outside(
    argv: tuple[str, ...],
    config: Config,
    total: int,
    *,
    and_then: Callable[[int], Report] = lambda _: {},
) -> Report:
    """Run a worker until its ledger holds so many records; who reads it along measures.

    A record counts as handled when its segment can be read from the ledger, which is a few milliseconds
    after its acknowledgement, at the span's begin as at its end. What `and_then` adds to the report is found
    out from the worker, by its process id, before it is stopped.
    """
    return asyncio.run(_followed(argv, config, total, and_then))


async def _followed(
    argv: tuple[str, ...], config: Config, total: int, and_then: Callable[[int], Report]
) -> Report:
    await topics.prepare(config)
    ledger = TopicPartition(config.topics.ledger, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=config.kafka.brokers[0], fetch_max_wait_ms=20)
    await consumer.start()
    try:
        consumer.assign([ledger])
        await consumer.seek_to_beginning(ledger)
        with running(argv, config) as process:
            span = Span(total, lambda: cpu_seconds(process))
            heard = time.monotonic()
            while not span.is_over:
                for record in (await consumer.getmany(ledger, timeout_ms=1_000)).get(ledger, ()):
                    heard = time.monotonic()
                    segment = decode(record.value)
                    if isinstance(segment, Segment):
                        span.count(len(segment.offsets) + len(segment.reject_offsets))
                if time.monotonic() - heard > _SILENCE_S:
                    raise TimeoutError(
                        f"{span.passed:,} of {total:,} records came to the ledger, then no more"
                    )
            return span.report(process) | and_then(process)
    finally:
        await consumer.stop()


def until_ready(config: Config) -> Report:
    """Run a worker from its start until it answers that it is ready."""
    asyncio.run(topics.prepare(config))
    begin = time.perf_counter()
    with running(COMMAND, config) as process:
        while not is_ready(config):
            if time.perf_counter() - begin > _TOO_LONG_S:
                raise TimeoutError("the worker never became ready")
            time.sleep(0.02)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "cpu_s": cpu_seconds(process), "peak_rss": peak_rss(process)}


def is_ready(config: Config) -> bool:
    """Return whether a worker says that it does its part."""
    url = f"http://{config.http.host}:{config.http.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return bool(response.status == 200)
    except OSError:  # not there yet, or 503
        return False


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process, exact to a nanosecond where /proc knows hundredths."""
    return time.clock_gettime(~process << 3 | 2)  # as clock_getcpuclockid(3) makes it on Linux


def environment() -> dict[str, str]:
    """Return what a contender is run with."""
    path = os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))
    return os.environ | {"TOUCHPOINT_SECRET": SECRET, "PYTHONPATH": path}
