"""The consumer group as it stands: who looks after it, what may be done with it, how far it has read."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NoError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest

from streams.doctor.newest import Place
from streams.topics.cluster import Cluster, operations_of
from streams.topics.requests import Groups

_KINDS: Final[Mapping[str, int]] = {"Group": 0, "TransactionalId": 1}
"""Kafka's codes for what a coordinator is asked for."""
_NOT_YET: Final = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError)
_AGAIN_S: Final = 0.2


async def operations(cluster: Cluster, group: str) -> frozenset[int] | None:
    """Return what may be done with the group, nothing where it may not be looked for; None where not told."""
    try:
        node = await _coordinator(cluster, group, "Group")
        [told] = (await cluster.ask(Groups(group), node)).groups
    except GroupAuthorizationFailedError:
        return frozenset()
    except NotImplementedError:  # how aiokafka says that the broker is too old
        return None
    code, *_, bits = told
    return frozenset() if code == GroupAuthorizationFailedError.errno else operations_of(bits)


async def may_find(cluster: Cluster, transactional_id: str) -> bool:
    """Return whether the id may be looked for: Kafka does not tell more, and who may write it may do that."""
    try:
        await _coordinator(cluster, transactional_id, "TransactionalId", wait=False)
    except TransactionalIdAuthorizationFailed:
        return False
    except _NOT_YET:
        return True
    return True


async def committed(cluster: Cluster, group: str, places: Iterable[Place]) -> dict[Place, int]:
    """Return the next record that the group is to read of each partition of which it has read any.

    Raises
    ------
    KafkaError
        Where Kafka refuses.
    """
    partitions: dict[str, list[int]] = {}
    for topic, partition in places:
        partitions.setdefault(topic, []).append(partition)
    node = await _coordinator(cluster, group, "Group")
    answer = await cluster.ask(OffsetFetchRequest(group, list(partitions.items())), node)
    if getattr(answer, "error_code", 0):
        raise for_code(answer.error_code)(group)
    told = [(topic, *one) for topic, ones in answer.topics for one in ones]
    return {(topic, partition): offset for topic, partition, offset, *_ in told if offset >= 0}


async def _coordinator(cluster: Cluster, name: str, kind: str, *, wait: bool = True) -> int:
    while True:
        answer: Any = await cluster.ask(FindCoordinatorRequest(name, _KINDS[kind]))
        error: type[KafkaError] = for_code(answer.error_code)
        if error is NoError:
            return int(answer.coordinator_id)
        if not (wait and issubclass(error, _NOT_YET)):
            raise error(name)
        await asyncio.sleep(_AGAIN_S)  # a new cluster makes its topic of offsets when it is first asked
