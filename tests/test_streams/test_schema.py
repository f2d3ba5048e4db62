"""The published JSON Schema says what the decoder does."""

import json
import re
from datetime import datetime
from typing import Any, Final

import pytest
from builders import event
from decoding import decoded
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from models.handling import CHANNELS, CODED_FACTS, NUMERIC_FACTS, OUTCOMES
from streams.formats.schema import PATH, schema, text

RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    """Judge a time by the standard library, which takes more than RFC 3339."""
    if not isinstance(value, str):
        return True
    return bool(RFC_3339.fullmatch(value) and datetime.fromisoformat(value.upper()))


VALIDATOR: Final = Draft202012Validator(schema(), format_checker=formats)

TEXT = st.text(min_size=1, max_size=200).filter(lambda value: not value.isspace())
TIMES = st.sampled_from(["2024-03-01T09:30:00Z", "2024-02-29 23:59:59.123456+01:00", "1970-01-01t00:00:00z"])
AMOUNT = st.integers(0, 10**9) | st.floats(0, 1e9)
SURVEYS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["csat", "nps"]), "score": st.floats(1, 5), "scale_max": st.integers(5, 9)},
    optional={"scale_min": st.sampled_from([None, 0, 1]), "reason_codes": st.lists(TEXT, max_size=3)},
)
EVALUATIONS = st.fixed_dictionaries(
    {}, optional={"score": st.floats(0, 9), "scale_max": st.just(9), "form_id": TEXT}
)
REQUIRED: Final = {
    "event_id": TEXT,
    "occurred_at": TIMES,
    "employee_id": TEXT,
    "channel": st.sampled_from(CHANNELS),
    "issue_type": st.text("ab ", min_size=1, max_size=128).filter(str.strip),
    "outcome": st.sampled_from(OUTCOMES),
}
OPTIONAL: Final = {
    "schema_version": st.just("1"),
    "revision": st.integers(1 - 2**63, 2**63 - 1) | TIMES,
    "source_system": st.text("ab", min_size=1, max_size=64),
    "employee_kind": st.sampled_from(["human", "bot", "ivr"]),
    "team_id": TEXT,
    "case_id": TEXT,
    "tenure_band": st.just("1y+"),
    "goal_attained": st.sampled_from(["yes", "partly", "no", "unknown"]),
    "is_complaint": st.booleans(),
    "handle_time_s": AMOUNT,
    "transfers": st.integers(0, 10**9),
    "escalated_to_level": st.integers(-(10**9), 10**9),
    "started_at": TIMES,
    "survey": SURVEYS,
    "evaluation": EVALUATIONS,
    "labels": st.dictionaries(TEXT, TEXT, max_size=8),
}
VALID = st.fixed_dictionaries(
    {**REQUIRED, "note": st.none() | st.text(max_size=3)},
    optional={name: st.none() | values for name, values in OPTIONAL.items()},
)
LONG = [char * length for char in "aé" for length in (64, 65, 128, 129, 200, 201)]
ANSWER = {"kind": "csat", "score": 4, "scale_max": 5}
STRANGE = st.sampled_from(
    [
        None, True, 0, -1, 1.5, 10**9 + 1, 2**63, -(2**63), 10**400,
        "", " ", "\u00a0\t", "x", "Voice", "voice", "1", "2", "human", "bot", *LONG,
        "2024-03-01T09:30:00", "2024-03-01", "2023-02-29T00:00:00Z", "2024-03-01T24:00:00Z",
        "2024-03-01T09:30Z", "2024-03-01T09:30:00+24:00", "2024-03-01T09:30:00.Z",
        [], {}, ["x"], [" "], ["x"] * 33, {"x": "y"}, {"x": 1}, {"": "y"}, {"x": " "}, {"kind": "csat"},
        {"x" * 201: "y"}, {str(key): "y" for key in range(9)},
        {**ANSWER, "score": "4"}, {**ANSWER, "scale_max": None}, {**ANSWER, "kind": "?"},
        {**ANSWER, "received_at": "then"}, {**ANSWER, "reason_codes": [""]},
        {"score": -1}, {"scale_max": 0}, {"form_id": ""}, {"critical_error": "?"}, {"critical_error": "none"},
    ]
)  # fmt: skip


