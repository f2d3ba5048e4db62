"""For upstream engineers: what `check` says of their events."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from builders import line
from decoding import NOON

from models.rejects import REASONS
from streams.checking import Checked, check, lines_of
from streams.config import Config
from streams.lines import FileError

SKEW = Config().intake.skew_s * 1_000_000


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Checked]:
    """Lend a way to check files of these lines, at noon of the day of the builders' events."""

    def run(*files: list[bytes], now: int = NOON) -> Checked:
        names = []
        for number, lines in enumerate(files):
            path = tmp_path / f"{number}.jsonl"
            path.write_bytes(b"\n".join(lines))
            names.append(str(path))
        return check(names, Config(), now=now)

    return run


def test_good_events_are_counted(checked: Callable[..., Checked]) -> None:
    """Where nothing is wrong there is a number and nothing else."""
    found = checked([line(), line(survey={"kind": "csat", "score": 3, "scale_max": 5})])

    assert found.document() == {"version": 1, "read": 2, "good": 2, "bad": {}, "examples": {}}


def test_bad_events_are_told_by_reason_with_line_and_path(checked: Callable[..., Checked]) -> None:
    """Each reason has its count and its examples: file, line as editors count it, path of the field."""
    found = checked([line(), line(channel="pigeon"), b"{"], [line(), line(), line(outcome=...)])

    files = {
        reason: [(Path(one["file"]).name, one["line"], one["path"]) for one in examples]
        for reason, examples in found.examples.items()
    }
    assert found.bad == {"unknown_value": 1, "not_json": 1, "missing_field": 1}
    assert files == {
        "unknown_value": [("0.jsonl", 2, "$.channel")],
        "not_json": [("0.jsonl", 3, "$")],
        "missing_field": [("1.jsonl", 3, "$.outcome")],
    }
    assert found.document()["good"] == found.read - 3 == 3


def test_lines_are_counted_across_batches(checked: Callable[..., Checked]) -> None:
    """The number of a line is its own, however far down in a file it stands."""
    found = checked([line()] * 20_000 + [b"", line()])

    assert found.examples["empty"][0]["line"] == 20_001
    assert found.read == 20_002


def test_only_the_first_examples_are_shown(checked: Callable[..., Checked]) -> None:
    """A thousand errors of one kind are a count and three places to look at."""
    found = checked([b"{"] * 600, [b"{"] * 400)

    assert found.bad["not_json"] == 1_000
    assert [one["line"] for one in found.examples["not_json"]] == [1, 2, 3]


def test_an_event_ahead_of_the_clock_is_bad(checked: Callable[..., Checked]) -> None:
    """The clock is the one given, with the skew that the worker allows."""
    event = line(occurred_at="2024-03-01T12:05:00Z")

    assert checked([event]).bad == {}
    assert checked([event], now=NOON - 1).bad == {"future": 1}
    assert SKEW == 300_000_000


def test_a_gzipped_file_is_checked(tmp_path: Path) -> None:
    """Events may be checked as they are archived."""
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(line() + b"\n{\n"))

    assert check([str(path)], Config(), now=NOON).bad == {"not_json": 1}


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A typing error in a name is no empty file."""
    with pytest.raises(FileError):
        check([str(tmp_path / "none")], Config(), now=NOON)


def test_a_name_that_is_no_text_can_be_told(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is named as well as that can be done, in words and in JSON."""
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl")
    Path(name).write_bytes(b"{")

    found = check([name], Config(), now=NOON)

    assert orjson.loads(orjson.dumps(found.document()))["examples"]["not_json"][0]["file"].endswith(".jsonl")
    assert "\n".join(lines_of(found)).encode().endswith(b".jsonl:1  $")


def test_nothing_of_a_payload_is_repeated(checked: Callable[..., Checked]) -> None:
    """Whatever upstream wrote, names of unknown fields included, none of it stands in the findings."""
    person = "jane.doe@example"
    bad = [
        line(employee_id=person, outcome=person),
        line(occurred_at=person),
        line(survey={"kind": person}),
        line(labels={person: ""}),
        line(labels={person: 3}),
        line(labels={person * 20: "x"}),
        line(transfers=person),
        line(event_id=person)[:-3],
        f'{{"{person}": '.encode(),
        person.encode(),
    ]
    found = checked(bad)

    told = "\n".join(lines_of(found)) + str(found.document())
    assert sum(found.bad.values()) == len(bad)
    assert "jane" not in told


def test_in_words_the_most_frequent_comes_first(checked: Callable[..., Checked]) -> None:
    """For people: a summary, then each reason with its places, most frequent first."""
    summary, *rest = lines_of(checked([line(), b"", b"{", b"{"]))

    assert "4 events: 1 good, 3 bad" in summary
    words = [text.split() for text in rest]
    assert [pair for pair in words if pair[0].isdigit()] == [["2", "not_json"], ["1", "empty"]]
    assert words[1][0].endswith("0.jsonl:3")


def test_reasons_are_those_of_the_contract(checked: Callable[..., Checked]) -> None:
    """No other reasons are told than those that counts and dead letters know."""
    found = checked([b"", b"{", line(channel=...), b"\xff", line(event_id="x" * 300), b"\0\0\0\0\1x"])

    assert set(found.bad) <= set(REASONS)
    assert len(found.bad) == 6
