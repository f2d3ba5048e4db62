"""Upstreams and neighbours as they are: transactions, and a second worker on the same group."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer
from builders import line
from kafka.broker import Broker
from worker import RunningWorker, Samples, config_for, conserves, publish

from streams import child_server
from streams.config import Config

pytestmark = pytest.mark.kafka

LAG = "touchpoint_consumer_lag_messages"


@pytest.fixture
def configured(kafka: Broker) -> Callable[..., Config]:
    """Lend a way to make a topic and a configuration that reads it and soon takes silence for idleness."""

    def make(partitions: int = 2) -> Config:
        config = config_for(kafka, kafka.create_topic("events", partitions=partitions))
        return replace(config, intake=replace(config.intake, idle_grace_s=2))

    return make


def in_a_transaction(
    broker: Broker, topic: str, values: Sequence[bytes], *, partition: int = 0, commit: bool = True
) -> None:
    """Publish values in a transaction that is committed or aborted: either leaves a marker behind them."""

    async def send() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=broker.bootstrap, transactional_id=f"{topic}-{partition}"
        )
        async with producer:
            await producer.begin_transaction()
            for value in values:
                await producer.send_and_wait(topic, value, partition=partition)
            await (producer.commit_transaction() if commit else producer.abort_transaction())

    asyncio.run(send())


def by_partition(samples: Samples, name: str) -> dict[str, float]:
    """Return a family's values by partition."""
    return {dict(labels)["partition"]: value for (family, labels), value in samples.items() if family == name}


def hourly(prefix: str, hours: int) -> list[bytes]:
    """Return an event an hour of one day."""
    return [
        line(event_id=f"{prefix}{hour}", occurred_at=f"2024-03-01T{hour:02}:00:00Z") for hour in range(hours)
    ]


def test_a_transaction_leaves_no_lag_and_holds_no_clock(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """A marker behind the last record is no record: lag comes to 0, and a silent partition becomes idle."""
    config = configured()
    [topic] = config.sources.topics
    in_a_transaction(kafka, topic, hourly("a", 3))
    in_a_transaction(kafka, topic, hourly("b", 3), partition=1)
    with RunningWorker(config) as worker:
        worker.until_read(6)
        samples = worker.until_page(
            lambda page: set(by_partition(page, "touchpoint_partition_idle").values()) == {1.0}
        )
    assert by_partition(samples, LAG) == {"0": 0.0, "1": 0.0}


def test_what_was_aborted_never_happened(kafka: Broker, configured: Callable[..., Config]) -> None:
    """Records of an aborted transaction are not read, and those around it each once."""
    config = configured(1)
    [topic] = config.sources.topics
    in_a_transaction(kafka, topic, hourly("a", 3))
    in_a_transaction(kafka, topic, hourly("aborted", 5), commit=False)
    in_a_transaction(kafka, topic, hourly("b", 4))
    in_a_transaction(kafka, topic, hourly("aborted", 5), commit=False)
    with RunningWorker(config) as worker:
        worker.until_read(7)
        samples = worker.until_page(lambda page: by_partition(page, LAG) == {"0": 0.0})
        events = worker.until_read(7)["events"]
    assert (events["read"], events["rejected"], events["duplicate"]) == (7, {}, 0)
    assert by_partition(samples, "touchpoint_partition_missing_positions") == {"0": 0.0}


def test_a_second_worker_shares_the_sources(kafka: Broker, configured: Callable[..., Config]) -> None:
    """Where another worker joins and leaves, as a rolling restart has it, both live and no record is lost."""
    config = configured(4)
    [topic] = config.sources.topics
    second = replace(config, http=replace(config.http, port=child_server.free_ports(2)[1]))

    def more(begin: int) -> None:
        publish(kafka, topic, [(b"%d" % n, line(event_id=f"e{n}")) for n in range(begin, begin + 100)])

    more(0)
    with RunningWorker(config) as worker:
        worker.until_read(100)
        with RunningWorker(second) as other:
            other.until_serving()
            shared = other.until_page(lambda page: bool(by_partition(page, LAG)))
            more(100)
            worker.until_read(200)
            time.sleep(2.0)  # what is wrong with a worker that shares shows at its next page
            assert other.get("/healthz") == b"alive\n"
        more(200)
        events = worker.until_read(300)["events"]
    assert 0 < len(by_partition(shared, LAG)) < 4
    assert conserves(events)
    assert events["read"] == 300
