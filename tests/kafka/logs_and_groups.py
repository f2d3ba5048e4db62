"""What stands in a topic, what a group has committed, and what an operator or retention does to either."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from faust.types import TP
from kafka.broker import Broker


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
