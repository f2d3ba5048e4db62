"""A fetch of one partition as one message of Faust: what it holds, how it is scheduled and handed over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import faust
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP


class Record(Protocol):
    """A record as aiokafka has read it; topic and partition are those of its fetch."""

    @property
    def offset(self) -> int:
        """Where it lies."""

    @property
    def timestamp(self) -> int | None:
        """When it was written, by its producer or by Kafka, in milliseconds since 1970 UTC."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """The records of one partition between two positions of its reader.

    Attributes
    ----------
    begin, end : int
        The position before and after. Records lie in begin..end-1; the first may lie beyond `begin` and the
        last below `end - 1`: compaction, markers of transactions and aborted records leave holes. `begin` is
        the `end` of the fetch before, unless something was lost on the way or expired at the source.
    records : sequence of Record
        In offset order; none where only markers were passed.
    """

    begin: int
    end: int
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class _Message:
    """A fetch in the shape of the one record that Faust reads its message from."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    value: Fetch
    timestamp_type: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()
    key: None = None
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


class FetchScheduler(DefaultSchedulingStrategy):
    """Faust's setting `ConsumerScheduler`: a `Fetch` goes as one message, all else record by record."""

    def iterate(self, records: Mapping[TP, Any]) -> Iterator[tuple[TP, Any]]:
        """Yield every fetch, then the records of the other topics in round-robin order."""
        single = {}
        for tp, fetched in records.items():
            if isinstance(fetched, Fetch):
                newest = fetched.records[-1].timestamp if fetched.records else None
                yield tp, _Message(tp.topic, tp.partition, fetched.end - 1, newest, fetched)
            else:
                single[tp] = fetched
        yield from super().iterate(single)


class FetchSchema(faust.Schema[None, Fetch]):
    """The schema of a topic of whole fetches: nothing is decoded on the way to the agent."""

    def loads_key(self, *_: Any, **__: Any) -> None:
        """Return None: keys stay with the records."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """Return the fetch."""
        return message.value
