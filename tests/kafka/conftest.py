"""One Apache Kafka for the whole run."""

import os
from collections.abc import Iterator

import pytest
from kafka.broker import Broker
from kafka.jars import MissingError


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """Lend the one broker: tests make topics of their own and leave it running."""
    try:
        broker = Broker()
    except MissingError as missing:
        if os.environ.get("CI") == "true":  # there a skipped broker would hide a broken one
            pytest.fail(f"no Apache Kafka to test with: {missing}")
        pytest.skip(f"no Apache Kafka to test with: {missing}")
    with broker:
        yield broker
