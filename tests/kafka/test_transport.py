"""Whole fetches on a real Kafka: what is handed over, committed, bounded, and what a rebalance does to it."""

import asyncio
import resource
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from faust.types import TP
from kafka.broker import Broker
from kafka.reader import BUFFER, Reader

pytestmark = pytest.mark.kafka


async def publish(
    broker: Broker, topic: str, count: int, *, first: int = 0, partition: int = 0, size: int = 8
) -> None:
    """Publish so many values, counted from `first`, without keys."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=5) as producer:
        sent = [
            await producer.send(topic, b"%0*d" % (size, number), partition=partition)
            for number in range(first, first + count)
        ]
        await asyncio.gather(*sent)


async def in_a_transaction(broker: Broker, topic: str, count: int, *, commit: bool = True) -> None:
    """Publish so many values in a transaction that is committed or aborted."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=topic) as producer:
        await producer.begin_transaction()
        await asyncio.gather(*[await producer.send(topic, b"%d" % number) for number in range(count)])
        await (producer.commit_transaction() if commit else producer.abort_transaction())


async def with_admin(broker: Broker, act: Callable[[AIOKafkaAdminClient], Awaitable[object]]) -> object:
    """Return what an administrator's act gives."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        return await act(admin)
    finally:
        await admin.close()


async def expire(broker: Broker, tp: TP, before: int) -> None:
    """Remove the records before an offset, as retention would."""
    where = TopicPartition(*tp)
    await with_admin(broker, lambda admin: admin.delete_records({where: RecordsToDelete(before)}))


async def commit(broker: Broker, group: str, tp: TP, offset: int) -> None:
    """Commit an offset for a group."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=group, enable_auto_commit=False)
    async with consumer:
        consumer.assign([TopicPartition(*tp)])
        await consumer.commit({TopicPartition(*tp): offset})


async def committed(broker: Broker, group: str) -> dict[TP, int]:
    """Return the offsets that a group has committed."""
    told = await with_admin(broker, lambda admin: admin.list_consumer_group_offsets(group))
    assert isinstance(told, dict)
    return {TP(*tp): offset.offset for tp, offset in told.items() if offset.offset >= 0}


def assert_chained(stretches: Sequence[tuple[int, int]], begin: int = 0) -> None:
    """Require that each stretch begins where the one before it ended."""
    assert stretches[0][0] == begin
    assert all(before[1] == after[0] for before, after in pairwise(stretches))


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
        for commit in (True, False, True):
            await in_a_transaction(kafka, topic, 3, commit=commit)
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
                await reader.until(lambda: reader.consumer.ends(here) == (3, 2))
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
