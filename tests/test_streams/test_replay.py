"""Replay: files in, the judge's whole state out; however the same events are laid out in files."""

import gzip
import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import line
from decoding import NAMED
from worker import conserves

from models.simulation import Centre, SimulationSettings, inconsistencies
from streams import replay
from streams.config import Config, load
from streams.document import document
from streams.lines import FileError

LATER = 4_000_000_000_000_000
"""In 2096: long after every event here."""


EAGER = load(None, overrides=["verdicts.warm_up_days=1", "verdicts.persistence=1"], environment={})
"""Verdicts after days, not weeks, so that there are alerts to be the same or not."""


def told(*names: Path | str, now: int = LATER, whole: bool = False, config: Config = EAGER) -> dict[str, Any]:
    """Return the document of a replay of these files, employees named."""
    return document(
        replay.replay([str(name) for name in names], config, NAMED, now=now, whole=whole).snapshot()
    )


@cache
def events(days: int = 6) -> list[dict[str, Any]]:
    """Return the events of a small centre in which something is planted, in order of time."""
    planted = inconsistencies("demo", size=2.0)
    settings = SimulationSettings(employees=24, handlings_per_day=400, days=days, inconsistencies=planted)
    return [one for day in Centre(settings, 1).days() for one in day.events()]


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Lend a way to lay out events, or lines, in a file."""

    def make(
        records: Sequence[dict[str, Any] | bytes], name: str = "events.jsonl", end: bytes = b"\n"
    ) -> Path:
        lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
        content = b"\n".join(lines) + end
        path = tmp_path / name
        path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
        return path

    return make


def seconds(event: dict[str, Any]) -> float:
    return float(np.datetime64(event["occurred_at"].rstrip("Z"), "ms").astype(np.int64)) / 1_000


def test_plain_gzipped_and_standard_input_are_the_same(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a file comes, its document is the same."""
    plain, packed = write(events()), write(events(), "events.jsonl.gz")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plain.read_bytes())))

    expected = told(plain)
    assert expected["events"]["accepted"] == len(events())
    assert told(packed) == expected
    assert told("-") == expected


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_layout_in_files_does_not_matter(
    write: Write, monkeypatch: pytest.MonkeyPatch, seed: int, whole: bool
) -> None:
    """Split over any files and out of order within the lateness, the same events give the same document."""
    all_events, rng = events(), np.random.default_rng(seed)
    whole_file = told(write(all_events), whole=whole)
    monkeypatch.setattr(replay, "ROWS_MAX", 97)  # or each of these small files would be one segment
    arrival = np.array([seconds(one) for one in all_events]) + rng.uniform(0, 890, len(all_events))
    file = rng.choice([0, 0, 0, 1, 2], len(all_events))
    order = np.argsort(arrival)
    paths = [
        write([all_events[place] for place in order if file[place] == number], f"{number}.jsonl")
        for number in range(3)
    ]

    assert told(*paths, whole=whole) == whole_file
    assert len(whole_file["alerts"]) > 1


