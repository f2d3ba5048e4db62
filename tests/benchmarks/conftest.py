"""One Apache Kafka for all benchmarks that want one, with the events published once."""

from collections.abc import Iterator

import pytest
from benchmarks.results import EVENTS
from benchmarks.upstream import PARTITIONS, Published, publish
from kafka.broker import Broker
from kafka.jars import VERSION, MissingError


@pytest.fixture(scope="session")
def events_on_kafka() -> Iterator[Published]:
    """Lend a topic of events on Apache Kafka."""
    try:
        broker = Broker()
    except MissingError as missing:
        pytest.skip(f"no Apache Kafka to measure with: {missing}")
    with broker:
        topic = broker.create_topic("events", partitions=PARTITIONS)
        yield publish(f"Apache Kafka {VERSION}", broker.bootstrap, topic, EVENTS)
