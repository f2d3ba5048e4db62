"""The tests' broker is a real Kafka: what the other tests of this folder rely on."""

import asyncio
import socket

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka.broker import Broker

pytestmark = pytest.mark.kafka


async def produce(broker: Broker, topic: str, values: list[bytes | None]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"key")


async def read_all(broker: Broker, topic: str) -> list[bytes | None]:
    client = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    async with client as consumer:
        [partition] = consumer.assignment()
        end = (await consumer.end_offsets([partition]))[partition]
        values: list[bytes | None] = []
        while await consumer.position(partition) < end:
            fetched = await consumer.getmany(partition, timeout_ms=100)
            values += [record.value for record in fetched[partition]]
        return values


def test_a_produced_record_is_read_back_by_another_client(kafka: Broker) -> None:
    """Values come back as they were sent, in order, a tombstone among them."""
    topic = kafka.create_topic("round-trip", config={"cleanup.policy": "compact"})

    asyncio.run(produce(kafka, topic, [b"first", None, b"third"]))

    assert asyncio.run(read_all(kafka, topic)) == [b"first", None, b"third"]


@pytest.mark.parametrize("crash", [False, True])
def test_a_restart_keeps_the_records(kafka: Broker, crash: bool) -> None:
    """After an orderly stop and after a kill alike, acknowledged records are still there."""
    topic = kafka.create_topic("restart")
    asyncio.run(produce(kafka, topic, [b"acknowledged"]))

    if crash:
        kafka.kill()
    kafka.restart()

    assert asyncio.run(read_all(kafka, topic)) == [b"acknowledged"]


def test_it_listens_on_loopback_only(kafka: Broker) -> None:
    """It is bound to 127.0.0.1 itself: even another loopback address of this machine finds nobody there."""
    with socket.create_connection(("127.0.0.1", kafka.port)):
        pass

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", kafka.port))
