"""Owning the judge where its topics are not as they were: cut short, made anew, emptied."""

import asyncio
from collections.abc import Mapping

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition
from kafka.broker import Broker
from owning import WRITTEN_AT, Owner, compacted, fetch, shown, told, until

from streams.config import Config
from streams.judging import LedgerError
from streams.publication import HISTORY

pytestmark = pytest.mark.kafka


def test_a_ledger_without_its_beginning_is_told(kafka: Broker, config: Config) -> None:
    """Without a checkpoint the judge begins where the ledger does and says since when, the next one too."""

    async def run() -> None:
        await administer(kafka, expire={TopicPartition(config.topics.ledger, 0): 3})
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.sought == [3]
            await owner.read()
            assert owner.ownership.judging is not None
            assert owner.ownership.judging.incomplete_since == WRITTEN_AT + 3
            await owner.ownership.leave()
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.ownership.judging is not None
            assert owner.ownership.judging.incomplete_since == WRITTEN_AT + 3

    asyncio.run(run())


def test_alerts_of_a_history_that_is_gone_end(kafka: Broker, config: Config) -> None:
    """Without a checkpoint an alert that no longer follows from what is left ends, with that reason."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over_and_tell()
        await administer(kafka, expire={TopicPartition(config.topics.ledger, 0): 7})
        async with Owner(config) as owner:
            await owner.take_over_and_tell()
        ended = compacted(await told(config))
        assert ended.keys() == shown(config).keys()
        assert {tuple(one["reasons"][-1:]) for one in ended.values()} == {(HISTORY,)}

    asyncio.run(run())


def test_what_expires_before_the_judge_has_read_it_is_passed_over_and_told(
    kafka: Broker, config: Config
) -> None:
    """Retention that overtakes a judge does not leave it asking for what is gone for ever."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read(2)
            await administer(kafka, expire={TopicPartition(config.topics.ledger, 0): 5})
            await owner.ownership.take(fetch(5, 6))
            await until(lambda: owner.position == 5)
            await owner.read()
            assert owner.ownership.judging is not None
            assert owner.ownership.judging.incomplete_since == WRITTEN_AT + 5

    asyncio.run(run())


@pytest.mark.parametrize("kept", ["checkpoint", "alerts"])
def test_a_ledger_that_was_made_anew_ends_the_worker(kafka: Broker, config: Config, kept: str) -> None:
    """Where it ends before what has been applied or told nothing goes on, and the reason is told."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            if kept == "checkpoint":
                await owner.ownership.leave()
            else:
                await owner.is_heard()
        await administer(kafka, recreate=config.topics.ledger)
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.ownership.crashed
            assert isinstance(owner.ownership.crash_reason, LedgerError)
            assert "ends at offset 0" in str(owner.ownership.crash_reason)
            assert owner.ownership.judging is None

    asyncio.run(run())


def test_alerts_whose_topic_was_emptied_are_told_again(kafka: Broker, config: Config) -> None:
    """What readers do not know is due: the topic is put right at the next take-over."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over_and_tell()
            await administer(kafka, recreate=config.topics.alerts)
            assert await told(config) == []
            owner.ownership.assigned(owns=True)
            await until(lambda: owner.publication is not None)
            await owner.is_heard()
            assert compacted(await told(config)) == shown(config)

    asyncio.run(run())


async def administer(
    kafka: Broker, *, expire: Mapping[TopicPartition, int] | None = None, recreate: str | None = None
) -> None:
    """Let records before an offset expire, or make a topic anew."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        if expire:
            await admin.delete_records({tp: RecordsToDelete(offset) for tp, offset in expire.items()})
        if recreate:
            await admin.delete_topics([recreate])
            for _ in range(1_000):  # it takes a moment until the former one is gone
                if not (await admin.create_topics([NewTopic(recreate, 1, 1)])).topic_errors[0][1]:
                    break
                await asyncio.sleep(0.05)
    finally:
        await admin.close()
