"""What is handed to the producer while Kafka is away."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from kafka.broker import Broker
from worker import config_for, consume

from streams.producer import PatientProducer

pytestmark = pytest.mark.kafka

REQUEST_S = 1.0
AWAY_S = 4.0


@pytest.fixture
def frail(kafka: Broker) -> Iterator[Broker]:
    """Lend a broker that nobody else uses."""
    del kafka  # where there is none, its fixture says so
    with Broker() as broker:
        yield broker


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_nothing_is_given_up_while_kafka_is_away(frail: Broker, how: str) -> None:
    """However much longer than a request may take: all of it comes, in order, and once."""
    topic = frail.create_topic("patient")

    async def run() -> None:
        producer = PatientProducer(config_for(frail, topic), request_timeout_ms=int(REQUEST_S * 1_000))
        await producer.start()
        try:
            first: list[Any] = [await producer.send(topic, b"%d" % n) for n in range(3)]
            await asyncio.gather(*first)
            await asyncio.to_thread(getattr(frail, how))
            waiting = asyncio.ensure_future(send_all(producer))
            await asyncio.sleep(AWAY_S)
            await asyncio.to_thread(frail.restart)
            await asyncio.gather(*await waiting)
        finally:
            await producer.stop()

    async def send_all(producer: PatientProducer) -> list[Any]:
        return [await producer.send(topic, b"%d" % n + b"." * 300_000) for n in range(3, 9)]

    asyncio.run(run())
    assert [int(record.value.rstrip(b".")) for record in consume(frail, topic)] == list(range(9))
