"""Owning the judge when owners die or Kafka does: all of it or nothing, and then all of it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from kafka.broker import Broker
from owning import (
    DAYS,
    Owner,
    compacted,
    config_on,
    folded,
    never_said_twice,
    offsets_never_fall,
    shown,
    told,
    until,
    write,
)

from models.state import digest
from streams import checkpoints, fenced
from streams.checkpoints.manifest import MANIFESTS
from streams.config import Config
from streams.publication import Publication

pytestmark = pytest.mark.kafka


def test_a_crash_before_the_manifest_leaves_the_former_checkpoint(kafka: Broker) -> None:
    """Chunks without a manifest, in a transaction that nobody ended, are nothing to the next owner."""
    config = config_on(kafka, records=5)

    async def run() -> None:
        async with Owner(config) as first:
            await first.take_over()
            await first.read(5)
            await first.ownership.leave()
        await write(config, 5)
        async with Owner(config) as second:
            await second.take_over_and_tell()
            with pytest.raises(ConnectionError):
                await crash_while_writing(second)
        async with Owner(config) as third:
            await third.take_over()
            assert third.sought == [5]
            await third.read()
            assert third.digest == digest(folded(config).dump())

    asyncio.run(run())


async def crash_while_writing(owner: Owner) -> None:
    """Let the owner's process end when all chunks of a checkpoint have been acknowledged."""
    assert owner.ownership.judging is not None
    encoded = checkpoints.encode(owner.ownership.judging.dump())
    async with owner.producer.transaction() as producer:

        async def send(topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
            if partition == MANIFESTS:
                raise ConnectionError
            return await producer.send_and_wait(topic, value, key=key, partition=partition)

        await checkpoints.write(send, owner.config, encoded, slot=1, next_offset=DAYS, written_at=0)


def test_a_crash_while_publishing_tells_nothing(config: Config) -> None:
    """A transaction that was left open is aborted by the next owner; each transition is told exactly once."""
    judge = folded(config)
    due = Publication(config.fingerprint()).due(judge.alerts, DAYS - 1, judge.last_step)

    async def run() -> None:
        async with Owner(config) as first:
            await first.take_over()
            with pytest.raises(ConnectionError):
                await crash_while_publishing(first, due[:2])
        async with Owner(config) as second:
            await second.take_over()
            assert await told(config) == []
            await second.read()
            await second.is_heard()
        records = await told(config)
        assert [key for key, _ in records] == [key for key, _ in due]
        assert compacted(records) == shown(config)

    asyncio.run(run())


async def crash_while_publishing(owner: Owner, records: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Let the owner's process end when these of its records have been acknowledged."""
    async with owner.producer.transaction() as producer:
        for key, record in records:
            await producer.send_and_wait(owner.config.topics.alerts, orjson.dumps(record), key=key.encode())
        raise ConnectionError


@pytest.mark.parametrize("patience_s", [fenced._TRANSACTION_S, 0.2])
def test_kafka_may_go_away_in_the_middle_of_a_transaction(
    kafka: Broker, monkeypatch: pytest.MonkeyPatch, patience_s: float
) -> None:
    """For a moment or for long: when it is back the judge goes on by itself, and all has been told once."""
    config = config_on(kafka, records=3)
    monkeypatch.setattr(fenced, "_TRANSACTION_S", patience_s)

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over_and_tell(3)
            assert compacted(await told(config)) == shown(config, 3)  # before that Kafka is not done with it
            await write(config, 3)
            async with kafka.killed():
                reading = asyncio.ensure_future(owner.read())
                await until(lambda: owner.position > 3)
                await asyncio.sleep(1.0)
            await reading
            await owner.is_heard()
            assert not owner.ownership.crashed
            assert owner.ownership.failures["publish"] > 0 or patience_s > 1.0
            assert owner.ownership.failures["checkpoint"] == 0
            assert owner.digest == digest(folded(config).dump())
            records = await told(config)
            assert compacted(records) == shown(config)
            assert never_said_twice(records)
            assert offsets_never_fall(records)

    asyncio.run(run())
