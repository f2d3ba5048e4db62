"""Checkpoints on a real Kafka: what was written whole is found, by whom it concerns."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from checkpoint_topic import NOW, config_for, found, producer, put, put_all, state, whole
from kafka.broker import Broker

from models.state import FORMAT, digest
from streams.checkpoints import Newest, newest, reading, writing
from streams.checkpoints.manifest import MANIFESTS, chunk_key, manifest_key
from streams.config import Config

pytestmark = pytest.mark.kafka


@pytest.fixture
def config(kafka: Broker) -> Config:
    """Lend a configuration with a topic of checkpoints of its own."""
    return config_for(kafka)


def test_an_empty_topic_holds_none(config: Config) -> None:
    """The first judge of all finds nothing and begins with the first slot."""
    assert found(config) == Newest(checkpoint=None, next_slot=0, other_formats=())


def test_a_checkpoint_of_several_chunks_is_read_back_to_the_bit(config: Config) -> None:
    """What was written is what a judge that takes over goes on from, and its manifest says what it is."""
    manifest = asyncio.run(put(config, state(1), 0, 77))
    newest_one = whole(config)

    assert digest(newest_one.state) == digest(state(1))
    assert newest_one.manifest == manifest
    assert (manifest.state_format, manifest.slot, manifest.next_offset) == (FORMAT, 0, 77)
    assert (manifest.ledger_topic, manifest.config_hash) == (config.topics.ledger, config.fingerprint())
    assert (len(manifest.chunk_offsets), manifest.written_at) == (3, NOW)


def test_a_large_checkpoint_is_read_back(config: Config) -> None:
    """Twenty megabytes, more than is fetched at a time, come back to the bit."""
    asyncio.run(put(config, state(1, 20.0), 0, 77))

    assert digest(whole(config).state) == digest(state(1, 20.0))


def test_two_in_turn_and_the_newest_is_found(config: Config) -> None:
    """After each of several the last is the one that is read, and the other slot is the next."""
    slot, seen = 0, []
    for at in (10, 20, 30, 40):
        asyncio.run(put(config, state(at), slot, at))
        now = found(config)
        assert now.checkpoint is not None
        seen.append((now.checkpoint.manifest.next_offset, now.checkpoint.state["seed"], slot))
        slot = now.next_slot

    assert seen == [(10, 10, 0), (20, 20, 1), (30, 30, 0), (40, 40, 1)]


def test_the_newest_is_the_one_that_goes_furthest(config: Config) -> None:
    """Of two, that with more of the ledger in it is read, even if the other was written later."""
    put_all(config, 20, 10)

    assert whole(config).manifest.next_offset == 20
    assert found(config).next_slot == 1


def test_a_crash_while_writing_leaves_the_former_one(config: Config) -> None:
    """Chunks without a manifest are nothing: the one before is found, and the same slot is next again."""
    put_all(config, 10, 20)

    async def crash() -> None:
        async with producer(config) as made:

            async def send(topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
                if key == chunk_key(FORMAT, 0, 2):
                    raise ConnectionError
                return await made.send_and_wait(topic, value, key=key, partition=partition)

            await put(config, state(30), 0, 30, send)

    with pytest.raises(ConnectionError):
        asyncio.run(crash())

    assert whole(config).state["seed"] == 20
    assert found(config).next_slot == 0


@pytest.mark.parametrize("end", ["commit", "abort", "neither"])
def test_a_checkpoint_in_a_transaction_counts_when_that_is_committed(config: Config, end: str) -> None:
    """Committed, it is found in spite of Kafka's marks; aborted or left open, the one before it is."""
    put_all(config, 10)

    async def transaction() -> Newest:
        async with producer(config, transactional_id=config.topics.checkpoints) as made:
            await made.begin_transaction()
            await put(config, state(20), 1, 20, made.send_and_wait)
            if end == "commit":
                await made.commit_transaction()
            if end == "abort":
                await made.abort_transaction()
            return await newest(config)

    checkpoint = asyncio.run(transaction()).checkpoint
    assert checkpoint is not None
    assert digest(checkpoint.state) == digest(state(20 if end == "commit" else 10))


def test_an_aborted_one_does_not_hide_the_next(config: Config) -> None:
    """After aborted chunks and marks in both partitions a checkpoint is written and read as ever."""
    put_all(config, 10)

    async def transactions() -> None:
        async with producer(config, transactional_id=config.topics.checkpoints) as made:
            await made.begin_transaction()
            await put(config, state(20), 1, 20, made.send_and_wait)
            await made.abort_transaction()
            await made.begin_transaction()
            await put(config, state(30), 1, 30, made.send_and_wait)
            await made.commit_transaction()

    asyncio.run(transactions())
    assert digest(whole(config).state) == digest(state(30))


@pytest.mark.parametrize("others", [FORMAT + 1, FORMAT - 1])
def test_programs_of_other_state_formats_keep_out_of_each_others_way(
    config: Config, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    """After an upgrade, and after the way back from one, each finds its own as it left them."""
    with monkeypatch.context() as other_program:
        for module in (reading, writing):
            other_program.setattr(module, "FORMAT", others)
        put_all(config, 100, 200)

    assert found(config) == Newest(checkpoint=None, next_slot=0, other_formats=(others,))

    put_all(config, 10)
    assert digest(whole(config).state) == digest(state(10))
    with monkeypatch.context() as other_program:
        for module in (reading, writing):
            other_program.setattr(module, "FORMAT", others)
        assert digest(whole(config).state) == digest(state(200))
        assert found(config).other_formats == (FORMAT,)


def test_checkpoints_of_another_ledger_are_not_ours(config: Config) -> None:
    """An offset means nothing in another topic."""
    put_all(config, 10)
    moved = replace(config, topics=replace(config.topics, ledger="another-ledger"))

    assert found(moved).checkpoint is None
    assert whole(config).manifest.next_offset == 10


def test_what_else_stands_in_the_topic_is_passed_by(config: Config) -> None:
    """Records of other keys, and a slot that an operator has emptied, are no checkpoints."""
    put_all(config, 10, 20)

    async def litter() -> None:
        async with producer(config) as made:
            for key, value in ((b"note", b"x"), (b"1/7", b"y"), (manifest_key(FORMAT, 1), None)):
                await made.send_and_wait(config.topics.checkpoints, value, key=key, partition=MANIFESTS)

    asyncio.run(litter())
    assert found(config).next_slot == 1
    assert whole(config).state["seed"] == 10
