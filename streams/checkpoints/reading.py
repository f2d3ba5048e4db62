"""The newest whole checkpoint out of its topic.

From the manifest straight to the chunks, however much lies around them. What is damaged is told in the log
and the other slot is tried; where Kafka does not answer nothing is concluded.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.structs import ConsumerRecord

from models.errors import CheckpointError, TouchpointError
from models.state import FORMAT
from streams.checkpoints.codec import SUM_BYTES, decode
from streams.checkpoints.manifest import CHUNKS, MANIFESTS, SLOTS, Manifest, format_and_slot, from_json
from streams.config import Config
from streams.reading import PATIENCE_S, reader, records

log: Final = logging.getLogger("touchpoint.checkpoints")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state and what its manifest says of it."""

    state: Any
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Newest:
    """What the topic has for this program.

    Attributes
    ----------
    checkpoint : Checkpoint or None
        The newest whole one of this state format and this ledger.
    next_slot : int
        Where the next one is to be written: not where that one lies.
    other_formats : tuple of int
        The state formats of checkpoints that older or newer programs wrote.
    """

    checkpoint: Checkpoint | None
    next_slot: int
    other_formats: tuple[int, ...]


async def newest(config: Config, patience_s: float = PATIENCE_S) -> Newest:
    """Return what the topic has for this program.

    Parameters
    ----------
    patience_s : float
        How long Kafka may bring nothing.

    Raises
    ------
    KafkaError
        Where Kafka is away or brings nothing: whether there is a checkpoint is to be asked again.
    TouchpointError
        Where Kafka refuses.
    """
    async with _reader(config, patience_s) as topic:
        values = await topic.manifests()
        manifests = _newest_first(values, config.topics.ledger)
        checkpoint = await topic.first_whole(manifests)
    next_slot = 0 if checkpoint is None else (checkpoint.manifest.slot + 1) % SLOTS
    others = {state_format for state_format, _ in values} - {FORMAT}
    return Newest(checkpoint, next_slot, tuple(sorted(others)))


@dataclass(frozen=True, slots=True)
class _Reader:
    records: Callable[..., AsyncIterator[ConsumerRecord]]
    """Yields those of a partition of the topic."""

    async def manifests(self) -> dict[tuple[int, int], bytes]:
        """Return the last manifest of every state format and slot."""
        values: dict[tuple[int, int], bytes | None] = {}
        async for record in self.records(MANIFESTS):
            place = format_and_slot(record.key)
            if place is not None:
                values[place] = record.value
        return {place: value for place, value in values.items() if value is not None}

    async def first_whole(self, manifests: Iterable[Manifest]) -> Checkpoint | None:
        """Return the first of these checkpoints that can be read."""
        for manifest in manifests:
            try:
                encoded = await self._encoded(manifest)
                return Checkpoint(await asyncio.to_thread(decode, encoded), manifest)
            except CheckpointError as error:
                _pass_over(manifest.slot, error)
        return None

    async def _encoded(self, manifest: Manifest) -> bytearray:
        offsets = manifest.chunk_offsets
        missing, encoded = set(offsets), bytearray()
        async for record in self.records(CHUNKS, first=offsets[0], end=offsets[-1] + 1):
            if record.offset in missing:
                missing.remove(record.offset)
                encoded += record.value or b""
                if len(encoded) > manifest.length:
                    raise CheckpointError("its chunks are longer than its manifest says")
        if missing:
            raise CheckpointError(f"{len(missing)} of its {len(offsets)} chunks are gone")
        if len(encoded) != manifest.length or encoded[-SUM_BYTES:].hex() != manifest.sha256:
            raise CheckpointError("its chunks are not those that its manifest names")
        return encoded


@asynccontextmanager
async def _reader(config: Config, patience_s: float) -> AsyncIterator[_Reader]:
    topic = config.topics.checkpoints
    try:
        async with reader(config, patience_s) as consumer:
            yield _Reader(partial(records, consumer, topic, patience_s=patience_s))
    except KafkaError as error:
        if error.retriable or isinstance(error, KafkaTimeoutError):
            raise  # Kafka is away: whether there is a checkpoint is to be asked again
        raise TouchpointError(
            f"topics.checkpoints: {topic} cannot be read ({type(error).__name__}); is Kafka up, and may this "
            "user read the topic?"
        ) from None


def _newest_first(values: Mapping[tuple[int, int], bytes], ledger: str) -> list[Manifest]:
    manifests = []
    for (state_format, slot), value in values.items():
        if state_format == FORMAT:
            try:
                manifests.append(from_json(value, state_format, slot))
            except CheckpointError as error:
                _pass_over(slot, error)
    ours = [one for one in manifests if one.ledger_topic == ledger]
    return sorted(ours, key=lambda one: (one.next_offset, one.written_at), reverse=True)


def _pass_over(slot: int, error: CheckpointError) -> None:
    log.warning("a checkpoint is passed over", extra={"slot": slot, "problem": str(error)})
