"""The rights that README lists are what the worker needs: all of them, and nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from kafka.secured import WORKER, SecuredBroker, run
from worker import publish

from streams.config import Config
from streams.connection import client_settings
from streams.diagnosis import explain
from streams.rights import RIGHTS, Right, grants, grants_of

pytestmark = pytest.mark.kafka

FORBIDDEN = (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)


@asynccontextmanager
async def started(client: Any) -> AsyncIterator[Any]:
    """Lend a client that is stopped even where it did not start."""
    try:
        await client.start()
        yield client
    finally:
        await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())


async def create(config: Config) -> None:
    """Make the service's own topics."""
    async with started(AIOKafkaAdminClient(**client_settings(config.kafka))) as admin:
        made = await admin.create_topics([NewTopic(name, 1, 1) for name in config.topics.names])
        for _, code, message in made.topic_errors:
            if code:
                raise for_code(code)(message)


async def settings_of_topics(config: Config) -> None:
    """Ask how the service's own topics are set."""
    async with started(AIOKafkaAdminClient(**client_settings(config.kafka))) as admin:
        topics = [ConfigResource(ConfigResourceType.TOPIC, name) for name in config.topics.names]
        for answer in await admin.describe_configs(topics):
            for code, message, *_ in answer.resources:
                if code:
                    raise for_code(code)(message)


async def write(config: Config, topic: str) -> None:
    """Produce a record, idempotently."""
    settings = client_settings(config.kafka)
    async with started(AIOKafkaProducer(**settings, enable_idempotence=True)) as producer:
        await producer.send_and_wait(topic, b"record")


async def write_in_a_transaction(config: Config, topic: str) -> None:
    """Produce a record as the judge does."""
    settings = client_settings(config.kafka) | {"transactional_id": f"{config.kafka.app_id}-judge"}
    async with started(AIOKafkaProducer(**settings)) as producer, producer.transaction():
        await producer.send_and_wait(topic, b"record")


async def read(config: Config, topic: str) -> None:
    """Read a record in the group, and commit it."""
    settings = client_settings(config.kafka) | {"group_id": config.group, "enable_auto_commit": False}
    async with started(AIOKafkaConsumer(topic, **settings, auto_offset_reset="earliest")) as consumer:
        await consumer.getone()
        await consumer.commit()


async def read_alone(config: Config, topic: str) -> None:
    """Read a record without a group."""
    settings = client_settings(config.kafka)
    async with started(AIOKafkaConsumer(**settings, auto_offset_reset="earliest")) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.getone()


def operations(config: Config) -> dict[tuple[str, str], Callable[[], Awaitable[None]]]:
    """Return what the worker does, by the name and operation of a right that it takes."""
    topics, [source] = config.topics, config.sources.topics
    return {
        ("{own}", "Create"): lambda: create(config),
        ("{own}", "DescribeConfigs"): lambda: settings_of_topics(config),
        ("{topics.ledger}", "Write"): lambda: write(config, topics.ledger),
        ("{topics.dead_letters}", "Write"): lambda: write(config, topics.dead_letters),
        ("{topics.checkpoints}", "Write"): lambda: write_in_a_transaction(config, topics.checkpoints),
        ("{topics.alerts}", "Write"): lambda: write_in_a_transaction(config, topics.alerts),
        ("{kafka.app_id}-judge", "Write"): lambda: write_in_a_transaction(config, topics.alerts),
        ("{topics.checkpoints}", "Read"): lambda: read_alone(config, topics.checkpoints),
        ("{topics.alerts}", "Read"): lambda: read_alone(config, topics.alerts),
        ("{topics.ledger}", "Read"): lambda: read(config, topics.ledger),
        ("{source}", "Read"): lambda: read(config, source),
        ("{group}", "Read"): lambda: read(config, source),
    }


def fill(broker: SecuredBroker, config: Config) -> None:
    """Put a record into every topic, so that there is one to read."""
    for topic in (*config.sources.topics, *config.topics.names):
        publish(broker, topic, [(None, b"record")])


def test_the_listed_rights_are_enough(secured_broker: SecuredBroker) -> None:
    """With the rights that README lists, and none besides, everything that the worker does is done."""
    config = secured_broker.config(secured_broker.by_password(), made=False)
    secured_broker.grant(WORKER, grants(config))
    work = operations(config)

    run(work.pop(("{own}", "Create"))())

    for operation in work.values():
        fill(secured_broker, config)
        run(operation())


@pytest.mark.parametrize(
    ("right", "operation"),
    [
        pytest.param(right, operation, id=f"{operation} {right.name}")
        for right in RIGHTS
        for operation in right.operations
    ],
)
def test_no_listed_right_is_too_much(secured_broker: SecuredBroker, right: Right, operation: str) -> None:
    """Without any one of them Kafka refuses what it is for, and the error says to whom, and where to look."""
    user = f"without-{operation}-{RIGHTS.index(right)}"
    made = operation != "Create"
    config = secured_broker.config(secured_broker.by_certificate(user), made=made)
    if made:
        fill(secured_broker, config)
    missing = {grant for grant in grants_of(right, config) if grant.operation == operation}
    secured_broker.grant(user, set(grants(config)) - missing)

    with pytest.raises(FORBIDDEN) as caught:
        run(operations(config)[right.name, operation]())

    told = explain(config.kafka, caught.value)
    assert "does not let" in told
    assert "Rights" in told
    assert len(missing) == (4 if right.name == "{own}" else 1)


def test_without_a_topic_to_write_to_there_is_no_idempotent_producer(secured_broker: SecuredBroker) -> None:
    """No right on the cluster is listed because a Write on any topic stands for IdempotentWrite."""
    config = secured_broker.config(secured_broker.by_certificate("reader"))
    secured_broker.grant("reader", [grant for grant in grants(config) if grant.operation == "Read"])

    with pytest.raises(ClusterAuthorizationFailedError):
        run(write(config, config.topics.ledger))
