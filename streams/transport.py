"""Faust's aiokafka transport with four things that its settings do not reach.

Read only what was committed; wait 100 ms for a fetch instead of 1.5 s (`ledger.md` 2.5); and remember where
reading begins after every assignment: the committed position, never the first record's offset, because
offsets jump legally; and tell how far each partition has been handed over.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, NamedTuple, cast

import aiokafka
import faust
import faust.streams as compiled
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from yarl import URL

from models.errors import TouchpointError

_FETCH_WAIT_MS: Final = 100


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Read by the fetcher when the consumer starts; Faust hard-codes both.
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer


class Standing(NamedTuple):
    """How far a partition has been handed over.

    Attributes
    ----------
    next : int
        The offset that is fetched next; -1 before the first fetch.
    last : int
        The offset of the last record that was handed over, -1 where there was none. Between the two there
        are no records, only what Kafka keeps for itself: markers of transactions, records of aborted ones.
    highwater : int
        The offset that the next record to be written will have.
    """

    next: int
    last: int
    highwater: int


class _Consumer(driver.Consumer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next: dict[TP, int] = {}
        self._last: dict[TP, int] = {}

    async def perform_seek(self) -> None:
        """Seek to the committed positions and tell from where each partition is read."""
        await super().perform_seek()
        begins_at = {tp: await self.position(tp) or 0 for tp in self.assignment()}
        cast("Transport", self.transport).on_assigned(begins_at)

    def standing(self, tp: TP) -> Standing | None:
        """Return how far a partition has been handed over, None where it is not held or not fetched yet."""
        state = self._held().get(tp)
        if state is None or state.highwater is None:
            return None
        return Standing(self._next.get(tp, -1), self._last.get(tp, -1), state.highwater)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109
        records = await super()._getmany(active_partitions, timeout)
        self._last |= {tp: fetched[-1].offset for tp, fetched in records.items() if fetched}
        # Taken here, where no record is on its way between the consumer's thread and this one.
        self._next |= {tp: state.position for tp, state in self._held().items() if state.has_valid_position}
        return records

    def _held(self) -> dict[TP, Any]:
        """Return aiokafka's state of each partition that is held; its own methods only assert that it is."""
        subscription = self._thread._ensure_consumer()._subscription.subscription  # noqa: SLF001
        assignment = None if subscription is None else subscription.assignment
        return {} if assignment is None else {tp: assignment.state_value(tp) for tp in assignment.tps}

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):
    """Builds the consumer above.

    Parameters
    ----------
    on_assigned : callable
        Told, after every assignment and before its first record, the position each partition begins at.

    Raises
    ------
    TouchpointError
        Where Faust would lose records.
    """

    Consumer: ClassVar[Any] = _Consumer

    def __init__(
        self, brokers: list[URL], app: faust.App, on_assigned: Callable[[Mapping[TP, int]], None]
    ) -> None:
        if getattr(compiled, "_CStreamIterator", None) is None:
            raise TouchpointError(
                "Faust runs without its compiled modules, and then acknowledges what it skips after a "
                "rebalance: unset NO_CYTHON, or install a wheel of faust-streaming"
            )
        super().__init__(brokers, app)
        self.on_assigned = on_assigned
