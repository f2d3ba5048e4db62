"""What the scenarios read: simulated events in files, one a partition, published at a pace."""

import asyncio
import math
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zlib import crc32

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from models.simulation import Centre, SimulationSettings, inconsistencies

_BEATS: Final = 20
"""Bursts a second that a pace is kept by."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """So many events in files, in the order in which they are published.

    Attributes
    ----------
    files : tuple of Path
        One a partition, a JSON object a line.
    count : int
    """

    files: tuple[Path, ...]
    count: int

    @classmethod
    def simulated(cls, folder: Path, centre: Centre, partitions: int, count: int | None = None) -> Self:
        """Write the first events of a simulated centre; a case stays in one partition."""
        files = tuple(folder / f"partition-{number}.ndjson" for number in range(partitions))
        written = 0
        with ExitStack() as stack:
            outputs = [stack.enter_context(file.open("wb")) for file in files]
            for partition, value in islice(endless(centre, partitions), count):
                outputs[partition].write(value + b"\n")
                written += 1
        return cls(files, written)

    def split(self, share: float) -> tuple[Self, Self]:
        """Return the first share of every file and the rest, as upstreams of their own."""
        parts: list[list[Path]] = [[], []]
        counts = [0, 0]
        for file in self.files:
            lines = file.read_bytes().splitlines(keepends=True)
            middle = int(len(lines) * share)
            for number, part in enumerate((lines[:middle], lines[middle:])):
                path = file.with_suffix(f".{number}.ndjson")
                path.write_bytes(b"".join(part))
                parts[number].append(path)
                counts[number] += len(part)
        first, rest = (type(self)(tuple(files), count) for files, count in zip(parts, counts, strict=True))
        return first, rest

    def records(self) -> Iterator[tuple[int, bytes]]:
        """Yield (partition, value), the partitions in turn and in proportion to their size."""
        with ExitStack() as stack:
            lines = [iter(stack.enter_context(file.open("rb"))) for file in self.files]
            sizes = [file.stat().st_size for file in self.files]
            passed = [0.0] * len(lines)
            waiting = set(range(len(lines)))
            while waiting:
                partition = min(waiting, key=passed.__getitem__)
                line = next(lines[partition], None)
                if line is None:
                    waiting.remove(partition)
                    continue
                passed[partition] += len(line) / sizes[partition]
                yield partition, line.rstrip(b"\n")


def endless(centre: Centre, partitions: int, days: range | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield (partition, value) of a simulated centre as long as it works, or on these days.

    A case stays in one partition.
    """
    for index in days or range(centre.settings.days):
        for event in centre.day(index).events():
            key = str(event.get("case_id", event["event_id"])).encode()
            yield crc32(key) % partitions, orjson.dumps(event)


def centre_of(
    *, employees: int = 300, per_day: int = 10_000, days: int = 400, planted: str = "none", seed: int = 7
) -> Centre:
    """Return a simulated contact centre."""
    settings = SimulationSettings(
        employees=employees, handlings_per_day=per_day, days=days, inconsistencies=inconsistencies(planted)
    )
    return Centre(settings, seed)


async def publish(
    bootstrap: str,
    topic: str,
    records: Iterator[tuple[int, bytes]],
    *,
    rate: int | None = None,
    until: threading.Event | None = None,
) -> int:
    """Publish records, at most so many a second, and return how many; wait where the broker is away."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=20, max_batch_size=65_536
    )
    # A leader that is missed for 40 s is no reason to give a record up: as in `streams.producer`.
    producer._message_accumulator._batch_ttl = math.inf
    await producer.start()
    count, begun = 0, time.monotonic()
    try:
        while until is None or not until.is_set():
            burst = list(islice(records, max((rate or 40_000) // _BEATS, 1)))
            if not burst:
                break
            sent = [await _taken(producer, topic, value, partition) for partition, value in burst]
            await asyncio.gather(*sent)
            count += len(burst)
            if rate is not None:
                await asyncio.sleep(max(begun + count / rate - time.monotonic(), 0))
        return count
    finally:
        await producer.stop()


async def _taken(
    producer: AIOKafkaProducer, topic: str, value: bytes, partition: int
) -> "asyncio.Future[object]":
    """Hand a record over, however long Kafka is away."""
    while True:
        with suppress(KafkaTimeoutError):  # nothing was taken: the batches before have no room left
            sent: asyncio.Future[object] = await producer.send(topic, value, partition=partition)
            return sent


class Publishing:
    """A publisher in the background for as long as the `with` block lasts; `wait` returns when all is out."""

    def __init__(
        self, bootstrap: str, topic: str, records: Iterator[tuple[int, bytes]], rate: int | None = None
    ) -> None:
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(bootstrap, topic, records, rate), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(30.0)

    @property
    def is_done(self) -> bool:
        """Whether all is out."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until all is out."""
        self._thread.join()
        if self._failed:
            raise self._failed[0]

    def _run(
        self, bootstrap: str, topic: str, records: Iterator[tuple[int, bytes]], rate: int | None
    ) -> None:
        try:
            asyncio.run(publish(bootstrap, topic, records, rate=rate, until=self._stop))
        except BaseException as error:  # noqa: BLE001 - `wait` raises it in the test
            self._failed.append(error)


def published(bootstrap: str, topic: str, upstream: Upstream) -> None:
    """Publish everything at once."""
    count = asyncio.run(publish(bootstrap, topic, upstream.records()))
    assert count == upstream.count
