"""Dead letters: what was refused, with its origin and the reason, so that nothing is lost."""

import pytest

from streams.config import DeadLetterConfig
from streams.deadletters import DeadLetter, dead_letter
from streams.formats import Reject

REJECT = Reject(17, "bad_time", "$.occurred_at")


def letter(value: bytes | None, raw: bool = True, raw_bytes_max: int = 10) -> DeadLetter:
    """Return the dead letter of a record of partition 2 of a topic."""
    return dead_letter("events", 2, REJECT, value, DeadLetterConfig(raw, raw_bytes_max))


def told(of: DeadLetter) -> dict[str, str]:
    """Return the headers as words."""
    return {name: text.decode() for name, text in of.headers}


def test_it_says_where_the_record_came_from_and_what_was_wrong() -> None:
    """Topic, partition, offset, reason and path are headers, so that no tool has to read the value."""
    assert told(letter(b"{}")) == {
        "touchpoint.topic": "events",
        "touchpoint.partition": "2",
        "touchpoint.offset": "17",
        "touchpoint.reason": "bad_time",
        "touchpoint.path": "$.occurred_at",
        "touchpoint.bytes": "2",
        "touchpoint.cut": "false",
    }


def test_its_key_is_the_origin() -> None:
    """The same record, read again after a crash, gives the same key."""
    assert letter(b"{}").key == letter(b"{}").key == b"events-2-17"


@pytest.mark.parametrize(("size", "kept", "cut"), [(9, 9, "false"), (10, 10, "false"), (11, 10, "true")])
def test_the_bytes_are_kept_up_to_a_bound(size: int, kept: int, cut: str) -> None:
    """The record's own bytes are kept as they came; what is cut is told, with the true size."""
    value = bytes(range(200, 200 + size))
    made = letter(value)

    assert made.value == value[:kept]
    assert told(made)["touchpoint.cut"] == cut
    assert told(made)["touchpoint.bytes"] == str(size)


def test_without_raw_bytes_nothing_of_the_payload_is_kept() -> None:
    """With dead_letters.raw = false key, value and headers hold nothing that upstream wrote."""
    made = letter(b"jane.doe", raw=False)

    assert made.value == b""
    assert told(made)["touchpoint.bytes"] == "8"
    assert told(made)["touchpoint.cut"] == "true"
    assert not any(b"jane" in part for part in (made.key, made.value, *dict(made.headers).values()))


@pytest.mark.parametrize("value", [None, b""])
def test_a_record_without_a_value_has_a_letter_too(value: bytes | None) -> None:
    """A tombstone is a reject like any other; its letter is empty, not absent."""
    made = letter(value)

    assert made.value == b""
    assert told(made)["touchpoint.bytes"] == "0"
    assert told(made)["touchpoint.cut"] == "false"
