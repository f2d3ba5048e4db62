"""What is handed to the producer while Kafka is away."""

import asyncio
from collections.abc import Iterator

import pytest
from kafka.broker import Broker
from worker import config_for, consume

from streams.producer import PatientProducer

pytestmark = pytest.mark.kafka

REQUEST_S = 1.0
BEFORE_S = 0.5
AWAY_S = 4.0
PAUSE_S = 0.005


@pytest.fixture
def frail(kafka: Broker) -> Iterator[Broker]:
    """Lend a broker that nobody else uses."""
    del kafka  # where there is none, its fixture says so
    with Broker() as broker:
        yield broker


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_nothing_is_given_up_while_kafka_is_away(frail: Broker, how: str) -> None:
    """However much longer than a request may take: all of it comes, in order, and once.

    A broker that stops says first that nobody leads the partition; one that is killed says nothing.
    """
    topic = frail.create_topic("patient")
    sent: list[asyncio.Future[object]] = []

    async def run() -> None:
        producer = PatientProducer(config_for(frail, topic), request_timeout_ms=int(REQUEST_S * 1_000))
        await producer.start()
        sending = asyncio.ensure_future(send_on(producer))
        try:
            await asyncio.sleep(BEFORE_S)
            await asyncio.to_thread(getattr(frail, how))
            await asyncio.sleep(AWAY_S)
            await asyncio.to_thread(frail.restart)
            sending.cancel()
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def send_on(producer: PatientProducer) -> None:
        while True:
            sent.append(await producer.send(topic, b"%d" % len(sent)))
            await asyncio.sleep(PAUSE_S)

    asyncio.run(run())
    assert [int(record.value) for record in consume(frail, topic)] == list(range(len(sent)))
