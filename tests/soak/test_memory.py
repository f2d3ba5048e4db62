"""Memory stays flat: at full speed for long, and over a deep backlog whose reader is held back."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest
from kafka.broker import Broker
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Publishing, Upstream, centre_of, endless, published
from worker import RunningWorker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(3_000)]

FLAT = 0.2
"""Share of its level by which memory may rise and fall: a checkpoint takes some for a moment."""
PARTITIONS = 4
PER_DAY = 3_000


def test_memory_is_flat_at_full_speed(kafka: Broker) -> None:
    """However long a worker reads and judges as fast as records come, it needs no more memory."""
    small = {"retention.bytes": "268435456", "segment.bytes": "67108864"}
    topic = kafka.create_topic("steady", partitions=PARTITIONS, config=small)
    records = endless(centre_of(employees=100, per_day=PER_DAY, days=100_000), PARTITIONS)
    with fleet(config_on(kafka, topic)) as workers, Publishing(kafka.bootstrap, topic, records):
        worker = workers.join()
        workers.until_read(28 * PER_DAY, 120.0)  # from here on as much is forgotten as is learnt
        begun, before = time.monotonic(), workers.read()
        sizes = list(resident(worker, lambda: time.monotonic() - begun > SIZES.steady_s))
        read, took = workers.read() - before, time.monotonic() - begun
    tell(
        "memory at full speed",
        f"{took:.0f} s, {read:,} events ({read / took:,.0f}/s, publisher and broker on the same cores)",
        told(sizes),
    )
    assert_flat(sizes)


def test_memory_is_flat_over_a_deep_backlog(kafka: Broker, tmp_path: Path) -> None:
    """Where the ledger takes less than the sources give, what waits stays in Kafka."""
    del kafka  # where there is none, its fixture says so
    centre = centre_of(employees=100, per_day=PER_DAY, days=100_000)
    upstream = Upstream.simulated(tmp_path, centre, PARTITIONS, SIZES.backlog)
    with Broker() as slow:
        topic = slow.create_topic("backlog", partitions=PARTITIONS)
        published(slow.bootstrap, topic, upstream)
        slow.throttle_producers(SIZES.ledger_bytes_a_second)
        with fleet(config_on(slow, topic)) as workers:
            worker = workers.join()
            begun = time.monotonic()
            workers.until_read(upstream.count // 10, 300.0)
            sizes = list(resident(worker, lambda: workers.read() >= upstream.count))
            took = time.monotonic() - begun
    tell(
        "memory over a backlog",
        f"{upstream.count:,} events waiting, the ledger taking {SIZES.ledger_bytes_a_second:,} B/s",
        f"{told(sizes)}, for {took:.0f} s",
    )
    assert_flat(sizes)


def resident(worker: RunningWorker, is_over: Callable[[], bool]) -> Iterator[float]:
    """Yield a worker's resident memory in MB, once a second."""
    while True:
        yield worker.samples()["process_resident_memory_bytes", frozenset()] / 1e6
        if is_over():
            return
        time.sleep(1.0)


def told(sizes: list[float]) -> str:
    """Say how much memory was taken."""
    return f"{min(sizes):.0f} to {max(sizes):.0f} MB resident, median {median(sizes):.0f}"


def assert_flat(sizes: list[float]) -> None:
    """Hold every size against the level."""
    level = median(sizes)
    assert (1 - FLAT) * level <= min(sizes) <= max(sizes) <= (1 + FLAT) * level, told(sizes)
