"""A simulated centre is published to a real Kafka, and only where nothing is."""

import asyncio
import json

import pytest
from kafka.broker import Broker
from worker import config_for, consume, publish

from models.errors import TouchpointError
from models.simulation import Centre, SimulationSettings
from streams import upstream
from streams.topics.cluster import TopicError

pytestmark = pytest.mark.kafka

CENTRE = Centre(SimulationSettings(employees=8, handlings_per_day=60, days=2), 1)


def test_a_topic_that_is_new_gets_every_event(kafka: Broker) -> None:
    """All events are acknowledged before it ends."""
    topic = kafka.create_topic("upstream")

    asyncio.run(upstream.publish(config_for(kafka, topic), CENTRE, day_s=0.0))

    told = [json.loads(record.value) for record in consume(kafka, topic)]
    assert told == [event for day in CENTRE.days() for event in day.events()]


def test_a_topic_that_holds_records_is_left_alone(kafka: Broker) -> None:
    """Made-up events are never mixed with others, not even with those of the same centre."""
    topic = kafka.create_topic("upstream", partitions=2)
    publish(kafka, topic, [(b"key", b"somebody's event")], partition=0)

    with pytest.raises(TouchpointError, match=f"^{topic}: it holds records"):
        asyncio.run(upstream.publish(config_for(kafka, topic), CENTRE, day_s=0.0))

    assert len(consume(kafka, topic)) == 1


def test_a_topic_that_is_missing_is_told(kafka: Broker) -> None:
    """The message names the topic and the command that makes it."""
    with pytest.raises(TopicError, match=r"nowhere: there is no such topic.*touchpoint topics --create"):
        asyncio.run(upstream.publish(config_for(kafka, "nowhere"), CENTRE, day_s=0.0))
