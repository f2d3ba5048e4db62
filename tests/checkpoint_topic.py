"""Checkpoints for tests on Kafka: topics for them, states of several chunks, and what is found of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aiokafka import AIOKafkaProducer
from kafka.broker import Broker

from models.state import State
from streams.checkpoints import (
    PARTITIONS,
    TOPIC_SETTINGS,
    Checkpoint,
    Manifest,
    Newest,
    Send,
    encode,
    newest,
    write,
)
from streams.config import Config, KafkaConfig

NOW = 1_704_067_200


def config_for(broker: Broker, settings: Mapping[str, str] = TOPIC_SETTINGS) -> Config:
    """Return a configuration that names a topic of checkpoints of its own."""
    topic = broker.create_topic("checkpoints", partitions=PARTITIONS, config=settings)
    config = Config(kafka=KafkaConfig(brokers=(broker.bootstrap,)))
    return replace(config, topics=replace(config.topics, checkpoints=topic))


def state(seed: int, megabytes: float = 1.2) -> dict[str, State]:
    """Return a state that cannot be compressed, by default of three chunks."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64, int(megabytes * 125_000), dtype=np.uint64)
    return {"seed": seed, "hashes": hashes, "names": ["zoë"], "sums": {"n": np.arange(6).reshape(2, 3)}}


@asynccontextmanager
async def producer(config: Config, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(bootstrap_servers=config.kafka.brokers[0], acks="all", **settings) as made:
        yield made


async def put(config: Config, held: State, slot: int, next_offset: int, send: Send | None = None) -> Manifest:
    """Write a checkpoint, by default with a producer of its own."""
    encoded = encode(held)
    async with producer(config, enable_idempotence=True) as made:
        sent = send or made.send_and_wait
        return await write(sent, config, encoded, slot=slot, next_offset=next_offset, written_at=NOW)


def put_all(config: Config, *next_offsets: int) -> list[Manifest]:
    """Write checkpoints of states seeded by their offset, into the slots in turn."""
    return [asyncio.run(put(config, state(at), number % 2, at)) for number, at in enumerate(next_offsets)]


def found(config: Config) -> Newest:
    return asyncio.run(newest(config))


def whole(config: Config) -> Checkpoint:
    checkpoint = found(config).checkpoint
    assert checkpoint is not None
    return checkpoint


def passed_over(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Return slot and problem of what the log says was passed over."""
    told = [record for record in caplog.records if record.msg == "a checkpoint is passed over"]
    return [(vars(record)["slot"], vars(record)["problem"]) for record in told]
