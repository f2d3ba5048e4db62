"""Canonical JSON (`contract`), bare or framed by a schema registry, to columns.

Every record comes out as a row or as a reject; one never touches its neighbours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.handling import Handlings
from models.identity import Identity
from streams.formats.blanks import ESCAPE, SPACE, may_hold_blanks, path_of_blank
from streams.formats.columns import columns_of, microseconds
from streams.formats.contract import HandlingCompleted
from streams.formats.faults import Fault, Reject, fault_of

DEPTH_MAX: Final = 500
"""The parser's own bound is what is left of the interpreter's stack, so it would depend on the caller."""

PLAIN_BYTES_MAX: Final = 2 * DEPTH_MAX
"""A record of so many bytes cannot nest deeper than `DEPTH_MAX` and be JSON."""

FRAME: Final = 5
"""A zero byte and a schema id of 4: Confluent's wire format."""

_BRACE: Final = ord("{")
_decoder: Final = msgspec.json.Decoder(HandlingCompleted)
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What n records came to: `len(rows) + len(rejects)` is n, and offsets ascend in both."""

    rows: Handlings
    offsets: NDArray[np.int64]
    rejects: tuple[Reject, ...]


def decode(
    values: Sequence[bytes | None],
    offsets: NDArray[np.int64],
    *,
    facts: tuple[str, ...],
    identity: Identity,
    latest: int,
    record_bytes_max: int,
) -> Decoded:
    """Decode the records of one fetch; of those whose time is after `latest` (microseconds) none passes."""
    events: list[HandlingCompleted] = []
    event_offsets: list[int] = []
    rejects: list[Reject] = []
    for value, offset in zip(values, offsets.tolist(), strict=True):
        event = read(value, record_bytes_max)
        if isinstance(event, Fault):
            rejects.append(Reject(offset, event.reason, event.path))
        else:
            events.append(event)
            event_offsets.append(offset)

    time = microseconds([event.occurred_at for event in events])
    kept = np.array(event_offsets, np.int64)
    timely = (time >= 0) & (time <= latest)
    if not timely.all():
        for row in np.flatnonzero(~timely).tolist():
            reason = "future" if time[row] > latest else "out_of_range"
            rejects.append(Reject(event_offsets[row], reason, "$.occurred_at"))
        rejects.sort()
        events = [events[row] for row in np.flatnonzero(timely).tolist()]
        time, kept = time[timely], kept[timely]
    return Decoded(columns_of(events, time, facts, identity), kept, tuple(rejects))


def read(value: bytes | None, bytes_max: int) -> HandlingCompleted | Fault:
    """Read one record, by itself."""
    text: bytes | Fault
    # Most records are short, compact ASCII without escapes. Nothing that `_text` or `blanks` look for can be
    # in those, and to see that at once saves 0.3 us of 2.
    if (
        value
        and value[0] == _BRACE
        and len(value) <= PLAIN_BYTES_MAX <= bytes_max
        and value.isascii()
        and SPACE not in value
        and ESCAPE not in value
    ):
        text, look_for_blanks = value, False
    else:
        text = _text(value, bytes_max)
        if isinstance(text, Fault):
            return text
        look_for_blanks = may_hold_blanks(text)
    try:
        event = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return fault_of(error, text)
    if look_for_blanks and (path := path_of_blank(event)):
        return Fault("empty_string", path)
    return event.contradiction() or event


def _text(value: bytes | None, bytes_max: int) -> bytes | Fault:
    """Return what the parser may see: of a bounded size and depth, UTF-8, without its frame."""
    if not value:
        return Fault("empty")
    if len(value) > bytes_max:
        return Fault("too_large")
    if value[0] == 0 and len(value) >= FRAME:
        value = value[FRAME:]
        if not value.lstrip().startswith(b"{"):
            return Fault("avro")
    if not (value.isascii() or _is_utf8(value)):
        return Fault("not_utf8")  # msgspec looks only at the strings that it keeps
    if len(value) > PLAIN_BYTES_MAX and _is_too_deep(value):
        return Fault("too_deep")
    return value


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_too_deep(value: bytes) -> bool:
    """Tell whether brackets nest deeper than `DEPTH_MAX`, which few records have enough brackets for."""
    if value.count(b"{") + value.count(b"[") <= DEPTH_MAX:
        return False
    brackets = np.frombuffer(_STRING.sub(b"", value), np.uint8)
    opening = (brackets == ord("{")) | (brackets == ord("["))
    closing = (brackets == ord("}")) | (brackets == ord("]"))
    depth = np.cumsum(opening.astype(np.int64) - closing)
    return bool(depth.max(initial=0) > DEPTH_MAX)
