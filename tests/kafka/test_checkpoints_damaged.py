"""Checkpoints on a real Kafka: what is damaged or gone is noticed, told, and never taken for whole."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from checkpoint_topic import config_for, found, passed_over, producer, put, put_all, state, whole
from kafka.broker import Broker
from msgspec import structs

from models.state import FORMAT, digest
from streams.checkpoints import TOPIC_SETTINGS, Newest
from streams.checkpoints.manifest import CHUNK_BYTES, CHUNKS, MANIFESTS, as_json, chunk_key, manifest_key
from streams.config import Config
from streams.reading import read_to_end, reader, records

pytestmark = pytest.mark.kafka

SOON_COMPACTED = {
    **TOPIC_SETTINGS,
    "segment.ms": "1",
    "max.compaction.lag.ms": "1",
    "min.cleanable.dirty.ratio": "0",
}
"""Every record closes the segment before it, and the cleaner takes what is closed at once."""


@pytest.fixture
def config(kafka: Broker) -> Config:
    """Lend a configuration with a topic of checkpoints of its own."""
    return config_for(kafka)


def test_a_chunk_with_other_bytes_is_noticed(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    """One bit of one chunk is another: that is told, and the other slot is read."""
    put_all(config, 10)

    async def damage() -> None:
        async with producer(config) as made:

            async def send(topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
                if key == chunk_key(FORMAT, 1, 1):
                    value = bytes((value[0] ^ 1,)) + value[1:]
                return await made.send_and_wait(topic, value, key=key, partition=partition)

            await put(config, state(20), 1, 20, send)

    asyncio.run(damage())

    assert found(config).next_slot == 1
    assert whole(config).state["seed"] == 10
    assert set(passed_over(caplog)) == {(1, "its bytes are not those that were written")}


def test_chunks_of_two_writers_are_not_mixed_up(config: Config) -> None:
    """While a process that has lost the judge writes into the same slot, a whole checkpoint stays whole."""

    async def together() -> None:
        turn = asyncio.Lock()
        async with producer(config) as made:

            async def send(topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
                async with turn:
                    if partition == CHUNKS:
                        await made.send_and_wait(topic, b"of another", key=key, partition=partition)
                    return await made.send_and_wait(topic, value, key=key, partition=partition)

            await put(config, state(10), 0, 10, send)

    asyncio.run(together())
    assert digest(whole(config).state) == digest(state(10))


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        ({"chunk_offsets": (0, 1, 10**6)}, "1 of its 3 chunks are gone"),
        ({"length": 1_200_000}, "its chunks are longer than its manifest says"),
        ({"length": 1_300_000}, "its chunks are not those that its manifest names"),
        ({"sha256": "00" * 32}, "its chunks are not those that its manifest names"),
    ],
)
def test_a_manifest_that_its_chunks_do_not_bear_out_is_noticed(
    config: Config, caplog: pytest.LogCaptureFixture, claim: dict[str, Any], problem: str
) -> None:
    """A manifest is believed only as far as its chunks are those it names; else the other slot is read."""
    [manifest] = put_all(config, 10)
    wrong = structs.replace(manifest, slot=1, next_offset=20, **claim)

    async def write_it() -> None:
        async with producer(config) as made:
            key, topic = manifest_key(FORMAT, 1), config.topics.checkpoints
            await made.send_and_wait(topic, as_json(wrong), key=key, partition=MANIFESTS)

    asyncio.run(write_it())

    assert whole(config).manifest == manifest
    assert passed_over(caplog) == [(1, problem)]


def test_a_topic_that_was_cut_off_is_read_from_where_it_begins(
    kafka: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """Where someone has deleted the beginning of the topic, what is left counts and what is cut is told."""
    config = config_for(kafka, {"cleanup.policy": "compact,delete"})
    _, last = put_all(config, 10, 20)

    asyncio.run(cut(config, MANIFESTS, 1))
    assert whole(config).manifest == last

    asyncio.run(cut(config, CHUNKS, last.chunk_offsets[1]))
    assert found(config).checkpoint is None
    assert passed_over(caplog) == [(1, "1 of its 3 chunks are gone")]


async def cut(config: Config, partition: int, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=config.kafka.brokers[0])
    await admin.start()
    try:
        where = TopicPartition(config.topics.checkpoints, partition)
        await admin.delete_records({where: RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()


def test_a_chunk_that_was_compacted_away_is_noticed(kafka: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """A chunk that another process has replaced is gone after compaction: the other slot is read."""
    config = config_for(kafka, SOON_COMPACTED)
    *_, last = put_all(config, 10, 20)

    asyncio.run(compact(config, {last.chunk_offsets[1]}, chunk_key(FORMAT, 1, 1)))

    assert digest(whole(config).state) == digest(state(10))
    assert passed_over(caplog) == [(1, "1 of its 3 chunks are gone")]
    assert found(config).next_slot == 1


def test_compaction_leaves_what_is_needed(kafka: Broker) -> None:
    """After many checkpoints those that were replaced are gone, and the last two are whole."""
    config = config_for(kafka, SOON_COMPACTED)
    *replaced, _, last = put_all(config, *range(10, 90, 10))

    asyncio.run(compact(config, {offset for one in replaced for offset in one.chunk_offsets}))

    assert whole(config).manifest == last
    assert digest(whole(config).state) == digest(state(80))


async def compact(config: Config, replaced: set[int], *keys: bytes) -> None:
    """Write chunks under these keys and wait until those that were replaced are gone."""
    async with producer(config) as made:
        for key in (*keys, b"closes the segment before it", b"and this that one"):
            await made.send_and_wait(config.topics.checkpoints, b"other", key=key, partition=CHUNKS)
            await asyncio.sleep(0.01)
    for _ in range(600):
        there = {record.offset for record in await read_to_end(config, config.topics.checkpoints, CHUNKS)}
        if not replaced & there:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"Kafka does not compact: {replaced & there} are there")


def test_no_whole_one_is_none(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    """Where neither slot can be read that is told of both, and the judge begins with the ledger."""

    async def damage() -> None:
        async with producer(config) as made:

            async def send(topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
                value = b"{}" if key == manifest_key(FORMAT, 0) else value
                value = value[1:] if key == chunk_key(FORMAT, 1, 1) else value
                return await made.send_and_wait(topic, value, key=key, partition=partition)

            await put(config, state(10), 0, 10, send)
            await put(config, state(20), 1, 20, send)

    asyncio.run(damage())

    assert found(config) == Newest(checkpoint=None, next_slot=0, other_formats=())
    assert [slot for slot, _ in passed_over(caplog)] == [0, 1]


def test_a_kafka_that_falls_silent_is_told(kafka: Broker, config: Config) -> None:
    """A broker that dies while a checkpoint is read ends the wait with an error: nothing hangs or lingers."""

    async def read() -> None:
        async with reader(config, 1.0) as consumer:
            there = records(consumer, config.topics.checkpoints, CHUNKS, patience_s=1.0)
            await anext(there)
            kafka.kill()
            async for _ in there:
                pass

    async def fails() -> None:
        await fill(config, 40)
        with pytest.raises(KafkaTimeoutError, match="for 1 s Kafka has brought nothing"):
            await read()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    try:
        asyncio.run(fails())
        with pytest.raises(KafkaConnectionError):
            found(config)
    finally:
        kafka.restart()


async def fill(config: Config, chunks: int) -> None:
    async with producer(config) as made:
        for number in range(chunks):
            key, topic = chunk_key(FORMAT, 0, number), config.topics.checkpoints
            await made.send_and_wait(topic, bytes(CHUNK_BYTES), key=key, partition=CHUNKS)
