"""The thread that fetches: it reads what was committed, and says from where to where."""

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import aiokafka
from aiokafka.consumer.fetcher import FetchResult
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.transport.fetches import Fetch

_FETCH_WAIT_MS: Final = 100
"""Faust hard-codes 1,500: a partition whose data misses a request waits that long (`ledger.md` 2.5)."""
_SOON_S: Final = 0.05
"""To look again: for the end of a reassignment, for a partition whose agent has room again."""


class FetchThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, handing over whole fetches of the topics in `whole`."""

    whole: frozenset[str] = frozenset()

    def held(self) -> Mapping[TP, Any]:
        """Return aiokafka's state of each partition that is held; its own methods assert that it is."""
        consumer = self._consumer
        subscription = None if consumer is None else consumer._subscription.subscription  # noqa: SLF001
        assignment = None if subscription is None else subscription.assignment
        return {} if assignment is None else {tp: assignment.state_value(tp) for tp in assignment.tps}

    async def on_thread_stop(self) -> None:
        """Stop the client, whose fetcher lets its own cancellation out where it waits for a broker."""
        with suppress(asyncio.CancelledError):
            await super().on_thread_stop()

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Read when the consumer starts.
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        # A stand-by without partitions fetches nothing: after this time it would leave the group for ever.
        consumer._max_poll_interval_ms = math.inf  # noqa: SLF001
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Any:
        if consumer._subscription.reassignment_in_progress:  # noqa: SLF001
            await asyncio.sleep(_SOON_S)
            return {}
        _raise_errors(consumer)
        # Until the positions are taken again nothing is awaited, so nothing else moves them: with a timeout
        # of 0 the fetcher hands over what it has.
        before = self._positions()
        self._leave_bare(consumer)
        fetched = await super()._fetch_records(
            consumer, active_partitions, timeout=0, max_records=max_records
        )
        handed: dict[TP, Any] = {tp: records for tp, records in fetched.items() if tp.topic not in self.whole}
        for tp, end in self._positions().items():
            begin = before.get(tp, end)
            if end > begin:
                handed[tp] = Fetch(begin, end, fetched.get(tp, ()))
        if not handed and timeout:
            await _wait_for_data(consumer, min(timeout, _SOON_S))
        return handed

    def _leave_bare(self, consumer: aiokafka.AIOKafkaConsumer) -> None:
        """Spare aiokafka the second object that it makes of every record: a microsecond an event."""
        for tp, result in consumer._fetcher._records.items():  # noqa: SLF001
            if tp.topic in self.whole and isinstance(result, FetchResult) and result.has_more():
                result._partition_records._consumer_record = _as_it_is  # noqa: SLF001

    def _positions(self) -> dict[TP, int]:
        return {
            tp: state.position
            for tp, state in self.held().items()
            if tp.topic in self.whole and state.has_valid_position
        }


def _as_it_is(_: Any, record: Any) -> Any:
    return record


def _raise_errors(consumer: aiokafka.AIOKafkaConsumer) -> None:
    """Raise what has ended a task of the client: Faust asks for records where it would not be told."""
    consumer._coordinator.check_errors()  # noqa: SLF001 - such as the loss of the right to the group
    fetching = consumer._fetcher.error_future  # noqa: SLF001
    if fetching.done():
        fetching.result()


async def _wait_for_data(consumer: aiokafka.AIOKafkaConsumer, seconds: float) -> None:
    waiter = consumer._fetcher._create_fetch_waiter()  # noqa: SLF001
    await asyncio.wait([waiter], timeout=seconds)
    if waiter.done():
        waiter.result()  # such as the loss of the right to read
    else:
        waiter.cancel()
