"""Whole fetches on a real Kafka: what is handed over, from where to where, and how much is held."""

import asyncio
import resource
from itertools import pairwise

import pytest
from aiokafka import AIOKafkaProducer
from faust.types import TP
from kafka.broker import Broker
from kafka.logs_and_groups import assert_chained, commit, committed, expire, in_a_transaction, publish
from kafka.reader import BUFFER, Reader

pytestmark = pytest.mark.kafka


def test_records_come_whole_in_order_and_once(kafka: Broker) -> None:
    """Each partition's fetches follow on each other and hold every record, as it was sent, keys or not."""
    topic, group = kafka.create_topic("plain", partitions=2), "plain-group"
    here, there = TP(topic, 0), TP(topic, 1)

    async def run() -> None:
        await publish(kafka, topic, 3_000, size=100)
        await publish(kafka, topic, 10, partition=1)
        async with Reader(kafka, group, whole=[topic]) as reader:
            await reader.until(lambda: (reader.reached(here), reader.reached(there)) == (3_000, 10))
            await publish(kafka, topic, 5, first=10, partition=1)
            await reader.until(lambda: reader.reached(there) == 15)

            assert reader.begins == [{here: 0, there: 0}]
            assert len(reader.stretches(here)) > 3
            for tp, count in ((here, 3_000), (there, 15)):
                assert reader.offsets(tp) == list(range(count))
                assert_chained(reader.stretches(tp))
            last = reader.handed[-1].fetch.records[-1]
            assert (last.key, last.value) == (None, b"00000014")
        assert await committed(kafka, group) == {here: 3_000, there: 15}

    asyncio.run(run())


def test_transactions_leave_holes_and_no_record_that_was_aborted(kafka: Broker) -> None:
    """Markers and aborted records take offsets: fetches cover them, and reading ends at the very end."""
    topic = kafka.create_topic("transactions")
    here = TP(topic, 0)

    async def run() -> None:
        for is_committed in (True, False, True):
            await in_a_transaction(kafka, topic, 3, commit=is_committed)
        async with Reader(kafka, f"{topic}-group", whole=[topic]) as reader:
            await reader.until(lambda: reader.reached(here) == 12)
            assert reader.offsets(here) == [0, 1, 2, 8, 9, 10]

            await in_a_transaction(kafka, topic, 3, commit=False)
            await reader.until(lambda: reader.reached(here) == 16)
            assert_chained(reader.stretches(here))
            assert reader.offsets(here) == [0, 1, 2, 8, 9, 10]
            ends = reader.consumer.ends(here)
            assert ends is not None
            assert (ends.highwater, ends.stable) == (16, 16)
        assert await committed(kafka, f"{topic}-group") == {here: 16}

    asyncio.run(run())


def test_an_open_transaction_is_waited_for(kafka: Broker) -> None:
    """Nothing of it is handed over, and it is told apart from what could be read."""
    topic = kafka.create_topic("open")
    here = TP(topic, 0)

    async def run() -> None:
        await publish(kafka, topic, 2)
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=topic) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"open")
            async with Reader(kafka, f"{topic}-group", whole=[topic]) as reader:
                await reader.until(lambda: (reader.consumer.ends(here) or ())[:2] == (3, 2))
                await reader.until(lambda: reader.handed)  # the ends are known before the agent has the fetch
                assert reader.stretches(here) == [(0, 2)]
                await producer.commit_transaction()
                await reader.until(lambda: reader.reached(here) == 4)
                assert reader.offsets(here) == [0, 1, 2]

    asyncio.run(run())