def is_off_scale(fields: dict[str, Any]) -> bool:
    """Tell whether a score of an event that is valid by the schema is off its scale: no schema says that."""
    survey, evaluation = fields.get("survey"), fields.get("evaluation")
    if survey is not None and survey["kind"] != "nps":
        low = survey.get("scale_min")
        low = 1 if low is None else low
        if not (low <= survey["score"] <= survey["scale_max"] and low < survey["scale_max"]):
            return True
    if evaluation is None or evaluation.get("score") is None or evaluation.get("scale_max") is None:
        return False
    return bool(evaluation["score"] > evaluation["scale_max"])


def agree(fields: dict[str, Any]) -> None:
    """Hold the decoder's judgement, of either way to write the JSON, against the schema's."""
    problems = [error.message for error in VALIDATOR.iter_errors(fields)]
    accepts = not problems and not is_off_scale(fields)
    for ascii_only in (True, False):
        rejects = decoded(json.dumps(fields, ensure_ascii=ascii_only).encode()).rejects
        assert accepts == (not rejects), (fields, problems, rejects)


def test_the_committed_schema_is_the_generated_one() -> None:
    """The file in the repository is what `python -m streams.formats.schema` writes."""
    assert PATH.read_text(encoding="utf-8") == text()


def test_the_schema_is_a_schema() -> None:
    """It is valid under its own draft, has a name of its own, and describes every watched fact."""
    Draft202012Validator.check_schema(schema())
    assert schema()["$id"] == "urn:touchpoint:handling.completed.v1"
    assert {*CODED_FACTS, *NUMERIC_FACTS} <= set(schema()["properties"])
    assert set(schema()["required"]) == set(REQUIRED)


@given(VALID)
def test_valid_events_are_accepted_by_both(fields: dict[str, Any]) -> None:
    """What a producer makes by the contract passes the schema and the decoder alike."""
    kind = fields.get("employee_kind")
    agree(fields)
    agree({**fields, "employee_id": None})
    assert VALIDATOR.is_valid(fields)
    assert VALIDATOR.is_valid({**fields, "employee_id": None}) == (kind in {"bot", "ivr"})


@given(VALID, st.sampled_from([*REQUIRED, *OPTIONAL]), STRANGE)
def test_both_judge_a_strange_value_alike(fields: dict[str, Any], name: str, value: Any) -> None:
    """Whatever stands in one field, the schema accepts the event exactly if the decoder does."""
    agree({**fields, name: value})


@given(VALID, st.sampled_from(sorted(REQUIRED)))
def test_both_need_the_six(fields: dict[str, Any], name: str) -> None:
    """Without one of the six required fields neither accepts."""
    del fields[name]
    agree(fields)
    assert not VALIDATOR.is_valid(fields)


@pytest.mark.parametrize("name", schema()["properties"])
def test_every_field_is_judged_alike(name: str) -> None:
    """Each field of the contract, not only those that the examples above use, refuses and passes the same."""
    values: list[Any] = [None, "", " ", "x", 7, -7, 10**10, True, [], {}, "x" * 201]
    for value in values:
        agree(event(**{name: value}))


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_at": "2099-01-01T00:00:00Z"},
        {"occurred_at": "1969-12-31T23:59:59Z"},
        {"survey": {"kind": "csat", "score": 6, "scale_max": 5}},
        {"evaluation": {"score": 6, "scale_max": 5}},
        {"transfers": 1.0},
    ],
)
def test_what_a_schema_cannot_say(changes: dict[str, Any]) -> None:
    """The exceptions: the clock, 1970, scores off their scale, and integers written with a fraction of 0."""
    fields = event(**changes)
    assert VALIDATOR.is_valid(fields)
    assert decoded(json.dumps(fields).encode()).rejects
