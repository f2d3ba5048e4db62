"""The topics of the service: those it reads must be there, those it writes it can make."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from models.errors import TouchpointError
from streams.config import Config

_DAY_MS: Final = 86_400_000
_VISIBLE_S: Final = 15.0
_LOOK_AGAIN_S: Final = 0.1


class TopicError(TouchpointError):
    """Topics that are not as this service needs them."""


class BrokerError(TouchpointError):
    """A Kafka that does not answer."""


@asynccontextmanager
async def _admin(config: Config) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=list(config.kafka.brokers), client_id=config.kafka.app_id)
    try:
        await client.start()
    except KafkaError as error:
        await client.close()
        raise BrokerError(
            f"kafka.brokers: none of {', '.join(config.kafka.brokers)} answers ({type(error).__name__}); "
            "is the address right, and is Kafka up?"
        ) from None
    try:
        yield client
    finally:
        await client.close()


async def prepare(config: Config) -> dict[str, int]:
    """Make the service's own topics where they are missing and return the roster of its sources.

    Returns
    -------
    mapping of topic to number of partitions

    Raises
    ------
    BrokerError
        Where Kafka does not answer.
    TopicError
        Where a topic is missing or has the wrong number of partitions.
    """
    async with _admin(config) as admin:
        there = set(await admin.list_topics())
        missing = [topic for topic in config.sources.topics if topic not in there]
        if missing:
            raise TopicError(
                f"sources.topics: Kafka has no topic {', '.join(missing)}. Create it first "
                f"(kafka-topics.sh --create --topic {missing[0]} --partitions 4), or mend the name"
            )
        wanted = _own_topics(config)
        absent = {name: topic for name, topic in wanted.items() if name not in there}
        if absent and not config.topics.create:
            raise TopicError(f"topics: Kafka has no topic {', '.join(absent)} and topics.create is off")
        await _create(admin, absent)
        partitions = await _partitions(admin, [*config.sources.topics, *wanted])
        if partitions[config.topics.ledger] != 1:
            raise TopicError(
                f"topics.ledger: {config.topics.ledger} has {partitions[config.topics.ledger]} partitions, "
                "and the ledger's order needs exactly one. Name another topic"
            )
        return {topic: partitions[topic] for topic in config.sources.topics}


async def end_of_ledger(config: Config) -> int:
    """Return the ledger's end: the offset that its next record will have."""
    ledger = TopicPartition(config.topics.ledger, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=list(config.kafka.brokers))
    await consumer.start()
    try:
        return int((await consumer.end_offsets([ledger]))[ledger])
    finally:
        await consumer.stop()


async def roster(config: Config) -> dict[str, int]:
    """Return how many partitions every source topic has now."""
    async with _admin(config) as admin:
        return await _partitions(admin, list(config.sources.topics))


async def create(config: Config, topics: Mapping[str, int]) -> None:
    """Create topics with so many partitions each; those that are there stay as they are."""
    async with _admin(config) as admin:
        await _create(admin, {name: NewTopic(name, count, 1) for name, count in topics.items()})


def _own_topics(config: Config) -> dict[str, NewTopic]:
    copies = config.topics.replication_factor
    # The judge begins at the ledger's start, so nothing of it may expire.
    ledger = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    alerts = {"cleanup.policy": "compact"}
    dead_letters = {"cleanup.policy": "delete", "retention.ms": str(7 * _DAY_MS)}
    return {
        name: NewTopic(name, 1, copies, topic_configs=settings)
        for name, settings in (
            (config.topics.ledger, ledger),
            (config.topics.alerts, alerts),
            (config.topics.dead_letters, dead_letters),
        )
    }


async def _create(admin: AIOKafkaAdminClient, topics: Mapping[str, NewTopic]) -> None:
    if not topics:
        return
    response = await admin.create_topics(list(topics.values()))
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise TopicError(f"{name}: Kafka refuses to create it: {error.__name__}")
    # A new topic is invisible to clients for a moment, and nothing tells when it is not.
    for _ in range(int(_VISIBLE_S / _LOOK_AGAIN_S)):
        if set(topics) <= set(await admin.list_topics()):
            return
        await asyncio.sleep(_LOOK_AGAIN_S)
    raise TopicError(f"Kafka created {', '.join(topics)} but does not show them after {_VISIBLE_S:.0f} s")


async def _partitions(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, int]:
    found = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics(topics)}
    empty = [topic for topic in topics if not found.get(topic)]
    if empty:
        raise TopicError(
            f"Kafka does not tell the partitions of {', '.join(empty)}; may this user describe them?"
        )
    return {topic: found[topic] for topic in topics}
