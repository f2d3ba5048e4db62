"""The group on a real Kafka: what is committed, who goes on from where, and the end without a broker."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack

import pytest
from faust.types import TP
from kafka.broker import Broker
from kafka.logs_and_groups import assert_chained, committed, publish
from kafka.reader import Reader

pytestmark = pytest.mark.kafka


def test_only_an_acknowledged_prefix_is_committed_at_the_end(kafka: Broker) -> None:
    """A clean stop commits up to the first fetch that is not acknowledged; the next member begins there."""
    topic = kafka.create_topic("prefix")
    here, group = TP(topic, 0), f"{topic}-group"

    async def run() -> None:
        await publish(kafka, topic, 3_000, size=100)
        async with Reader(kafka, group, whole=[topic]) as reader:
            reader.acknowledges = lambda _: len(reader.handed) != 3
            await reader.until(lambda: reader.reached(here) == 3_000)
            stuck = reader.handed[2].fetch.begin
        assert await committed(kafka, group) == {here: stuck}

        async with Reader(kafka, group, whole=[topic]) as reader:
            await reader.until(lambda: reader.reached(here) == 3_000)
            assert reader.begins == [{here: stuck}]
            assert reader.offsets(here) == list(range(stuck, 3_000))

    asyncio.run(run())


def test_a_rebalance_neither_loses_nor_skips(kafka: Broker) -> None:
    """A member joins and leaves: fetches follow on where an assignment begins, and nothing is left out."""
    topic, partitions = kafka.create_topic("rebalance", partitions=4), range(4)
    group = f"{topic}-group"

    async def publish_to_all(first: int) -> None:
        for partition in partitions:
            await publish(kafka, topic, 200, first=first, partition=partition, size=500)

    async def run() -> None:
        async with Reader(kafka, group, whole=[topic]) as one:
            one.pause_s = 0.005
            await publish_to_all(0)
            await one.until(lambda: one.handed)
            async with Reader(kafka, group, whole=[topic]) as two:
                await one.until(lambda: len(one.begins) > 1 and two.begins and two.begins[-1])
                await publish_to_all(200)
                await two.until(lambda: reached([one, two]) == [400] * 4)
            await one.until(lambda: len(one.begins[-1]) == 4)
            await publish_to_all(400)
            await one.until(lambda: reached([one]) == [600] * 4)

        assert await committed(kafka, group) == {TP(topic, partition): 600 for partition in partitions}
        for partition in partitions:
            tp = TP(topic, partition)
            read = sorted({*one.offsets(tp), *two.offsets(tp)})
            assert read == list(range(600))
            for reader in (one, two):
                for number, begins in enumerate(reader.begins, 1):
                    of = [h.fetch for h in reader.handed if (h.assignment, h.tp) == (number, tp)]
                    if of:
                        assert_chained([(fetch.begin, fetch.end) for fetch in of], begins[tp])

    def reached(readers: Iterable[Reader]) -> list[int]:
        return [max(reader.reached(TP(topic, partition)) for reader in readers) for partition in partitions]

    asyncio.run(run())


def test_a_stand_by_takes_over_from_where_the_other_was(kafka: Broker) -> None:
    """A member that had nothing is given the partition: it hears so, begins at the commit, and reads on."""
    topic = kafka.create_topic("stand-by")
    here, group = TP(topic, 0), f"{topic}-group"

    async def run() -> None:
        async with AsyncExitStack() as stack:
            async with Reader(kafka, group, whole=[topic]) as first:
                await publish(kafka, topic, 100)
                await first.until(lambda: first.reached(here) == 100)
                second = await stack.enter_async_context(Reader(kafka, group, whole=[topic]))
                await second.until(lambda: len(first.begins) > 1 and second.begins)
                assert {*map(len, (first.begins[-1], second.begins[-1]))} == {0, 1}
            await second.until(lambda: second.begins[-1])
            await publish(kafka, topic, 100, first=100)
            await second.until(lambda: second.reached(here) == 200)
            assert second.begins[-1] == {here: 100}
            assert second.offsets(here) == list(range(100, 200))

    asyncio.run(run())


def test_a_member_ends_though_kafka_is_away(kafka: Broker) -> None:
    """What it could not commit is read again; it does not wait for a broker that may never come back."""
    topic = kafka.create_topic("outage")
    here, group = TP(topic, 0), f"{topic}-group"

    async def read() -> list[int]:
        async with Reader(kafka, group, whole=[topic]) as reader:
            await reader.until(lambda: reader.reached(here) == 100)
            await asyncio.to_thread(kafka.kill)
            return reader.offsets(here)

    asyncio.run(publish(kafka, topic, 100))
    try:
        assert asyncio.run(asyncio.wait_for(read(), 60)) == list(range(100))
    finally:
        kafka.restart()
