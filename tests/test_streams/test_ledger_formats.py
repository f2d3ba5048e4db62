"""The ledger's formats: what was written years ago is folded, what is newer than this program stops it."""

from base64 import b64decode

import pytest
from columns import Row, hours, idle, judged, segment
from drawn import rows
from hypothesis import given, settings
from snapshots import bits

from models.errors import SegmentError
from models.segment import Segment
from streams.ledger import FORMAT, decode, encode, encode_bounded

# Written by the first release's `encode`; never to be made anew.
SEGMENT_1 = b64decode(
    "AZ+nc2VnbWVudKloYW5kbGluZ3MAAGRpgaloYW5kbGluZ3MBo2tlecQQZAAAAAAAAABmAAAAAAAAAIukdGltZcQQAEQv5Y4S"
    "BgAA6MK7jxIGAKVldmVudMQQBwAAAAAAAAAIAAAAAAAAAKRjYXNlxBADAAAAAAAAAAAAAAAAAAAAqGVtcGxveWVlxAgAAAAA"
    "/////6djaGFubmVsxAIAAqVpc3N1ZcQIAAAAAAEAAACnb3V0Y29tZcQCAgCtZ29hbF9hdHRhaW5lZMQC//+nc2xhX21ldMQC"
    "//+taGFuZGxlX3RpbWVfc8QQAAAAAAAATkAAAAAAAAD4f6ZzdXJ2ZXnEEAAAAAAAAPh/AAAAAAAA+H/EEAAAAAAAAACABAAA"
    "AAAAAACRo2FubpKnYmlsbGluZ6ZyZWZ1bmTECGUAAAAAAAAAxAEE"
)
IDLE_1 = b64decode("AZekaWRsZaloYW5kbGluZ3MAAGmBqWhhbmRsaW5ncwHPAAYSkJJWjAA=")
TOLD_1 = segment(
    [
        Row(hours(1), 7, "ann", outcome="refused", case=3, handle_time_s=60.0),
        Row(hours(2), 8, None, issue="refund", channel="chat", revision=4),
    ],
    100, offsets=[100, 102], rejects=[101], reasons=[4], end=105,
)  # fmt: skip


def test_format_1_is_still_read() -> None:
    """Its segments state no loss; all else is as it was written, to the bit."""
    assert bits(decode(SEGMENT_1)) == bits(TOLD_1)
    assert bits(decode(IDLE_1)) == bits(idle(105, hours(3)))


def test_a_ledger_may_go_on_in_a_newer_format() -> None:
    """The fold runs over both: positions go on, and a replay of the older records drops out."""
    lost = segment([Row(hours(4), 9)], 105, offsets=[120], lost_until=120)
    ledger = [SEGMENT_1, IDLE_1, encode(lost), encode(TOLD_1)]
    shown = judged([decode(value) for value in ledger]).snapshot()
    assert [(state.position, state.missing, state.lost) for state in shown.sources] == [(121, 0, 15)]
    assert shown.counts["handlings"].read == 4


@pytest.mark.parametrize("value", [SEGMENT_1, IDLE_1], ids=["segment", "idle mark"])
@pytest.mark.parametrize("newer", [FORMAT + 1, 200])
def test_a_newer_format_stops_the_program(value: bytes, newer: int) -> None:
    """It says which format it met, which it can read and what to do."""
    with pytest.raises(SegmentError, match=f"format {newer}, this program reads up to 2: run the newest"):
        decode(bytes((newer,)) + value[1:])


def test_what_is_written_is_of_the_newest_format() -> None:
    """A program that cannot read a loss must not pass over it."""
    assert [encode(record)[0] for record in (TOLD_1, idle(5))] == [FORMAT, FORMAT] == [2, 2]


@settings(max_examples=30)
@given(rows(days=1, max_size=20))
def test_halves_state_a_loss_once(drawn: list[Row]) -> None:
    """However a segment is halved, the judge counts as lost what the whole stated, and reads the rest."""
    whole = segment(drawn, 10, offsets=range(40, 40 + len(drawn)), end=99, lost_until=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.ledger.ROWS_MAX", 3)
        parts = [decode(value) for value in encode_bounded(whole)]
    assert all(isinstance(part, Segment) for part in parts)
    one, other = (judged(ledger).snapshot() for ledger in ([whole], parts))
    assert one.sources[0].lost == 30
    assert bits((one.counts, one.sources)) == bits((other.counts, other.sources))
