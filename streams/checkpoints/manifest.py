"""What stands in the topic of checkpoints: chunks and manifests, and under which keys.

Two slots are written in turn, so that one is whole while the other is being written. They are kept apart by
the state's format: a program that is rolled back finds its own as it left them.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from models.errors import CheckpointError

CHUNK_BYTES: Final = 512 * 1_024
"""Half of what brokers take by default."""
SLOTS: Final = 2
PARTITIONS: Final = 2
CHUNKS: Final = 0
MANIFESTS: Final = 1
"""A partition of their own: they are found without reading through chunks that nobody needs any more."""

TOPIC_SETTINGS: Final[Mapping[str, str]] = {
    "cleanup.policy": "compact",
    # The newest segment is never compacted, the others when half of them is garbage: so large checkpoints
    # are kept about four times. Small ones fill no segment: they are kept for as long as they may wait.
    "segment.bytes": str(64 * 1_024 * 1_024),
    "min.cleanable.dirty.ratio": "0.5",
    "max.compaction.lag.ms": str(6 * 3_600_000),
}
"""They bound what is kept of replaced checkpoints in bytes and, for it is about people, in time."""

_BYTES_MAX: Final = 4 * 1_024**3
"""Far above the 90 MB of 20,000 employees: what claims more is damaged."""
_KEY: Final = re.compile(rb"(\d{1,9})/([01])")

_Offset = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Manifest(Struct, frozen=True, kw_only=True):
    """What a checkpoint is and where it lies: the last of it that is written, as JSON.

    Attributes
    ----------
    slot : int
        0 or 1.
    ledger_topic, next_offset : str, int
        The ledger and its first record that is not in the state.
    config_hash : str
        The settings under which it was written (`Config.fingerprint`).
    written_at : int
        Seconds since 1970.
    program : str
        The version that wrote it.
    length, sha256 : int, str
        Of the encoded state: its bytes, and the checksum in hex that they end with.
    chunk_offsets : tuple of int
        Where each chunk lies in its partition, ascending.
    """

    state_format: int
    slot: int
    ledger_topic: str
    next_offset: _Offset
    config_hash: str
    written_at: int
    program: str
    length: Annotated[int, Meta(gt=0, le=_BYTES_MAX)]
    sha256: str
    chunk_offsets: Annotated[tuple[_Offset, ...], Meta(min_length=1)]
    compression: Literal["zstd"] = "zstd"


def chunk_key(state_format: int, slot: int, number: int) -> bytes:
    """Return the key of a chunk."""
    return f"{state_format}/{slot}/{number}".encode()


def manifest_key(state_format: int, slot: int) -> bytes:
    """Return the key of a manifest."""
    return f"{state_format}/{slot}".encode()


def format_and_slot(key: bytes | None) -> tuple[int, int] | None:
    """Return what the key of a manifest says, None for a key that is none."""
    match = _KEY.fullmatch(key or b"")
    return None if match is None else (int(match[1]), int(match[2]))


def as_json(manifest: Manifest) -> bytes:
    """Return a manifest as bytes."""
    return msgspec.json.encode(manifest)


def from_json(value: bytes, state_format: int, slot: int) -> Manifest:
    """Return the manifest that stood under the key of this format and slot.

    Raises
    ------
    CheckpointError
        If it cannot be one.
    """
    try:
        manifest = msgspec.json.decode(value, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"its manifest cannot be read: {error}") from None
    if (manifest.state_format, manifest.slot) != (state_format, slot):
        raise CheckpointError("its manifest is that of another slot")
    if not is_ascending(manifest.chunk_offsets):
        raise CheckpointError("its manifest names chunks out of order")
    return manifest


def is_ascending(offsets: tuple[int, ...]) -> bool:
    """Return whether chunks that lie there can be read in one go."""
    return all(one < other for one, other in pairwise(offsets))