def test_a_compacted_topic_leaves_holes(kafka: Broker) -> None:
    """Where records were compacted away fetches still follow on each other."""
    settings = {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.001",
        "max.compaction.lag.ms": "100",
    }
    topic = kafka.create_topic("compacted", config=settings)
    here = TP(topic, 0)

    async def sole(group: str) -> list[int]:
        async with Reader(kafka, group, whole=[topic]) as reader:
            await reader.until(lambda: reader.reached(here) == 43)
            assert_chained(reader.stretches(here))
            return reader.offsets(here)

    async def run() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
            for number in range(40):
                await producer.send_and_wait(topic, b"%d" % number, key=b"%d" % (number % 4))
            for number in range(3):  # so that the segment before is closed
                await asyncio.sleep(0.15)
                await producer.send_and_wait(topic, b"last", key=b"last-%d" % number)
        for attempt in range(40):
            offsets = await sole(f"{topic}-{attempt}")
            if len(offsets) < 20:
                break
            await asyncio.sleep(0.5)
        assert offsets[-7:] == [36, 37, 38, 39, 40, 41, 42]

    asyncio.run(run())


def test_what_expired_under_a_running_consumer_shows_as_a_jump(kafka: Broker) -> None:
    """The next fetch begins behind the end of the one before, and the log begins no earlier."""
    topic = kafka.create_topic("expiring")
    here = TP(topic, 0)

    async def run() -> None:
        async with Reader(kafka, f"{topic}-group", whole=[topic]) as reader:
            reader.pause_s = 0.3
            await publish(kafka, topic, 5_000, size=500)
            await reader.until(lambda: len(reader.handed) > 1)
            await expire(kafka, here, 4_500)
            reader.pause_s = 0.0
            await reader.until(lambda: reader.reached(here) == 5_000)

            jumps = [
                (end, begin) for (_, end), (begin, _) in pairwise(reader.stretches(here)) if end != begin
            ]
            [(end, begin)] = jumps
            first = (await reader.consumer.earliest_offsets(here))[here]
            assert end < begin <= first == 4_500
            assert begin in reader.offsets(here)

    asyncio.run(run())


def test_a_log_that_ends_before_the_commit_is_handed_over_from_its_start(kafka: Broker) -> None:
    """A source that was made anew: the consumer hears of records from before where it was told to begin."""
    topic = kafka.create_topic("anew")
    here, group = TP(topic, 0), f"{topic}-group"

    async def run() -> None:
        await publish(kafka, topic, 7)
        await commit(kafka, group, here, 1_000)
        async with Reader(kafka, group, whole=[topic]) as reader:
            await reader.until(lambda: reader.handed)
            assert reader.begins == [{here: 1_000}]
            assert reader.stretches(here) == [(0, 7)]

    asyncio.run(run())


def test_other_topics_of_the_app_come_message_by_message(kafka: Broker) -> None:
    """As Faust has them, in order, and committed as Faust commits."""
    whole, single = kafka.create_topic("whole"), kafka.create_topic("single")
    group = f"{whole}-group"

    async def run() -> None:
        await publish(kafka, whole, 50)
        await publish(kafka, single, 50)
        async with Reader(kafka, group, whole=[whole], single=[single]) as reader:
            await reader.until(lambda: reader.reached(TP(whole, 0)) == 50 and len(reader.messages) == 50)
            assert [(tp.topic, offset) for tp, offset, _ in reader.messages] == [
                (single, number) for number in range(50)
            ]
            assert reader.messages[7][2] == b"00000007"
        assert await committed(kafka, group) == {TP(whole, 0): 50, TP(single, 0): 50}

    asyncio.run(run())


def test_a_slow_agent_holds_the_reading_back(kafka: Broker) -> None:
    """Of a deep backlog a bounded number of fetches is in memory, and the agent never waits for the next."""
    topic = kafka.create_topic("deep", partitions=2)

    def held(reader: Reader) -> int:
        on_their_way = reader.consumer._on_their_way.values()
        return sum(not message.acked for fetches in on_their_way for message, _ in fetches)

    async def run() -> None:
        for partition in range(2):
            await publish(kafka, topic, 600, partition=partition, size=60_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with Reader(kafka, f"{topic}-group", whole=[topic]) as reader:
            reader.pause_s = 0.01
            most = 0
            while len(reader.handed) < 300:
                await asyncio.sleep(0.005)
                most = max(most, held(reader))
        assert 3 <= most <= BUFFER + 2  # one with the agent, one with Faust's loop
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1_024
        assert grown < 30, "MiB; the backlog is 72"

    asyncio.run(run())