@pytest.mark.parametrize("whole", [False, True])
def test_files_may_follow_on_each_other(write: Write, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    """A file a day or a file a week, in whatever order they are named, is the same as one."""
    all_events = events()
    third = len(all_events) // 3
    paths = [
        write(all_events[begin : begin + third + 3], f"{begin}.jsonl")
        for begin in range(0, len(all_events), third + 3)
    ]

    expected = told(write(all_events), whole=whole)
    monkeypatch.setattr(replay, "ROWS_MAX", 97)
    assert told(*paths, whole=whole) == expected
    assert told(*reversed(paths), write([], "none.jsonl", b""), whole=whole) == expected


def test_a_replay_is_the_same_every_time(write: Write) -> None:
    """Two runs of one file give one document, whenever they run."""
    path = write(events())

    assert told(path, now=LATER) == told(path, now=LATER + 10**12)


def test_the_clock_of_the_wall_judges_nothing(write: Write) -> None:
    """Even with `time.clock = wall` a replay of the past ends with the past."""
    path = write(events())
    event_time = replace(EAGER, time=replace(EAGER.time, clock="event"))

    found = told(path)
    assert found == told(path, config=event_time)
    assert found["window_end"] == "2024-01-07T00:00:00Z"


def test_every_record_is_accounted_for(write: Write) -> None:
    """Read is accepted, rejected, duplicate and late; nothing waits at the end."""
    good = events(12)
    late = [one | {"event_id": f"late {number}"} for number, one in enumerate(good[:7])]
    path = write([*good[:50], *good[:20], b"", b"{", line(channel="pigeon"), *good[50:], *late, b"\xff"])

    counts = told(path)["events"]
    assert counts == {
        "read": len(good) + 20 + 7 + 4,
        "accepted": len(good),
        "rejected": {"empty": 1, "not_utf8": 1, "not_json": 1, "unknown_value": 1},
        "duplicate": 20,
        "late": 7,
        "pending": 0,
    }
    assert conserves(counts)


def test_judged_as_a_whole_a_file_needs_no_order(write: Write) -> None:
    """With --window all a file in any order, newest first for one, gives the document of the sorted one."""
    all_events = events()
    shuffled = [all_events[place] for place in np.random.default_rng(1).permutation(len(all_events))]

    expected = told(write(all_events), whole=True)
    assert told(write(all_events[::-1]), whole=True) == expected
    assert told(write(shuffled), whole=True) == expected


def test_odd_lines_harm_no_other(write: Write) -> None:
    """Blank lines, a line without end, a line of megabytes: each is one record, judged by itself."""
    huge = line(event_id="x" * 3_000_000)
    path = write([b"", line(event_id="a"), huge, b"  ", line(event_id="b")], end=b"")

    assert told(path)["events"] == {
        "read": 5,
        "accepted": 2,
        "rejected": {"empty": 2, "too_large": 1},
        "duplicate": 0,
        "late": 0,
        "pending": 0,
    }


def test_more_lines_than_a_segment_holds_are_all_read(write: Write) -> None:
    """Batches and segments are bounded, files are not."""
    counts = told(write([line(event_id=f"e{number}") for number in range(20_000)]))["events"]

    assert counts["accepted"] == 20_000


def test_nothing_is_a_document_too(write: Write) -> None:
    """An empty file, or one of rejects only, is replayed to zeros, not to an error."""
    for path in (write([], end=b""), write([b"{"], "bad.jsonl")):
        for whole in (False, True):
            found = told(path, whole=whole)
            assert found["events"]["accepted"] == found["steps"] == 0
            assert found["strata"] == found["employees"] == found["alerts"] == []
            assert found["begin"] is found["window_end"] is found["last_step"] is None


def test_an_event_of_the_future_is_a_reject(write: Write) -> None:
    """An event beyond the skew is refused, so that it cannot carry the clock away."""
    now = 1_709_294_400_000_000  # noon of 2024-03-01
    times = ("2024-03-01T12:05:00Z", "2024-03-01T12:05:01Z", "2024-03-01T11:00:00Z")
    path = write([line(event_id=time, occurred_at=time) for time in times])

    counts = told(path, now=now)["events"]
    assert (counts["accepted"], counts["rejected"]) == (2, {"future": 1})


@pytest.mark.parametrize("cut", [0.2, 0.9])
def test_a_damaged_file_is_told(write: Write, cut: float) -> None:
    """A gzipped file that ends early is an error, not a shorter file."""
    path = write(events(), "events.jsonl.gz")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])

    with pytest.raises(FileError, match=r"events\.jsonl\.gz"):
        told(path)


def test_a_missing_file_is_told_before_anything_is_read(write: Write, tmp_path: Path) -> None:
    """All files are opened first: a slip in the last name costs no time."""
    with pytest.raises(FileError, match=r"none\.jsonl: No such file"):
        told(write(events()), tmp_path / "none.jsonl")


def test_progress_adds_up_to_what_lies_on_disk(write: Write) -> None:
    """The bytes told are those of the files, also where they are packed."""
    paths = [write(events()), write(events(), "events.jsonl.gz")]
    read: list[int] = []

    replay.replay([str(path) for path in paths], Config(), NAMED, now=LATER, progress=read.append)

    assert sum(read) == sum(path.stat().st_size for path in paths)
