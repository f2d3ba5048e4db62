"""What Kafka tells of itself and its topics, and how topics are made."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.admin import CreateTopicsRequest, DescribeConfigsRequest

from models.errors import TouchpointError
from streams.config import Config
from streams.connection import client_settings
from streams.diagnosis import BrokerError, reach
from streams.topics.requests import Metadata

_REQUEST_S: Final = 15.0
_LOOK_AGAIN_S: Final = 0.1
_TOPIC_RESOURCE: Final = 2
"""Kafka's code for "a topic" where configurations are asked for."""
_NOT_TOLD: Final = -(2**31)
"""Kafka's word for rights that it does not tell."""


class TopicError(TouchpointError):
    """Topics that are not as this service needs them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as Kafka tells it.

    Attributes
    ----------
    partitions : int
        0 where it is missing.
    copies, in_sync : int
        The fewest that any of its partitions has.
    leaderless : int
        How many partitions nobody leads: they can be neither read nor written.
    forbidden : bool
        Kafka does not say whether there is such a topic: this user may not know.
    operations : set of int, optional
        Codes of what this user may do with it; None where Kafka does not tell.
    settings : mapping, optional
        None where this user may not see them.
    """

    name: str
    partitions: int = 0
    copies: int = 0
    in_sync: int = 0
    leaderless: int = 0
    forbidden: bool = False
    operations: frozenset[int] | None = None
    settings: Mapping[str, str] | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is such a topic, as far as this user may know."""
        return self.partitions > 0


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic that is to be made."""

    name: str
    partitions: int
    copies: int
    settings: Mapping[str, str]


class Cluster:
    """A Kafka that has answered.

    Attributes
    ----------
    id : str or None
    brokers : mapping of int to str
        Node id to the address that it wants clients to come to.
    """

    def __init__(self, client: AIOKafkaClient) -> None:
        self.client: Final = client
        self.id: str | None = None
        self.brokers: Mapping[int, str] = {}
        self._controller = 0

    async def ask(self, request: Any, node: int | None = None) -> Any:
        """Return a broker's answer: that of any one, or of this node.

        Raises
        ------
        BrokerError
            Where it cannot be reached.
        """
        asked = self.client.get_random_node() if node is None else node
        try:
            return await self.client.send(asked, request)
        except KafkaError as error:
            raise BrokerError(
                f"Kafka has answered, and now its broker {self.brokers.get(asked, asked)} does not "
                f"({type(error).__name__}). Is it up, and the way to it open?"
            ) from None

    async def describe(self, topics: Iterable[str]) -> dict[str, Found]:
        """Return these topics, without their settings; who the brokers are is learnt on the way."""
        told = (await self.ask(Metadata(list(topics)))).to_object()
        self.id, self._controller = told["cluster_id"], told["controller_id"]
        self.brokers = {one["node_id"]: f"{one['host']}:{one['port']}" for one in told["brokers"]}
        return {one["topic"]: _found(one) for one in told["topics"]}

    async def settings(self, topics: Iterable[str]) -> dict[str, dict[str, str] | None]:
        """Return the settings of topics that are there; None for one whose settings this user may not see."""
        wanted = [(_TOPIC_RESOURCE, topic, None) for topic in topics]
        if not wanted:
            return {}
        answer = await self.ask(DescribeConfigsRequest(wanted))
        return {
            name: None if code else {key: value for key, value, *_ in entries}
            for code, _, _, name, entries in answer.resources
        }

    async def create(self, topics: Iterable[NewTopic], *, only_ask: bool = False) -> dict[str, str]:
        """Make topics, or only ask whether Kafka would; return what it has against those it refuses.

        One that is there by now is not refused.
        """
        wanted: list[tuple[Any, ...]] = [
            (one.name, one.partitions, one.copies, [], list(one.settings.items())) for one in topics
        ]
        if not wanted:
            return {}
        request = CreateTopicsRequest(wanted, int(_REQUEST_S * 1_000), only_ask)
        answer = await self.ask(request, self._controller)
        return {
            name: " ".join(filter(None, (for_code(code).__name__, *message)))
            for name, code, *message in answer.topic_errors
            if code not in {0, TopicAlreadyExistsError.errno}
        }

    async def wait_for(self, topics: Iterable[str]) -> dict[str, Found]:
        """Return topics that were just made: for a moment clients are not told of them.

        Raises
        ------
        TopicError
            Where that moment does not end.
        """
        topics = list(topics)
        for _ in range(int(_REQUEST_S / _LOOK_AGAIN_S)):
            found = await self.describe(topics)
            if all(one.is_there for one in found.values()):
                return found
            await asyncio.sleep(_LOOK_AGAIN_S)
        raise TopicError(f"Kafka created {', '.join(topics)} but does not show them after {_REQUEST_S:.0f} s")


@asynccontextmanager
async def connected(config: Config) -> AsyncIterator[Cluster]:
    """Yield the cluster that the configuration names.

    Raises
    ------
    BrokerError
        Where none of its brokers lets this service in.
    """
    await reach(config.kafka)  # aiokafka would not say why it cannot
    settings = client_settings(config.kafka) | {"request_timeout_ms": int(_REQUEST_S * 1_000)}
    client = AIOKafkaClient(**settings)
    try:
        await client.bootstrap()
        cluster = Cluster(client)
        await cluster.describe(())  # who the brokers are
        yield cluster
    finally:
        await client.close()


def _found(told: Mapping[str, Any]) -> Found:
    partitions = told["partitions"]
    return Found(
        name=told["topic"],
        partitions=len(partitions),
        copies=min((len(one["replicas"]) for one in partitions), default=0),
        in_sync=min((len(one["isr"]) for one in partitions), default=0),
        leaderless=sum(one["leader"] < 0 for one in partitions),
        forbidden=told["error_code"] == TopicAuthorizationFailedError.errno,
        operations=operations_of(told.get("authorized_operations", _NOT_TOLD)),
    )


def operations_of(bits: int) -> frozenset[int] | None:
    """Return the codes of the operations that Kafka allows, None where it does not tell."""
    return None if bits == _NOT_TOLD else frozenset(code for code in range(31) if bits >> code & 1)
