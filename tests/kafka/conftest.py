"""One Apache Kafka for the whole run, and one more behind TLS and ACLs."""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from kafka.broker import Broker
from kafka.jars import MissingError
from kafka.secured import SecuredBroker
from owning import config_on

from streams.config import Config

T = TypeVar("T", bound=Broker)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """Lend the one broker: tests make topics of their own and leave it running."""
    with _or_skip(Broker) as broker:
        yield broker


@pytest.fixture(scope="session")
def secured_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """Lend the one broker with TLS, users and ACLs: tests make topics of their own."""
    with _or_skip(lambda: SecuredBroker(tmp_path_factory.mktemp("secured"))) as broker:
        yield broker


@pytest.fixture
def config(kafka: Broker) -> Config:
    """Return a configuration with topics of its own and a whole ledger, for a judge to be owned."""
    return config_on(kafka)


def _or_skip(make: Callable[[], T]) -> T:
    try:
        return make()
    except MissingError as missing:
        if os.environ.get("CI") == "true":  # there a skipped broker would hide a broken one
            pytest.fail(f"no Apache Kafka to test with: {missing}")
        pytest.skip(f"no Apache Kafka to test with: {missing}")
