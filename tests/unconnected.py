"""An application of Faust on our transport, nothing of it started: what it asks of Kafka is answered here."""

import asyncio
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import faust
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, Fetcher, FetchResult, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from faust.types import TP
from yarl import URL

from streams.transport import Fetch, FetchScheduler, FetchSchema, Listener, Transport

WHOLE, SINGLE, UNACKED = "whole", "single", "unacked"
HERE, THERE = TP(WHOLE, 0), TP(WHOLE, 1)


class Unconnected:
    """The application's consumer, its thread and aiokafka's client.

    Attributes
    ----------
    told : list of mapping of TP to int
        The positions that the listener was told.
    elsewhere : dict of TP to int
        Where the listener wants reading to begin instead.
    revocations : int
        How often the listener was told of a revocation.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, folder: str) -> None:
        self.loop = loop
        self.told: list[Mapping[TP, int]] = []
        self.elsewhere: dict[TP, int] = {}
        self.revocations = 0
        self.run(self._build(folder))

    def run(self, awaitable: Any) -> Any:
        """Run something to its end."""
        return self.loop.run_until_complete(awaitable)

    def hold(self, *partitions: TP) -> None:
        """Let aiokafka believe that these, and no others, have been assigned."""

        async def assign() -> None:
            self.client._subscription.unsubscribe()
            self.client._subscription.assign_from_user([TopicPartition(*tp) for tp in partitions])

        self.run(assign())

    def state(self, tp: TP) -> Any:
        """Return aiokafka's state of a partition that is held."""
        return self.client._subscription.subscription.assignment.state_value(tp)

    def arrive(self, tp: TP, position: int, *batches: bytes) -> None:
        """Let a response of the broker arrive, asked for at this position, where reading stands now."""
        self.state(tp).seek(position)
        self.client._fetcher._records[TopicPartition(*tp)] = FetchResult(
            TopicPartition(*tp),
            assignment=self.client._subscription.subscription.assignment,
            partition_records=PartitionRecords(
                tp,
                MemoryRecords(b"".join(batches)),
                aborted_transactions=None,
                fetch_offset=position,
                key_deserializer=None,
                value_deserializer=None,
                check_crcs=False,
                isolation_level=READ_COMMITTED,
            ),
            backoff=0,
        )

    def fetch(self, *, timeout: float = 0) -> dict[TP, Any]:
        """Let the thread fetch what has arrived."""
        active = set(self.client.assignment())
        fetched: dict[TP, Any] = self.run(self.thread._fetch_records(self.client, active, timeout=timeout))
        return fetched

    def message(self, tp: TP, fetch: Fetch) -> Any:
        """Let the consumer hand a fetch to one agent; return its message."""
        [(_, record)] = FetchScheduler().iterate({tp: fetch})
        made = self.consumer._to_message(tp, record)
        made.incref()
        return made

    def due(self) -> dict[TP, int]:
        """Return the offsets that a commit would commit now, taken as committed."""
        due: dict[TP, int] = self.consumer._filter_committable_offsets(
            list(self.consumer._filter_tps_with_pending_acks())
        )
        self.consumer._committed_offset.update(due)
        return due

    def assign(self, committed: Mapping[TP, int | None]) -> None:
        """Let an assignment of these partitions begin as the first, with these offsets committed."""
        for name in ("_acked", "_acked_index", "_gap", "_committed_offset", "_read_offset"):
            getattr(self.consumer, name).clear()
        with answering(self, Answers(committed)):
            self.run(self.consumer.perform_seek())
        self.consumer.resume_flow()

    def close(self) -> None:
        """Let go of what was made."""
        self.run(self.client.stop())
        self.thread.thread_loop.close()

    async def _build(self, folder: str) -> None:
        brokers = [URL("kafka://127.0.0.1:9")]
        self.app = faust.App(
            "unconnected",
            broker=brokers,
            autodiscover=False,
            datadir=folder,
            ConsumerScheduler=FetchScheduler,
        )
        self.app.transport = Transport(
            brokers, self.app, whole=(WHOLE, UNACKED), listener=Listener(self._assigned, self._revoked)
        )
        self.app.topic(WHOLE, schema=FetchSchema())
        self.app.topics.acking_topics.update((WHOLE, SINGLE))
        self.consumer: Any = self.app.consumer
        self.thread: Any = self.consumer._thread
        self.client: Any = self.thread._create_worker_consumer(self.app.transport)
        self.thread._consumer = self.client
        self.client._fetcher = Fetcher(self.client._client, self.client._subscription)
        self.client._fetcher._fetch_task.cancel()  # it would ask the broker
        self.client._fetcher._fetch_task = self.loop.create_future()
        self.client._coordinator = Untroubled()

    def _assigned(self, begins_at: Mapping[TP, int]) -> Mapping[TP, int]:
        self.told.append(begins_at)
        return self.elsewhere

    async def _revoked(self) -> None:
        self.revocations += 1


