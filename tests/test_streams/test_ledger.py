"""The ledger's records: what was written is read back, and what cannot be read is told."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from columns import Row, handlings, hours, idle, segment, source
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from snapshots import bits

from models.errors import SegmentError
from models.handling import CHANNELS, NO_REVISION, OUTCOMES
from models.rejects import REASONS
from models.segment import LedgerRecord, Segment
from streams.ledger import FORMAT, decode, encode

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
numbers = st.floats(allow_nan=True, allow_infinity=False)
row = st.builds(
    Row,
    time=st.integers(0, 2**60),
    event=st.integers(0, 2**64 - 1),
    employee=st.none() | names,
    issue=names,
    channel=st.sampled_from(CHANNELS),
    case=st.integers(0, 2**64 - 1),
    outcome=st.none() | st.sampled_from(OUTCOMES),
    goal_attained=st.sampled_from((None, "yes", "partly")),
    sla_met=st.sampled_from((None, "true", "false")),
    handle_time_s=numbers,
    survey=numbers,
    revision=st.sampled_from((NO_REVISION, NO_REVISION, 0, -5, 2**63 - 1)),
)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    """Draw a segment: rows and rejects at any offsets from its start to its end, perhaps none."""
    offsets = sorted(draw(st.sets(st.integers(0, 10**6), max_size=12)))
    cut = draw(st.permutations(offsets))
    accepted, rejected = sorted(cut[: len(cut) * 2 // 3]), sorted(cut[len(cut) * 2 // 3 :])
    rows = draw(st.lists(row, min_size=len(accepted), max_size=len(accepted)))
    reasons = st.lists(st.integers(0, len(REASONS) - 1), min_size=len(rejected), max_size=len(rejected))
    first = offsets[0] if offsets else 10**6
    return segment(
        rows,
        of=source(draw(st.integers(0, 50)), draw(names), draw(st.integers(0, 9))),
        roster=draw(st.dictionaries(names, st.integers(1, 100), max_size=3)),
        offsets=accepted,
        rejects=rejected,
        reasons=draw(reasons),
        end=10**6 + draw(st.integers(1, 10**6)),
        lost_until=draw(st.sampled_from((0, first))),
    )


records: SearchStrategy[LedgerRecord] = segments() | st.builds(
    idle, st.integers(0, 2**60), st.integers(0, 2**60), of=st.builds(source, st.integers(0, 9), names)
)


def damaged(**parts: Any) -> bytes:
    """Return a segment of two rows in which some parts are not as they should be; a callable changes one."""
    good = segment([Row(hours(1), 1, revision=4), Row(hours(2), 2, revision=5)], rejects=(2,))
    body = msgspec.msgpack.decode(encode(good)[1:])
    places = ["tag", "topic", "partition", "epoch", "start", "end", "roster", "key_id", "offsets", "columns"]
    places += ["revision", "employees", "issues", "reject_offsets", "reject_reasons", "lost_until"]
    for name, part in parts.items():
        place = places.index(name)
        body[place] = part(body[place]) if callable(part) else part
    return bytes((FORMAT,)) + msgspec.msgpack.encode(body)


@given(records)
def test_a_record_is_read_back_to_the_bit(record: LedgerRecord) -> None:
    """Segments with any names, revisions and rejects, or none, and idle marks come back as they were."""
    back = decode(encode(record))

    assert bits(back) == bits(record)


def test_rows_without_revisions_do_without_that_column() -> None:
    """Revisions are rare: where no row has one, none is written, and none is read."""
    plain = handlings([Row(hours(1), 1), Row(hours(2), 2)])
    revised = replace(plain, revision=np.array([NO_REVISION, 7]))

    assert len(encode(segment(revised))) - len(encode(segment(plain))) == 16
    back = decode(encode(segment(plain)))
    assert isinstance(back, Segment)
    assert back.rows.revision.tolist() == [NO_REVISION, NO_REVISION]


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x03" + encode(idle(5))[1:], b"{}"])
def test_another_format_stops_the_program(value: bytes) -> None:
    """A record of a format that this program does not know is refused with what to do, never skipped."""
    with pytest.raises(SegmentError, match="run the newest version everywhere"):
        decode(value)


@settings(max_examples=200)
@given(records, st.data())
def test_damaged_bytes_are_told_as_such(record: LedgerRecord, data: st.DataObject) -> None:
    """Cut, prolonged or with bytes changed, a record is refused or read; nothing else is ever raised."""
    value = bytearray(encode(record))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(1, len(value) - 1))
        value[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(value)))
    value = value[:end] + data.draw(st.binary(max_size=3))

    try:
        decode(bytes(value))
    except SegmentError as error:
        assert "ledger" in str(error)  # noqa: PT017 - one of two good ends


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_told_as_such(value: bytes) -> None:
    """What was never a record is refused, and in no other way."""
    with pytest.raises(SegmentError):
        decode(bytes((FORMAT,)) + value)


@pytest.mark.parametrize(
    "value",
    [
        damaged(offsets=lambda offsets: offsets + bytes(8)),
        damaged(offsets=lambda offsets: offsets[:-1]),
        damaged(revision=lambda revision: revision[:8]),
        damaged(columns=lambda columns: {**columns, "case": b""}),
        damaged(columns=lambda columns: {name: columns[name] for name in columns if name != "case"}),
        damaged(columns=lambda columns: {**columns, "mood": bytes(2)}),
        damaged(reject_reasons=b""),
        damaged(reject_offsets=bytes(16)),
        damaged(reject_reasons=bytes([len(REASONS)])),
        damaged(employees=()),
        damaged(issues=()),
        damaged(columns=lambda columns: {**columns, "employee": b"\xfe\xff\xff\xff" * 2}),
        damaged(columns=lambda columns: {**columns, "channel": bytes([len(CHANNELS)] * 2)}),
        damaged(columns=lambda columns: {**columns, "outcome": bytes([len(OUTCOMES)] * 2)}),
        damaged(columns=lambda columns: {**columns, "outcome": b"\xfe\xfe"}),
        damaged(offsets=lambda offsets: offsets[::-1]),
        damaged(start=1),
        damaged(end=2),
        damaged(lost_until=1),
        damaged(lost_until=4),
        damaged(lost_until="0"),
        damaged(tag="summary"),
        bytes((FORMAT,)) + b"\x91" * 5_000,
        bytes((FORMAT,)) + b"\x98" + encode(idle(5))[2:] + b"\x91" * 100_000 + b"\x00",
    ],
)
def test_parts_that_do_not_fit_each_other_are_told_as_such(value: bytes) -> None:
    """Columns of other lengths, codes without a word, parts this program does not know: all are refused.

    A program that is older than the segment would otherwise read a new word as a null.
    """
    with pytest.raises(SegmentError, match="damaged"):
        decode(value)
