"""Checkpoints: the judge's state in a compacted topic, because its memory is longer than the ledger's."""

from streams.checkpoints.codec import decode, encode
from streams.checkpoints.manifest import PARTITIONS, TOPIC_SETTINGS, Manifest
from streams.checkpoints.reading import Checkpoint, Newest, newest
from streams.checkpoints.writing import Send, write

__all__ = [
    "PARTITIONS",
    "TOPIC_SETTINGS",
    "Checkpoint",
    "Manifest",
    "Newest",
    "Send",
    "decode",
    "encode",
    "newest",
    "write",
]