class Untroubled:
    """A coordinator of a group that has nothing to complain of, or `error`."""

    error: BaseException | None = None

    def check_errors(self) -> None:
        """Raise what it has to complain of."""
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        """Leave."""


class Answers:
    """In the place of the thread: a group's committed offsets, and where its partitions stand.

    Positions before the first record that is left are not to be had: `first` tells which that is.
    """

    def __init__(self, committed: Mapping[TP, int | None], *, first: int = 0) -> None:
        self.committed = committed
        self.positions = dict.fromkeys(committed, 999)  # where aiokafka happens to stand
        self.first = first

    def assignment(self) -> set[TP]:
        """Return all partitions."""
        return set(self.committed)

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Seek as aiokafka does: not where nothing, or 0, was committed."""
        self.positions |= {tp: offset for tp, offset in self.committed.items() if offset}
        return self.committed

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        """Seek to the first record that is left."""
        for tp in partitions:
            assert isinstance(tp, TopicPartition), "aiokafka takes no other"
            self.positions[TP(*tp)] = self.first

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek."""
        self.positions |= partitions

    async def position(self, tp: TP) -> int:
        """Return where a partition stands."""
        return self.positions[tp]


@contextmanager
def answering(here: Unconnected, answers: Any) -> Iterator[Any]:
    """Let the consumer ask these answers instead of its thread."""
    thread, here.consumer._thread = here.consumer._thread, answers
    try:
        yield answers
    finally:
        here.consumer._thread = thread


def batch(
    first: int, deltas: Sequence[int], *, end: int | None = None, marker: bool = False, timestamp: int = 1_000
) -> bytes:
    """Return a batch as it stands in a log: records at first + deltas, the next batch beginning at `end`.

    Compaction leaves holes between records and behind the last; a marker is what a transaction ends with.
    """
    builder = DefaultRecordBatchBuilder(2, 0, int(marker), 7, 0, 0, 1 << 20)
    for delta in deltas:
        committed = struct.pack(">hh", 0, 1)
        assert builder.append(delta, timestamp, committed if marker else None, b"%d" % (first + delta), [])
    made = builder.build()
    attributes = struct.unpack_from(">h", made, 21)[0] | (0x20 if marker else 0)
    last = (first + deltas[-1] if end is None else end - 1) - first
    struct.pack_into(">q", made, 0, first)
    struct.pack_into(">h", made, 21, attributes)
    struct.pack_into(">i", made, 23, last)
    return bytes(made)


def fetch(begin: int, end: int, offsets: Iterable[int] | None = None, *, tp: TP = HERE) -> Fetch:
    """Return a fetch of records without content, of all positions unless offsets are given."""
    every = range(begin, end) if offsets is None else offsets
    return Fetch(begin, end, [record(offset, tp=tp) for offset in every])


def record(offset: int, value: bytes | None = b"", *, tp: TP = HERE, timestamp: int = 1_000) -> Any:
    """Return a record as aiokafka hands it over."""
    size = -1 if value is None else len(value)
    return ConsumerRecord(tp.topic, tp.partition, offset, timestamp, 0, None, value, None, -1, size, ())
