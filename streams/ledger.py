"""The ledger's records: segments and idle marks as bytes.

A record is one byte that names the format and then msgpack. Columns travel as their little-endian bytes.
A program that meets a format it does not know stops: skipping would be silent loss. Format 1 did not tell
what was lost upstream; a ledger may begin with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.errors import SegmentError
from models.handling import CHANNELS, CODED_FACTS, NO_REVISION, NUMERIC_FACTS, Handlings
from models.rejects import CODE_OF_REASON, REASONS
from models.segment import ROWS_MAX, IdleMark, LedgerRecord, Roster, Segment, Source
from streams.formats import Decoded

FORMAT: Final = 2
_READABLE: Final = (1, FORMAT)
BYTES_MAX: Final = 512 * 1_024
"""Half of what brokers take by default: ids may be long and fetch sizes count compressed bytes."""

_DTYPES: Final[Mapping[str, str]] = {
    "time": "<i8", "event": "<u8", "case": "<u8", "employee": "<i4", "channel": "<i1", "issue": "<i4",
    **dict.fromkeys(CODED_FACTS, "<i1"),
    **dict.fromkeys(NUMERIC_FACTS, "<f8"),
}  # fmt: skip


class _SegmentRecord(Struct, array_like=True, tag="segment", frozen=True):
    topic: str
    partition: int
    epoch: int
    start: int
    end: int
    roster: dict[str, int]
    key_id: str
    offsets: bytes
    columns: dict[str, bytes]
    revision: bytes  # empty where no row has one
    employees: tuple[str, ...]
    issues: tuple[str, ...]
    reject_offsets: bytes
    reject_reasons: bytes
    lost_until: int = 0  # since format 2


class _IdleRecord(Struct, array_like=True, tag="idle", frozen=True):
    topic: str
    partition: int
    epoch: int
    position: int
    roster: dict[str, int]
    wall_time: int


_decoder: Final = msgspec.msgpack.Decoder(_SegmentRecord | _IdleRecord)
_encoder: Final = msgspec.msgpack.Encoder()


def encode(record: LedgerRecord) -> bytes:
    """Return a record of the ledger as bytes."""
    if isinstance(record, IdleMark):
        body: Struct = _IdleRecord(*record.source, record.position, dict(record.roster), record.wall_time)
    else:
        rows = record.rows
        columns: dict[str, NDArray[Any]] = {"time": rows.time, "event": rows.event, "case": rows.case}
        columns |= {"employee": rows.employee, "channel": rows.channel, "issue": rows.issue, **rows.facts}
        has_revision = bool((rows.revision != NO_REVISION).any())
        body = _SegmentRecord(
            *record.source,
            start=record.start,
            end=record.end,
            roster=dict(record.roster),
            key_id=record.key_id,
            offsets=_bytes(record.offsets, "<i8"),
            columns={name: _bytes(column, _DTYPES[name]) for name, column in columns.items()},
            revision=_bytes(rows.revision, "<i8") if has_revision else b"",
            employees=rows.employees,
            issues=rows.issues,
            reject_offsets=_bytes(record.reject_offsets, "<i8"),
            reject_reasons=record.reject_reasons.tobytes(),
            lost_until=record.lost_until,
        )
    return bytes((FORMAT,)) + _encoder.encode(body)


def decode(value: bytes) -> LedgerRecord:
    """Return the record of the ledger that these bytes hold.

    Raises
    ------
    SegmentError
        If they are of another format or damaged.
    """
    if not value or value[0] not in _READABLE:
        written = value[0] if value else "no"
        raise SegmentError(
            f"the ledger holds a record of format {written}, this program reads up to {FORMAT}: "
            "run the newest version everywhere, or name another ledger topic"
        )
    try:
        body = _decoder.decode(memoryview(value)[1:])
        return _idle(body) if isinstance(body, _IdleRecord) else _segment(body)
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError) as error:
        raise SegmentError(f"the ledger holds a damaged record: {type(error).__name__}") from None


def segment_of(
    decoded: Decoded, source: Source, start: int, end: int, roster: Roster, key_id: str
) -> Segment:
    """Return what was decoded from positions start up to, not including, end of one source as a segment."""
    return Segment(
        source=source,
        start=start,
        end=end,
        roster=roster,
        rows=decoded.rows,
        offsets=decoded.offsets,
        reject_offsets=np.array([reject.offset for reject in decoded.rejects], np.int64),
        reject_reasons=np.array([CODE_OF_REASON[reject.reason] for reject in decoded.rejects], np.uint8),
        key_id=key_id,
    )


def encode_bounded(segment: Segment) -> Iterator[bytes]:
    """Yield a segment as records within `BYTES_MAX` and `ROWS_MAX`.

    One that is too large is halved; each part states the stretch it covers, so they follow on each other.
    """
    records = np.sort(np.concatenate((segment.offsets, segment.reject_offsets)))
    if len(records) <= ROWS_MAX:
        value = encode(segment)
        if len(value) <= BYTES_MAX or len(records) < 2:
            yield value
            return
    middle = int(records[len(records) // 2])
    yield from encode_bounded(_stretch(segment, segment.start, middle))
    yield from encode_bounded(_stretch(segment, middle, segment.end))


def _stretch(segment: Segment, start: int, end: int) -> Segment:
    rows = (segment.offsets >= start) & (segment.offsets < end)
    rejects = (segment.reject_offsets >= start) & (segment.reject_offsets < end)
    return Segment(
        source=segment.source,
        start=start,
        end=end,
        roster=segment.roster,
        rows=_with_own_names(segment.rows.take(rows)),
        offsets=segment.offsets[rows],
        reject_offsets=segment.reject_offsets[rejects],
        reject_reasons=segment.reject_reasons[rejects],
        key_id=segment.key_id,
        lost_until=segment.lost_until,
    )


def _with_own_names(rows: Handlings) -> Handlings:
    """Return the rows with just the names they use, else halving would not make a segment smaller."""
    employee, employees = _used(rows.employee, rows.employees)
    issue, issues = _used(rows.issue, rows.issues)
    return replace(rows, employee=employee, employees=employees, issue=issue, issues=issues)


def _used(code: NDArray[np.int32], names: tuple[str, ...]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    used, inverse = np.unique(code, return_inverse=True)
    kept = used[used >= 0]
    shift = len(used) - len(kept)  # 1 where some row names nobody
    return (inverse - shift).astype(np.int32), tuple(names[place] for place in kept)


def _bytes(column: NDArray[Any], dtype: str) -> bytes:
    return column.astype(dtype, copy=False).tobytes()


def _idle(body: _IdleRecord) -> IdleMark:
    source = Source(body.topic, body.partition, body.epoch)
    return IdleMark(source, body.position, body.roster, body.wall_time)


def _segment(body: _SegmentRecord) -> Segment:
    columns = {name: np.frombuffer(column, _DTYPES[name]) for name, column in body.columns.items()}
    n = len(columns["time"])
    revision = np.frombuffer(body.revision, "<i8") if body.revision else np.full(n, NO_REVISION)
    facts = {name: column for name, column in columns.items() if name in CODED_FACTS or name in NUMERIC_FACTS}
    rows = Handlings(
        time=columns["time"],
        event=columns["event"],
        revision=revision,
        case=columns["case"],
        employee=columns["employee"],
        channel=columns["channel"],
        issue=columns["issue"],
        facts=facts,
        employees=body.employees,
        issues=body.issues,
    )
    segment = Segment(
        source=Source(body.topic, body.partition, body.epoch),
        start=body.start,
        end=body.end,
        roster=body.roster,
        rows=rows,
        offsets=np.frombuffer(body.offsets, "<i8"),
        reject_offsets=np.frombuffer(body.reject_offsets, "<i8"),
        reject_reasons=np.frombuffer(body.reject_reasons, np.uint8),
        key_id=body.key_id,
        lost_until=body.lost_until,
    )
    if any(len(column) != n for column in (*columns.values(), revision)):
        raise ValueError("columns of different lengths")
    _require_words(segment)
    _require_stretch(segment, segment.offsets, n)
    _require_stretch(segment, segment.reject_offsets, len(segment.reject_reasons))
    return segment


def _require_words(segment: Segment) -> None:
    """Refuse codes that no word stands for: a newer program's new word would be read as a null."""
    rows = segment.rows
    coded: list[tuple[NDArray[Any], int, int]] = [
        (rows.employee, -1, len(rows.employees)),
        (rows.issue, 0, len(rows.issues)),
        (rows.channel, 0, len(CHANNELS)),
        (segment.reject_reasons, 0, len(REASONS)),
    ]
    coded += [(rows.facts[name], -1, len(CODED_FACTS[name])) for name in rows.facts if name in CODED_FACTS]
    for code, least, words in coded:
        if len(code) and not least <= code.min() <= code.max() < words:
            raise ValueError("a code without a word")


def _require_stretch(segment: Segment, offsets: NDArray[np.int64], n: int) -> None:
    if len(offsets) != n:
        raise ValueError("columns of different lengths")
    read_from = max(segment.start, segment.lost_until)
    if read_from > segment.end:
        raise ValueError("a stretch that ends before it begins")
    if n and not (read_from <= offsets[0] and offsets[-1] < segment.end and (np.diff(offsets) > 0).all()):
        raise ValueError("offsets out of order")
