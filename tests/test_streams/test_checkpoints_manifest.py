"""Manifests and the way chunks are sent: what can be told without Kafka."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from models.errors import CheckpointError
from streams.checkpoints import Manifest, write
from streams.checkpoints.manifest import (
    CHUNK_BYTES,
    CHUNKS,
    MANIFESTS,
    as_json,
    chunk_key,
    format_and_slot,
    from_json,
    manifest_key,
)
from streams.config import Config

MANIFEST = Manifest(
    state_format=3,
    slot=1,
    ledger_topic="ledger",
    next_offset=12,
    config_hash="0123456789ab",
    written_at=1_704_067_200,
    program="1.0",
    length=5,
    sha256="00" * 32,
    chunk_offsets=(4, 7),
)
ENCODED = bytes(10 * CHUNK_BYTES - 1)


class Log:
    """A topic that acknowledges after a while, in the order of what was sent."""

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes, bytes]] = []
        self.waiting = self.waiting_most = 0
        self.lost: int | None = None

    async def send(self, _: str, value: bytes, *, key: bytes, partition: int) -> Any:
        """Take a record and, a turn of the loop later, tell where it lies."""
        offset = len(self.records)
        self.records.append((partition, key, value))
        self.waiting += 1
        self.waiting_most = max(self.waiting, self.waiting_most)
        await asyncio.sleep(0)
        self.waiting -= 1
        return SimpleNamespace(offset=-1 if offset == self.lost else offset)


def written(log: Log) -> Manifest:
    return asyncio.run(write(log.send, Config(), ENCODED, slot=1, next_offset=12, written_at=1_704_067_200))


def test_a_manifest_is_read_back() -> None:
    """What is written as JSON is what is read, under the key of its state format and slot."""
    assert from_json(as_json(MANIFEST), 3, 1) == MANIFEST
    assert format_and_slot(manifest_key(3, 1)) == (3, 1)


def test_an_operator_can_read_a_manifest() -> None:
    """It is JSON with words for names."""
    told = msgspec.json.decode(as_json(MANIFEST))

    assert (told["ledger_topic"], told["next_offset"], told["compression"]) == ("ledger", 12, "zstd")


@pytest.mark.parametrize(
    "key", [None, b"", b"3", b"3/2", b"-3/1", b"3/1/", chunk_key(3, 1, 0), b"x/1", b"3/1\n"]
)
def test_another_key_is_none_of_a_manifest(key: bytes | None) -> None:
    """Whatever else stands in that partition is passed by."""
    assert format_and_slot(key) is None


@pytest.mark.parametrize(
    "damage",
    [
        {"slot": 0},
        {"state_format": 4},
        {"length": 0},
        {"length": 4 * 1_024**3 + 1},
        {"next_offset": -1},
        {"next_offset": "12"},
        {"chunk_offsets": []},
        {"chunk_offsets": [7, 4]},
        {"chunk_offsets": [4, 4]},
        {"chunk_offsets": [-1, 4]},
        {"chunk_offsets": [4, 2**63]},
        {"compression": "lz4"},
        {"sha256": None},
    ],
)
def test_a_manifest_that_cannot_be_right_is_told(damage: dict[str, object]) -> None:
    """It is refused before anything is read, or room made, for what it claims."""
    told = msgspec.json.decode(as_json(MANIFEST)) | damage

    with pytest.raises(CheckpointError, match="its manifest"):
        from_json(msgspec.json.encode(told), 3, 1)


@pytest.mark.parametrize(
    "value", [b"", b"{", b"\xff", b"[]", b'{"x":' + b"[" * 100_000, as_json(MANIFEST)[:-1]]
)
def test_what_is_no_manifest_is_told(value: bytes) -> None:
    """Bytes of any kind under its key are damage, no crash."""
    with pytest.raises(CheckpointError, match="its manifest"):
        from_json(value, 3, 1)


def test_a_manifest_may_say_more() -> None:
    """A later program of the same state format may add to it."""
    told = msgspec.json.decode(as_json(MANIFEST)) | {"mood": "good"}

    assert from_json(msgspec.json.encode(told), 3, 1) == MANIFEST


def test_the_manifest_is_the_last_that_is_sent() -> None:
    """Before it stand all chunks, in order, each under a key of its own and within what a broker takes."""
    log = Log()
    manifest = written(log)
    *chunks, (partition, key, value) = log.records

    assert b"".join(value for _, _, value in chunks) == ENCODED
    assert {partition for partition, _, _ in chunks} == {CHUNKS}
    assert len({key for _, key, _ in chunks}) == len(chunks) == 10
    assert max(len(value) for _, _, value in chunks) == CHUNK_BYTES
    assert (partition, key) == (MANIFESTS, manifest_key(manifest.state_format, 1))
    assert from_json(value, manifest.state_format, 1) == manifest
    assert manifest.chunk_offsets == tuple(range(10))


def test_few_chunks_are_on_their_way_at_a_time() -> None:
    """Several, so that it is fast, and never more than four: they are copies of what is held already."""
    log = Log()
    written(log)

    assert log.waiting_most == 4


@pytest.mark.parametrize("lost", [0, 5, 9])
def test_without_knowing_where_a_chunk_lies_there_is_no_manifest(lost: int) -> None:
    """A producer that had to repeat itself may not learn the offset: nobody is sent to look for it."""
    log = Log()
    log.lost = lost

    with pytest.raises(CheckpointError, match="does not tell where"):
        written(log)
    assert {partition for partition, _, _ in log.records} == {CHUNKS}
