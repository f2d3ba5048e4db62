"""What the transport relies on inside Faust and aiokafka, in one place; it refuses to start where it is gone.

The contract tests of this room hold what these do, not only that they are there.
"""

from collections.abc import Iterator
from typing import Any, Final

import aiokafka
import faust
import faust.streams as compiled_streams
from aiokafka.consumer import fetcher, group_coordinator, subscription_state
from faust.transport import conductor
from faust.transport import consumer as faust_consumer
from faust.transport.drivers import aiokafka as driver

from models.errors import TouchpointError

METHODS: Final[dict[Any, tuple[str, ...]]] = {
    faust_consumer.Consumer: (
        "_get_active_partitions",
        "_new_offset",
        "_to_message",
        "_wait_next_records",
        "ack",
        "commit",
        "maybe_wait_for_commit_to_finish",
        "on_partitions_assigned",
        "on_partitions_revoked",
        "perform_seek",
        "stop_flow",
    ),
    faust_consumer.ThreadDelegateConsumer: ("assignment", "position", "seek_wait"),
    driver.Consumer: ("_new_consumer_thread",),
    driver.AIOKafkaConsumerThread: (
        "_create_worker_consumer",
        "_fetch_records",
        "seek_to_beginning",
    ),
    fetcher.Fetcher: ("_create_fetch_waiter", "error_future", "fetched_records"),
    fetcher.FetchResult: ("check_assignment", "getall"),
    fetcher.PartitionRecords: ("_consumer_record",),
    group_coordinator.GroupCoordinator: ("check_errors",),
    subscription_state.SubscriptionState: ("reassignment_in_progress", "subscription"),
    subscription_state.TopicPartitionState: ("has_valid_position", "position"),
}
"""Methods and properties that are overridden or called, by class."""

ATTRIBUTES: Final[dict[str, str]] = {
    "_acked": "faust.transport.consumer",
    "_acked_index": "faust.transport.consumer",
    "_read_offset": "faust.transport.consumer",
    "_thread": "faust.transport.consumer",
    "_consumer": "faust.transport.drivers.aiokafka",
    "_coordinator": "aiokafka.consumer.consumer",
    "_fetch_max_wait_ms": "aiokafka.consumer.consumer",
    "_fetcher": "aiokafka.consumer.consumer",
    "_isolation_level": "aiokafka.consumer.consumer",
    "_max_poll_interval_ms": "aiokafka.consumer.consumer",
    "_subscription": "aiokafka.consumer.consumer",
    "highwater": "aiokafka.consumer.subscription_state",
    "lso": "aiokafka.consumer.subscription_state",
    "timestamp": "aiokafka.consumer.subscription_state",
    "_partition_records": "aiokafka.consumer.fetcher",
    "_records": "aiokafka.consumer.fetcher",
}
"""Instance attributes that are read or set, with the module that makes them."""


def missing() -> Iterator[str]:
    """Yield the dotted name of every method that is relied on and is not there."""
    for owner, names in METHODS.items():
        for name in names:
            if not hasattr(owner, name):
                yield f"{owner.__module__}.{owner.__qualname__}.{name}"


def require() -> None:
    """Refuse a Faust or aiokafka under which records could be lost.

    Raises
    ------
    TouchpointError
        With what is missing and what to do.
    """
    compiled = (compiled_streams, "_CStreamIterator"), (conductor, "ConductorHandler")
    if any(getattr(module, name, None) is None for module, name in compiled):
        raise TouchpointError(
            "Faust runs without its compiled modules, and then acknowledges what it skips after a "
            "rebalance: unset NO_CYTHON, or install a wheel of faust-streaming"
        )
    gone = list(missing())
    if gone:
        raise TouchpointError(
            f"whole fetches rely on {', '.join(gone)}, which faust-streaming {faust.__version__} with "
            f"aiokafka {aiokafka.__version__} does not have: install what requirements/run.txt pins"
        )
