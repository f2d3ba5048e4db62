"""A simulated centre as a file: the same seed gives the same bytes, and the truth lies beside them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decoding import NAMED

from models.errors import TouchpointError
from streams.formats import FORMATS
from streams.simulate import write

PLAIN: dict[str, Any] = {
    "seed": 1,
    "employees": 12,
    "days": 3,
    "handlings_per_day": 100,
    "start": date(2024, 1, 1),
    "inconsistency": "demo",
    "size": None,
    "onset_day": 0,
    "duplicates": 0.0,
    "disorder": 0.0,
    "truth": None,
}


def written(path: Path, **changes: Any) -> list[dict[str, Any]]:
    """Return the events of a small centre, written to a file, with these options changed."""
    write(**(PLAIN | changes), output=path)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_one_seed_is_one_file(tmp_path: Path) -> None:
    """The same options give the same bytes, events and truth; another seed gives others."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        written(tmp_path / name, seed=seed)
    [a, b, c] = [(tmp_path / name).read_bytes() for name in "abc"]
    [truth_a, truth_b] = [(tmp_path / f"{name}.truth.json").read_bytes() for name in "ab"]

    assert a == b != c
    assert truth_a == truth_b


def test_every_event_fits_the_contract(tmp_path: Path) -> None:
    """What is written passes the check that upstream's own events have to pass."""
    written(tmp_path / "events", duplicates=0.1, disorder=0.1)
    lines = (tmp_path / "events").read_bytes().splitlines()

    decoded = FORMATS["canonical"](
        lines, np.arange(len(lines)), facts=(), identity=NAMED, latest=2**62, record_bytes_max=10_000
    )

    assert decoded.rejects == ()
    assert len(decoded.rows) > 200


def test_events_lie_on_the_days_asked_for(tmp_path: Path) -> None:
    """From the start on, for so many days, in order of time where nothing disturbs it."""
    times = [event["occurred_at"] for event in written(tmp_path / "events")]

    assert times == sorted(times)
    assert min(times) >= "2024-01-01"
    assert max(times) < "2024-01-05"
    assert {time[:10] for time in times} >= {"2024-01-01", "2024-01-02", "2024-01-03"}


def test_duplicates_and_disorder_are_the_same_events(tmp_path: Path) -> None:
    """Copies and late arrivals change how often and in which order events come, not which they are."""
    plain = written(tmp_path / "plain")
    messy = written(tmp_path / "messy", duplicates=0.2, disorder=0.3)

    def by_id(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {event["event_id"]: event for event in events}

    assert by_id(messy) == by_id(plain)
    assert len(messy) > len(by_id(messy)) == len(plain)
    times = [event["occurred_at"] for event in messy]
    assert times != sorted(times)


def test_the_truth_lies_beside_the_events(tmp_path: Path) -> None:
    """What was planted is told in a file of its own, under the names that the events use."""
    events = written(tmp_path / "events.jsonl")
    truth = json.loads((tmp_path / "events.jsonl.truth.json").read_bytes())

    planted = {one["kind"]: one for one in truth["inconsistencies"]}
    assert set(planted) == {"employee", "stratum"}
    assert planted["employee"]["employee"] in {event["employee_id"] for event in events}
    split = planted["stratum"]
    assert (split["channel"], split["issue_type"]) in {
        (event["channel"], event["issue_type"]) for event in events
    }
    assert "planted" not in (tmp_path / "events.jsonl").read_text()


def test_the_truth_can_be_put_elsewhere(tmp_path: Path) -> None:
    """A named file for the truth takes the place of the one beside the events."""
    written(tmp_path / "events", truth=tmp_path / "truth", inconsistency="none")

    assert json.loads((tmp_path / "truth").read_bytes())["inconsistencies"] == []
    assert {path.name for path in tmp_path.iterdir()} == {"events", "truth"}


def test_a_centre_that_could_not_be_is_told(tmp_path: Path) -> None:
    """An onset after the last day is refused before anything is written."""
    with pytest.raises(TouchpointError, match="onset_day"):
        written(tmp_path / "events", onset_day=99)

    assert list(tmp_path.iterdir()) == []
