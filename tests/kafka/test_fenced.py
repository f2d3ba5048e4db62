"""The producer of which only the newest works, on a real Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiokafka.errors import KafkaError
from kafka.broker import Broker
from owning import seen

from streams import fenced
from streams.config import Config, KafkaConfig
from streams.fenced import FencedError, FencedProducer

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic(kafka: Broker) -> str:
    return kafka.create_topic()


@pytest.fixture
def made(kafka: Broker, topic: str) -> Callable[[], FencedProducer]:
    """Lend a way to make producers under one name."""
    config = Config(kafka=KafkaConfig(brokers=(kafka.bootstrap,), app_id=topic))
    return lambda: FencedProducer(config, transactional=True)


@asynccontextmanager
async def opened(producer: FencedProducer) -> AsyncIterator[FencedProducer]:
    """Open a producer for as long as the block lasts."""
    await producer.open()
    try:
        yield producer
    finally:
        await producer.close()


async def write(producer: FencedProducer, topic: str, *values: bytes) -> None:
    async with producer.transaction() as sending:
        for value in values:
            await sending.send_and_wait(topic, value)


async def found(kafka: Broker, topic: str) -> list[bytes | None]:
    """Return what readers see."""
    config = Config(kafka=KafkaConfig(brokers=(kafka.bootstrap,)))
    return [record.value for record in await seen(config, topic)]


def test_only_the_newest_works(kafka: Broker, topic: str, made: Callable[[], FencedProducer]) -> None:
    """Who was shut out is told so, and of what it had sent nothing is seen."""

    async def run() -> None:
        former, newest = made(), made()
        await former.open()
        await write(former, topic, b"1")
        await newest.open()
        with pytest.raises(FencedError):
            await write(former, topic, b"2")
        await write(newest, topic, b"3")
        assert await found(kafka, topic) == [b"1", b"3"]
        await former.open()
        await write(former, topic, b"4")
        with pytest.raises(FencedError):
            await write(newest, topic, b"5")
        assert await found(kafka, topic) == [b"1", b"3", b"4"]
        await former.close()
        await newest.close()

    asyncio.run(run())


def test_who_opens_aborts_what_was_begun(
    kafka: Broker, topic: str, made: Callable[[], FencedProducer]
) -> None:
    """What the former one has sent and not committed is never seen, and holds up no reader."""

    async def begin_and_be_shut_out(former: FencedProducer, newest: FencedProducer) -> None:
        async with former.transaction() as sending:
            await sending.send_and_wait(topic, b"1")
            await newest.open()
            await write(newest, topic, b"2")
            assert await found(kafka, topic) == [b"2"]

    async def run() -> None:
        former, newest = made(), made()
        await former.open()
        with pytest.raises(FencedError):
            await begin_and_be_shut_out(former, newest)
        assert await found(kafka, topic) == [b"2"]
        await former.close()
        await newest.close()

    asyncio.run(run())


@pytest.mark.parametrize("error", [ValueError("of the body"), asyncio.CancelledError()])
def test_a_transaction_that_fails_is_not_seen(
    kafka: Broker, topic: str, made: Callable[[], FencedProducer], error: BaseException
) -> None:
    """All of it or nothing; the producer must be opened again, whoever tries before is refused."""

    async def begin_and_fail(producer: FencedProducer) -> None:
        async with producer.transaction() as sending:
            await sending.send_and_wait(topic, b"1")
            raise error

    async def run() -> None:
        async with opened(made()) as producer:
            with pytest.raises(type(error)):
                await begin_and_fail(producer)
            with pytest.raises(KafkaError):
                await write(producer, topic, b"2")
            await producer.open()
            await write(producer, topic, b"3")
            assert await found(kafka, topic) == [b"3"]

    asyncio.run(run())


def test_opening_again_waits_for_a_transaction(
    kafka: Broker, topic: str, made: Callable[[], FencedProducer]
) -> None:
    """One that is under way in this process is finished, not shut out, and not left waiting for ever."""

    async def run() -> None:
        async with opened(made()) as producer:
            async with producer.transaction() as sending:
                opening = asyncio.ensure_future(producer.open())
                await asyncio.sleep(0.2)
                await sending.send_and_wait(topic, b"1")
            await opening
            await write(producer, topic, b"2")
            assert await found(kafka, topic) == [b"1", b"2"]

    asyncio.run(run())


def test_nothing_waits_for_ever_for_a_kafka_that_is_gone(
    kafka: Broker, topic: str, made: Callable[[], FencedProducer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction is given up in time, so is closing, and opening says what is the matter."""
    monkeypatch.setattr(fenced, "_TRANSACTION_S", 0.5)
    monkeypatch.setattr(fenced, "_CLOSE_S", 0.5)

    async def run() -> None:
        producer = made()
        await producer.open()
        await write(producer, topic, b"1")
        assert await found(kafka, topic) == [b"1"]  # before that Kafka is not done with it
        async with kafka.killed():
            with pytest.raises(KafkaError):
                await write(producer, topic, b"2")
            with pytest.raises(KafkaError):
                await producer.open()
            await producer.close()
        await producer.open()
        monkeypatch.undo()
        await write(producer, topic, b"3")
        assert await found(kafka, topic) == [b"1", b"3"]
        await producer.close()

    asyncio.run(run())


def test_kafka_may_restart_in_the_middle_of_a_transaction(
    kafka: Broker, topic: str, made: Callable[[], FencedProducer]
) -> None:
    """It is gone on with, and all of it is seen in the end."""

    async def run() -> None:
        async with opened(made()) as producer:
            async with producer.transaction() as sending:
                await sending.send_and_wait(topic, b"1")
                kafka.kill()
                await asyncio.to_thread(kafka.restart)
                await sending.send_and_wait(topic, b"2")
            assert await found(kafka, topic) == [b"1", b"2"]

    asyncio.run(run())


def test_without_transactions_it_just_sends(kafka: Broker, topic: str) -> None:
    """For the demo's broker, which knows none."""
    config = Config(kafka=KafkaConfig(brokers=(kafka.bootstrap,), app_id=topic))

    async def run() -> None:
        async with opened(FencedProducer(config, transactional=False)) as producer:
            await write(producer, topic, b"1", b"2")
            assert await found(kafka, topic) == [b"1", b"2"]

    asyncio.run(run())
