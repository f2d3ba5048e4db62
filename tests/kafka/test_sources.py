"""Sources as they are in life: they grow, expire, fall silent, are made anew, go by their own clocks."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from builders import line
from kafka.broker import Broker
from worker import RunningWorker, Samples, config_for, conserves, publish

from streams import topics
from streams.config import Config

pytestmark = pytest.mark.kafka


@pytest.fixture
def configured(kafka: Broker) -> Callable[..., Config]:
    """Lend a way to make a topic and a configuration that reads it and looks at it every second."""

    def make(partitions: int = 1, *, idle_grace_s: int = 1_800) -> Config:
        config = config_for(kafka, kafka.create_topic("events", partitions=partitions))
        return replace(
            config,
            intake=replace(config.intake, idle_grace_s=idle_grace_s),
            worker=replace(config.worker, watch_s=1),
        )

    return make


def administer(broker: Broker, work: Callable[[AIOKafkaAdminClient], Coroutine[Any, Any, object]]) -> None:
    """Do something to topics."""

    async def run() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        try:
            await work(admin)
        finally:
            await admin.close()

    asyncio.run(run())


def hourly(prefix: str, hours: range) -> list[tuple[None, bytes]]:
    """Return an event an hour, counted from a March morning."""
    return [
        (
            None,
            line(
                event_id=f"{prefix}{hour}", occurred_at=f"2024-03-{1 + hour // 24:02}T{hour % 24:02}:30:00Z"
            ),
        )
        for hour in hours
    ]


def of_partition(samples: Samples, name: str, partition: int = 0) -> float | None:
    """Return what a family says of a partition."""
    return next(
        (
            value
            for (family, labels), value in samples.items()
            if family == name and dict(labels)["partition"] == str(partition)
        ),
        None,
    )


def test_partitions_that_are_added_are_read(kafka: Broker, configured: Callable[..., Config]) -> None:
    """A partition added while the worker runs is read from its beginning."""
    config = configured(1)
    [topic] = config.sources.topics
    publish(kafka, topic, hourly("a", range(10)), partition=0)
    with RunningWorker(config) as worker:
        worker.until_read(10)
        administer(kafka, lambda admin: admin.create_partitions({topic: NewPartitions(2)}))
        time.sleep(2.0)  # until clients are told
        publish(kafka, topic, hourly("b", range(10)), partition=1)
        publish(kafka, topic, hourly("a", range(10, 20)), partition=0)
        events = worker.until_read(30)["events"]
        samples = worker.until_page(
            lambda page: of_partition(page, "touchpoint_partition_position_offset", 1) == 10
        )
    assert events["late"] == 0
    assert of_partition(samples, "touchpoint_partition_missing_positions", 1) == 0


def read_for_a_while(broker: Broker, config: Config, records: int) -> None:
    """Let a worker read the source's first records, so many, and leave in good order."""
    publish(broker, config.sources.topics[0], hourly("a", range(records)), partition=0)
    with RunningWorker(config) as worker:
        worker.until_read(records)
        assert worker.terminate() == 0


def made_anew(broker: Broker, config: Config, records: int) -> None:
    """Delete the source and make it again, with so many records."""
    [topic] = config.sources.topics
    administer(broker, lambda admin: admin.delete_topics([topic]))
    time.sleep(1.0)
    asyncio.run(topics.create(config, {topic: 1}))
    publish(broker, topic, hourly("new", range(records)), partition=0)


def test_a_source_made_anew_stops_the_worker_with_advice(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """Offsets that begin again would pass for replays: the worker ends, and says which epoch to set."""
    config = configured(1)
    read_for_a_while(kafka, config, 20)
    made_anew(kafka, config, 5)
    with RunningWorker(config) as worker:
        assert worker.wait_to_end() == 2
        assert "set sources.epoch = 1" in worker.log


def test_with_a_new_epoch_a_source_made_anew_is_read_from_its_beginning(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """What was judged of the old one stands, and every record of the new one is read."""
    config = configured(1)
    read_for_a_while(kafka, config, 20)
    made_anew(kafka, config, 5)
    with RunningWorker(config) as worker:
        worker.wait_to_end()  # and whatever it has committed of the new one
    renewed = replace(config, sources=replace(config.sources, epoch=1))
    with RunningWorker(renewed) as worker:
        events = worker.until_read(25)["events"]
    assert events["read"] == 25
    assert conserves(events)


def test_what_retention_took_is_told_as_lost(kafka: Broker, configured: Callable[..., Config]) -> None:
    """Records that expired before they were read are counted as lost, and the rest is read."""
    config = configured(1)
    [topic] = config.sources.topics
    read_for_a_while(kafka, config, 20)
    publish(kafka, topic, hourly("b", range(50)), partition=0)
    upto = {TopicPartition(topic, 0): RecordsToDelete(before_offset=50)}
    administer(kafka, lambda admin: admin.delete_records(upto))
    with RunningWorker(config) as worker:
        events = worker.until_read(40)["events"]
        samples = worker.until_page(
            lambda page: of_partition(page, "touchpoint_partition_lost_positions") == 30
        )
        assert "expired before they were read" in worker.log
    assert events["read"] == 40
    assert of_partition(samples, "touchpoint_partition_missing_positions") == 0


def test_a_partition_that_was_silent_for_a_day_delivers_its_backlog(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """What comes a day late from a partition that had fallen silent is judged: nothing is late."""
    config = configured(2, idle_grace_s=2)
    [topic] = config.sources.topics
    publish(kafka, topic, hourly("other", range(2)), partition=1)
    publish(kafka, topic, hourly("a", range(30)), partition=0)
    with RunningWorker(config) as worker:
        worker.until_read(32)
        worker.until_page(lambda page: of_partition(page, "touchpoint_partition_idle", 1) == 1)
        publish(kafka, topic, hourly("a", range(30, 54)), partition=0)
        worker.until(lambda document: document["events"]["accepted"] >= 50)
        publish(kafka, topic, hourly("other", range(2, 26)), partition=1)
        worker.until_read(80)
        publish(kafka, topic, hourly("a", range(54, 60)), partition=0)
        publish(kafka, topic, hourly("other", range(56, 60)), partition=1)
        document = worker.until(lambda document: document["corrections"]["added"] == 24)
    assert document["events"]["late"] == 0
    assert conserves(document["events"])


def test_a_producer_with_a_slow_clock_delays_and_loses_nothing(
    kafka: Broker, configured: Callable[..., Config]
) -> None:
    """A partition hours behind the others holds the watermark; its own clock on the page says who it is."""
    config = configured(2)
    [topic] = config.sources.topics
    publish(kafka, topic, hourly("right", range(6, 30)), partition=0)
    publish(kafka, topic, hourly("slow", range(24)), partition=1)
    with RunningWorker(config) as worker:
        document = worker.until_read(48)
        samples = worker.until_page(
            lambda page: of_partition(page, "touchpoint_partition_clock_timestamp_seconds", 1) is not None
        )
    clocks = [of_partition(samples, "touchpoint_partition_clock_timestamp_seconds", n) for n in range(2)]
    assert clocks[0] is not None
    assert clocks[1] is not None
    assert clocks[0] - clocks[1] == 6 * 3_600
    assert samples["touchpoint_watermark_timestamp_seconds", frozenset()] == clocks[1]
    assert (document["events"]["late"], document["corrections"]["added"]) == (0, 0)
