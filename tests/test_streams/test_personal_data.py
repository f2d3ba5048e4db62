"""Personal data: whatever field upstream misuses, no address or number of somebody is shown or logged."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from builders import line
from commands import document_of, touchpoint
from hypothesis import given
from hypothesis import strategies as st
from personal_data import OF_SOMEBODY, hostile_events, lines, told_of

from models.handling import CHANNELS
from models.identity import Identity, Keys
from models.rejects import REASONS
from streams.config import DeadLetterConfig
from streams.deadletters import dead_letter
from streams.formats.canonical import decode
from streams.formats.categories import category

MODES = ("team", "pseudonym", "named")


@pytest.mark.parametrize("mode", MODES)
def test_nothing_of_somebody_is_shown_or_logged(
    mode: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Page, document, report, what `check` says and the log are free of it; named are only employees."""
    file, page = tmp_path / "events.jsonl", tmp_path / "page.txt"
    file.write_bytes(b"\n".join(lines(without="employee_id" if mode == "named" else "")))
    caplog.set_level(logging.DEBUG)
    command = ("replay", file, "--set", f"privacy.mode={mode}", "--window", "all")
    told = [touchpoint(*command, "--format", "json", "--metrics", page), touchpoint(*command)]
    told += [touchpoint("check", file), touchpoint("check", file, "--format", "json")]

    assert [one.exit_code for one in told] == [0, 0, 1, 1]
    assert json.loads(told[0].stdout)["events"]["accepted"] > len(OF_SOMEBODY) * 10
    for text in (*(one.output for one in told), page.read_text(), str([vars(one) for one in caplog.records])):
        assert text
        assert told_of(text) == []


def test_the_test_would_see_it(tmp_path: Path) -> None:
    """Where employees are named, and upstream calls them by their address, that is what is shown."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(line(employee_id=OF_SOMEBODY[0]))
    told = document_of(file, "--set", "privacy.mode=named", "--window", "all")

    assert told_of(json.dumps(told)) == [OF_SOMEBODY[0]]


def test_headers_of_dead_letters_tell_nothing_of_somebody() -> None:
    """Reason and path are words of the contract; the key is the origin; the value can be left out."""
    values = [json.dumps(one).encode() for one in hostile_events()]
    decoded = decode(
        values,
        np.arange(len(values)),
        facts=(),
        identity=Identity(Keys.public(), named=True),
        latest=2**62,
        record_bytes_max=10_000,
    )
    config = DeadLetterConfig(raw=False)
    letters = [dead_letter("events", 0, one, values[one.offset], config) for one in decoded.rejects]

    assert len(letters) > len(OF_SOMEBODY) * 10
    for letter in letters:
        headers = {name: text.decode() for name, text in letter.headers}
        assert told_of(json.dumps(headers) + letter.key.decode()) == []
        assert headers["touchpoint.reason"] in REASONS
        assert letter.value == b""


@pytest.mark.parametrize("of_somebody", OF_SOMEBODY)
def test_an_issue_type_with_personal_data_counts_as_other(of_somebody: str) -> None:
    """It is no category: the handling counts, and nobody reads it off a label."""
    assert category(of_somebody) == category(f"about {of_somebody}, urgent") == "other"


@pytest.mark.parametrize(
    "issue_type",
    [
        "refund_request", "360001234567", "ISO 9001:2015", "2024-01-15", "SR 1-364285768",
        "PROD582 / 3rd 2nd",
        "Catégorie 12.3 (a)", "billing@night", "0800", "24/7", "INC0012345", "4711-22-33", "v1.2.3",
        "550e8400-e29b-41d4-a716-446655440000", *CHANNELS,
    ],
)  # fmt: skip
def test_codes_and_words_are_categories(issue_type: str) -> None:
    """What upstream systems call their categories stays as it is."""
    assert category(issue_type) == issue_type


@given(st.text(max_size=128))
def test_a_category_is_itself_or_other(issue_type: str) -> None:
    """Nothing else comes out, whatever comes in, and what came out once is a category."""
    assert category(issue_type) in {issue_type, "other"}
    assert category(category(issue_type)) == category(issue_type)


def test_issue_types_that_become_one_are_one(tmp_path: Path) -> None:
    """All of them, and what upstream itself calls other, are one issue type with all their handlings."""
    file = tmp_path / "events.jsonl"
    issues = [*OF_SOMEBODY, "other", "billing", *OF_SOMEBODY]
    file.write_bytes(
        b"\n".join(line(event_id=f"e{place}", issue_type=one) for place, one in enumerate(issues))
    )
    told = document_of(file, "--window", "all")

    assert {
        row["issue_type"]: row["handlings"] for row in told["issue_types"] if row["measure"] == "refused"
    } == {
        "other": 2 * len(OF_SOMEBODY) + 1,
        "billing": 1,
    }
