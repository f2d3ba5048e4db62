"""Records that are no handlings: kept with their origin and the reason, so that nothing is lost."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from streams.config import DeadLetterConfig
from streams.formats import Reject

Headers = Sequence[tuple[str, bytes]]
PREFIX: Final = "touchpoint."


class DeadLetter(NamedTuple):
    """A record of the dead-letter topic.

    The key is topic-partition-offset of the origin, so a repeat after a crash can be told; the value is the
    origin's bytes as they came, cut at the bound, or empty where raw bytes are not to be kept.
    """

    key: bytes
    value: bytes
    headers: Headers


def dead_letter(
    topic: str, partition: int, reject: Reject, value: bytes | None, config: DeadLetterConfig
) -> DeadLetter:
    """Return the dead letter of a reject."""
    raw = value or b""
    kept = raw[: config.raw_bytes_max] if config.raw else b""
    told = {
        "topic": topic,
        "partition": str(partition),
        "offset": str(reject.offset),
        "reason": reject.reason,
        "path": reject.path,
        "bytes": str(len(raw)),
        "cut": "true" if len(kept) < len(raw) else "false",
    }
    headers = [(PREFIX + name, text.encode()) for name, text in told.items()]
    return DeadLetter(f"{topic}-{partition}-{reject.offset}".encode(), kept, headers)
