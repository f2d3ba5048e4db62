"""Owning the judge when several believe they do, or assignments follow fast: only one ever speaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer
from kafka.broker import Broker
from owning import (
    Owner,
    compacted,
    config_on,
    fetch,
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
from streams.config import Config
from streams.fenced import FencedProducer

pytestmark = pytest.mark.kafka


@asynccontextmanager
async def overtaken(config: Config) -> AsyncIterator[tuple[Owner, Owner]]:
    """Lend an owner that told of three records and was away since, and the next, which has read the rest.

    The first one still believes that it owns the judge; the next one may not have published all yet.
    """
    async with Owner(config) as away, Owner(config) as owner:
        await away.take_over_and_tell(3)
        await write(config, 3)
        await owner.take_over()
        await owner.read()
        yield away, owner


def test_an_owner_that_was_away_is_shut_out(kafka: Broker) -> None:
    """Still sure of the judge it goes on reading: its transaction is refused, it says nothing and lets go."""
    config = config_on(kafka, records=3)

    async def run() -> None:
        async with overtaken(config) as (away, owner):
            await owner.is_heard()
            records = await told(config)
            await away.read()
            assert away.ownership.judging is None
            assert await told(config) == records
            assert compacted(records) == shown(config)

    asyncio.run(run())


def test_an_owner_that_was_away_writes_no_checkpoint(config: Config) -> None:
    """What it knows is older than what the next one has written: that stands."""

    async def run() -> None:
        async with Owner(config) as away, Owner(config) as owner:
            await away.take_over()
            await away.read()
            await owner.take_over()
            await owner.read()
            await owner.ownership.leave()
            await away.ownership.leave()
            assert away.ownership.judging is None
            found = await checkpoints.newest(config)
            assert found.checkpoint is not None
            assert found.checkpoint.manifest == owner.ownership.checkpoint
            assert found.next_slot == 1

    asyncio.run(run())


def test_who_is_shut_out_and_hears_of_no_other_owner_takes_over_again(config: Config) -> None:
    """The other was the one that was away, or Kafka had lost patience: the judge is not left to nobody."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over_and_tell()
            astray = FencedProducer(config, transactional=True)
            await astray.open()
            await owner.ownership.leave()
            assert owner.ownership.judging is None
            await until(lambda: owner.publication is not None)
            await owner.read()
            await owner.is_heard()
            await owner.ownership.leave()
            assert owner.ownership.checkpoint is not None
            await astray.close()
            records = await told(config)
            assert compacted(records) == shown(config)
            assert never_said_twice(records)

    asyncio.run(run())


def test_an_assignment_in_the_middle_of_a_transaction_waits_for_it(kafka: Broker) -> None:
    """Rebalances while alerts are being published leave nobody waiting, and nothing is told twice."""
    config = config_on(kafka, records=3)

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over_and_tell(3)
            await write(config, 3)
            reading = asyncio.ensure_future(owner.read())
            while not reading.done():
                owner.ownership.assigned(owns=True)
                await asyncio.sleep(0.03)
            await until(lambda: owner.publication is not None)
            await owner.is_heard()
            records = await told(config)
            assert compacted(records) == shown(config)
            assert never_said_twice(records)

    asyncio.run(run())


@asynccontextmanager
async def losing_the_judge_in_a_transaction(owner: Owner) -> AsyncIterator[None]:
    """Let the owner hear that the judge is elsewhere once it has begun a transaction, as it must here."""
    begin, heard = owner.producer.transaction, False

    @asynccontextmanager
    async def transaction() -> AsyncIterator[AIOKafkaProducer]:
        nonlocal heard
        async with begin() as producer:
            owner.ownership.assigned(owns=False)
            heard = True
            yield producer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner.producer, "transaction", transaction)
        yield
    assert heard


def test_a_transaction_of_a_former_assignment_brings_nothing_back(
    kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that fails when the judge has gone elsewhere neither takes it over nor shuts anybody out."""
    config = config_on(kafka, records=3)
    monkeypatch.setattr(fenced, "_TRANSACTION_S", 1.0)

    async def run() -> None:
        async with Owner(config) as former, Owner(config) as owner:
            await former.take_over_and_tell(3)
            assert compacted(await told(config)) == shown(config, 3)
            await write(config, 3)
            async with kafka.killed(), losing_the_judge_in_a_transaction(former):
                await former.read()
            await owner.take_over()
            await owner.read()
            await asyncio.sleep(2 * config.kafka.session_timeout_s)
            await owner.ownership.leave()
            assert owner.ownership.checkpoint is not None
            assert former.ownership.judging is None
            assert former.sought == [0]
            assert compacted(await told(config)) == shown(config)

    asyncio.run(run())


def test_being_shut_out_of_a_former_assignment_brings_nothing_back(kafka: Broker) -> None:
    """Who hears that the judge is elsewhere while its transaction is refused does not come back for it."""
    config = config_on(kafka, records=3)

    async def run() -> None:
        async with overtaken(config) as (former, owner):
            async with losing_the_judge_in_a_transaction(former):
                await former.read()
            await asyncio.sleep(2 * config.kafka.session_timeout_s)
            assert former.ownership.judging is None
            assert former.sought == [0]
            await owner.ownership.leave()
            assert owner.ownership.checkpoint is not None

    asyncio.run(run())


def test_what_another_owner_has_told_is_read_before_anything_is_told(kafka: Broker) -> None:
    """One that was away and begins anew by itself says nothing before it knows what readers know."""
    config = config_on(kafka, records=3)

    async def run() -> None:
        async with overtaken(config) as (away, owner):
            await owner.is_heard()
            await away.ownership.take(fetch(5, 6))  # ahead of it: it begins anew
            await asyncio.sleep(0)
            await away.read()
            await away.is_heard()
            records = await told(config)
            assert never_said_twice(records)
            assert offsets_never_fall(records)
            assert compacted(records) == shown(config)

    asyncio.run(run())


def test_the_last_assignment_holds(config: Config) -> None:
    """However quickly assignments follow on each other, what an earlier one had begun comes to nothing."""

    async def run() -> None:
        async with Owner(config) as owner:
            for steps in reversed(range(40)):
                owner.ownership.assigned(owns=True)
                for _ in range(steps):
                    await asyncio.sleep(0.002)
                owner.ownership.assigned(owns=False)
                assert owner.ownership.judging is None
            await asyncio.sleep(2.0)
            assert owner.ownership.judging is None
            assert owner.publication is None
            await owner.take_over()
            await owner.read()
            assert owner.digest == digest(folded(config).dump())

    asyncio.run(run())
