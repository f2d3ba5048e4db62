"""A checkpoint into its topic.

Chunks first, the manifest when all of them are acknowledged: a crash in between leaves the checkpoint in the
other slot as it was.
"""

import asyncio
from importlib.metadata import version
from typing import Any, Final, Protocol

from models.errors import CheckpointError
from models.state import FORMAT
from streams.checkpoints.codec import SUM_BYTES
from streams.checkpoints.manifest import (
    CHUNK_BYTES,
    CHUNKS,
    MANIFESTS,
    Manifest,
    as_json,
    chunk_key,
    is_ascending,
    manifest_key,
)
from streams.config import Config

_IN_FLIGHT: Final = 4
"""Chunks that are sent before the first of them is acknowledged: 2 MiB."""


class Send(Protocol):
    """Produces a record and awaits its acknowledgement, as `send_and_wait` of aiokafka's producer does."""

    async def __call__(self, topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
        """Return what has the record's `offset`."""


async def write(
    send: Send, config: Config, encoded: bytes | bytearray, *, slot: int, next_offset: int, written_at: int
) -> Manifest:
    """Write an encoded state into a slot and return its manifest when that is acknowledged.

    Parameters
    ----------
    encoded : bytes
        As `codec.encode` returns it.
    slot : int
        `Newest.next_slot`, then the other one in turn.
    next_offset : int
        The ledger's first record that is not in the state.
    written_at : int
        Seconds since 1970.

    Raises
    ------
    CheckpointError
        Where Kafka does not tell where the chunks lie; no manifest is written then.
    """
    topic, view = config.topics.checkpoints, memoryview(encoded)
    chunks = [view[start : start + CHUNK_BYTES] for start in range(0, len(view), CHUNK_BYTES)]
    offsets: list[int] = []
    for first in range(0, len(chunks), _IN_FLIGHT):
        sent = [
            send(topic, bytes(chunk), key=chunk_key(FORMAT, slot, number), partition=CHUNKS)
            for number, chunk in enumerate(chunks[first : first + _IN_FLIGHT], first)
        ]
        offsets += [acknowledged.offset for acknowledged in await asyncio.gather(*sent)]
    # An idempotent producer that repeats a record may learn that it is there, but not where: offset -1.
    if not is_ascending((-1, *offsets)):
        raise CheckpointError(f"Kafka does not tell where in {topic} the chunks of a checkpoint lie")
    manifest = Manifest(
        state_format=FORMAT,
        slot=slot,
        ledger_topic=config.topics.ledger,
        next_offset=next_offset,
        config_hash=config.fingerprint(),
        written_at=written_at,
        program=version("touchpoint-monitor"),
        length=len(encoded),
        sha256=encoded[-SUM_BYTES:].hex(),
        chunk_offsets=tuple(offsets),
    )
    await send(topic, as_json(manifest), key=manifest_key(FORMAT, slot), partition=MANIFESTS)
    return manifest
