"""Canonical JSON that is no handling: why it is refused, and that nothing else happens to it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from builders import event, line
from decoding import FRAME, MEBIBYTE, compact, decoded, with_json
from hypothesis import given
from hypothesis import strategies as st

from models.handling import NO_REVISION
from models.rejects import REASONS
from streams.formats.canonical import read
from streams.formats.faults import Fault

Rewrite = Callable[[bytes | None], bytes | None]

NO_CONTENT = re.compile(r"\$(\.[a-z_]+(\[\.\.\.\]|\[\d+\])?)*")
DIGITS = b"9" * 400
REFUSED = {
    "no value": (None, "empty", "$"),
    "no byte": (b"", "empty", "$"),
    "white space": (b" \r\n", "empty", "$"),
    "above the bound": (line(note="x" * MEBIBYTE), "too_large", "$"),
    "invalid UTF-8 in a known field": (with_json("event_id", b'"\xff"'), "not_utf8", "$"),
    "invalid UTF-8 in an unknown field": (with_json("note", b'"\xc3"'), "not_utf8", "$"),
    "invalid UTF-8 after the object": (line() + b"\xff", "not_utf8", "$"),
    "a surrogate in UTF-8": (with_json("note", b'"\xed\xa0\x80"'), "not_utf8", "$"),
    "UTF-16": (line().decode().encode("utf-16"), "not_utf8", "$"),
    "a lone high surrogate": (with_json("event_id", rb'"\ud800"'), "not_utf8", "$"),
    "a lone high surrogate at the end": (b'{"event_id":"\\ud800"}', "not_utf8", "$"),
    "a lone low surrogate": (with_json("issue_type", rb'"x\uDC00x"'), "not_utf8", "$"),
    "surrogates in the wrong order": (with_json("case_id", rb'"\udc00\ud800"'), "not_utf8", "$"),
    "a lone surrogate after a pair": (with_json("case_id", rb'"\ud83d\ude00\ud83d"'), "not_utf8", "$"),
    "a lone surrogate in a word": (with_json("channel", rb'"\ud800"'), "not_utf8", "$"),
    "Avro": (FRAME + b"\x02\x06abc", "avro", "$"),
    "zero bytes": (bytes(64), "avro", "$"),
    "a zero byte": (b"\0", "not_json", "$"),
    "a zero byte after the object": (line() + b"\0", "not_json", "$"),
    "a byte order mark": (b"\xef\xbb\xbf" + line(), "not_json", "$"),
    "truncated": (line()[:-1], "not_json", "$"),
    "truncated in an escape": (b'{"event_id":"\\u00', "not_json", "$"),
    "an escaped backslash before a surrogate's name": (rb'{"note":"\\ud800"', "not_json", "$"),
    "two objects": (line() + line(), "not_json", "$"),
    "NaN in a known field": (with_json("handle_time_s", b"NaN"), "not_json", "$"),
    "NaN in an unknown field": (with_json("note", b"NaN"), "not_json", "$"),
    "Infinity": (with_json("handle_time_s", b"-Infinity"), "not_json", "$"),
    "a raw control character": (with_json("event_id", b'"\x01"'), "not_json", "$"),
    "deep in an unknown field": (with_json("note", b"[" * 100_000 + b"]" * 100_000), "too_deep", "$"),
    "deep in a known field": (with_json("event_id", b'{"a":' * 100_000), "too_deep", "$"),
    "deep at the top": (b"[" * 100_000, "too_deep", "$"),
    "deep behind closing brackets in a string": (
        with_json("note", b'["\\"]]",' + b"[" * 499 + b"]" * 500), "too_deep", "$",
    ),
    "an array": (b"[]", "wrong_type", "$"),
    "a string": (b'"secret"', "wrong_type", "$"),
    "null": (b"null", "wrong_type", "$"),
    "an empty object": (b"{}", "missing_field", "$.event_id"),
    "no outcome": (line(outcome=...), "missing_field", "$.outcome"),
    "a null outcome": (line(outcome=None), "missing_field", "$.outcome"),
    "no employee key": (line(employee_id=..., employee_kind="bot"), "missing_field", "$.employee_id"),
    "a null employee": (line(employee_id=None), "missing_field", "$.employee_id"),
    "a null human": (line(employee_id=None, employee_kind=None), "missing_field", "$.employee_id"),
    "a survey without kind": (line(survey={"score": 1, "scale_max": 5}), "missing_field", "$.survey.kind"),
    "a survey with a null score": (
        line(survey={"kind": "csat", "score": None, "scale_max": 5}), "missing_field", "$.survey.score",
    ),
    "a null label": (line(labels={"secret": None}), "missing_field", "$.labels[...]"),
    "a number as id": (line(event_id=7), "wrong_type", "$.event_id"),
    "a deep id": (with_json("event_id", b"[[[]]]"), "wrong_type", "$.event_id"),
    "a number as text": (line(handle_time_s="12"), "wrong_type", "$.handle_time_s"),
    "true as number": (line(handle_time_s=True), "wrong_type", "$.handle_time_s"),
    "one as truth": (line(sla_met=1), "wrong_type", "$.sla_met"),
    "a broken count": (line(transfers=1.5), "wrong_type", "$.transfers"),
    "a number as time": (line(occurred_at=1_709_285_400), "wrong_type", "$.occurred_at"),
    "a broken revision": (line(revision=1.5), "wrong_type", "$.revision"),
    "a survey as number": (line(survey=4), "wrong_type", "$.survey"),
    "a numeric reason code": (
        line(survey={"kind": "csat", "score": 1, "scale_max": 5, "reason_codes": ["a", 4]}),
        "wrong_type", "$.survey.reason_codes[1]",
    ),
    "a numeric label": (line(labels={"secret": 1}), "wrong_type", "$.labels[...]"),
    "the first of two keys is wrong": (b'{"event_id":1,' + line()[1:], "wrong_type", "$.event_id"),
    "an unknown channel": (line(channel="secret"), "unknown_value", "$.channel"),
    "a word with a path in it": (line(outcome="x' - at `$.secret`"), "unknown_value", "$.outcome"),
    "a capital": (line(channel="Voice"), "unknown_value", "$.channel"),
    "another version": (line(schema_version="2"), "unknown_value", "$.schema_version"),
    "an unknown survey": (line(survey={"kind": "secret"}), "unknown_value", "$.survey.kind"),
    "an empty id": (line(event_id=""), "empty_string", "$.event_id"),
    "a blank id": (line(event_id=" "), "empty_string", "$.event_id"),
    "an empty word": (line(channel=""), "empty_string", "$.channel"),
    "a blank word": (line(goal_attained="\t"), "empty_string", "$.goal_attained"),
    "an empty time": (line(occurred_at=""), "empty_string", "$.occurred_at"),
    "a blank revision": (line(revision=" "), "empty_string", "$.revision"),
    "an empty optional field": (line(team_id=""), "empty_string", "$.team_id"),
    "a blank inside": (line(evaluation={"form_id": " "}), "empty_string", "$.evaluation.form_id"),
    "a blank label": (line(labels={"a": "x", "secret": " "}), "empty_string", "$.labels[...]"),
    "a blank name of a label": (line(labels={" ": "x"}), "empty_string", "$.labels"),
    "an empty name of a label": (line(labels={"": "x"}), "empty_string", "$.labels"),
    "a blank reason code": (
        line(survey={"kind": "csat", "score": 1, "scale_max": 5, "reason_codes": ["a", "\u3000"]}),
        "empty_string", "$.survey.reason_codes[1]",
    ),
    "an id of 201": (line(event_id="x" * 201), "too_long", "$.event_id"),
    "an id of a million": (line(event_id="x" * 1_000_000), "too_long", "$.event_id"),
    "an issue type of 129": (line(issue_type="x" * 129), "too_long", "$.issue_type"),
    "a source system of 65": (line(source_system="x" * 65), "too_long", "$.source_system"),
    "nine labels": (line(labels={str(k): "x" for k in range(9)}), "too_long", "$.labels"),
    "a long label": (line(labels={"secret": "x" * 201}), "too_long", "$.labels[...]"),
    "33 reason codes": (
        line(survey={"kind": "csat", "score": 1, "scale_max": 5, "reason_codes": ["a"] * 33}),
        "too_long", "$.survey.reason_codes",
    ),
    "a negative time": (line(handle_time_s=-0.001), "out_of_range", "$.handle_time_s"),
    "1e999": (with_json("handle_time_s", b"1e999"), "out_of_range", "$.handle_time_s"),
    "400 digits for a float": (with_json("handle_time_s", DIGITS), "out_of_range", "$.handle_time_s"),
    "400 digits for an integer": (with_json("transfers", DIGITS), "out_of_range", "$.transfers"),
    "5,000 digits for an integer": (with_json("transfers", DIGITS * 13), "out_of_range", "$.transfers"),
    "400 digits for a revision": (with_json("revision", DIGITS), "out_of_range", "$.revision"),
    "a revision of 64 bits": (line(revision=2**63), "out_of_range", "$.revision"),
    "the revision that says none": (line(revision=NO_REVISION), "out_of_range", "$.revision"),
    "a score above its scale": (
        line(survey={"kind": "csat", "score": 6, "scale_max": 5}), "out_of_range", "$.survey.score",
    ),
    "a score below its scale": (
        line(survey={"kind": "csat", "score": 0, "scale_max": 5}), "out_of_range", "$.survey.score",
    ),
    "a scale of one point": (
        line(survey={"kind": "csat", "score": 1, "scale_max": 1}), "out_of_range", "$.survey.score",
    ),
    "a scale upside down": (
        line(survey={"kind": "csat", "score": 3, "scale_min": 5, "scale_max": 1}),
        "out_of_range", "$.survey.score",
    ),
    "an evaluation above its scale": (
        line(evaluation={"score": 61, "scale_max": 60}), "out_of_range", "$.evaluation.score",
    ),
    "an evaluation without a scale": (
        line(evaluation={"score": 0, "scale_max": 0}), "out_of_range", "$.evaluation.scale_max",
    ),
    "year 1": (line(occurred_at="0001-01-01T00:00:00Z"), "out_of_range", "$.occurred_at"),
    "before year 1 in UTC": (line(occurred_at="0001-01-01T00:00:00+01:00"), "out_of_range", "$.occurred_at"),
    "before 1970": (line(occurred_at="1969-12-31T23:59:59.999999Z"), "out_of_range", "$.occurred_at"),
    "2099": (line(occurred_at="2099-01-01T00:00:00Z"), "future", "$.occurred_at"),
    "year 9999": (line(occurred_at="9999-12-31T23:59:59-23:59"), "future", "$.occurred_at"),
    "beyond year 9999": (line(occurred_at="9999-12-31T23:59:59.9999999Z"), "bad_time", "$.occurred_at"),
    "year 0": (line(occurred_at="0000-01-01T00:00:00Z"), "bad_time", "$.occurred_at"),
    "no zone": (line(occurred_at="2024-03-01T09:30:00"), "bad_time", "$.occurred_at"),
    "a date": (line(occurred_at="2024-03-01"), "bad_time", "$.occurred_at"),
    "a leap second": (line(occurred_at="2016-12-31T23:59:60Z"), "bad_time", "$.occurred_at"),
    "30 February": (line(started_at="2024-02-30T00:00:00Z"), "bad_time", "$.started_at"),
    "a time in a survey": (
        line(survey={"kind": "csat", "score": 1, "scale_max": 5, "received_at": "secret"}),
        "bad_time", "$.survey.received_at",
    ),
    "a revision in words": (line(revision="secret"), "bad_time", "$.revision"),
    "a bad time before broken JSON": (line(occurred_at="secret")[:-1], "bad_time", "$.occurred_at"),
}  # fmt: skip


@pytest.mark.parametrize("written", [bytes, compact])
@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str, written: Rewrite) -> None:
    """Each of these is refused with its reason and path, and its neighbours are not, spaced or compact."""
    value, reason, path = REFUSED[case]
    result = decoded(line(event_id="before"), value and written(value), line(event_id="after"))
    assert result.rejects == ((101, reason, path),)
    assert result.offsets.tolist() == [100, 102]
    assert (
        result.rows.event.tolist()
        == decoded(line(event_id="before"), line(event_id="after")).rows.event.tolist()
    )


def test_every_reason_has_a_case() -> None:
    """The list above shows each of the fixed reasons at least once."""
    assert {reason for _, reason, _ in REFUSED.values()} == set(REASONS)


def test_depth_is_bounded_by_itself() -> None:
    """500 levels pass and 501 do not, brackets within strings aside, whoever calls."""
    inner = 499
    assert not decoded(with_json("note", b"[" * inner + b"]" * inner)).rejects
    assert not decoded(line(note='"' + "[" * 5_000)).rejects
    deeper = with_json("note", b"[" * (inner + 1) + b"]" * (inner + 1))
    for value in (deeper, compact(deeper)):
        assert decoded(value).rejects == ((100, "too_deep", "$"),)


@pytest.mark.parametrize("value", [line(), compact(line()), FRAME + line()])
def test_the_bound_is_the_last_size_that_passes(value: bytes) -> None:
    """A record of as many bytes as allowed passes and one byte more does not, however small the bound."""
    assert not isinstance(read(value, len(value)), Fault)
    assert read(value, len(value) - 1) == Fault("too_large")


def test_any_white_space_is_blank() -> None:
    """A string of one space of any alphabet, escaped or not, is refused like an empty one."""
    spaces = [chr(code) for code in range(0x3001) if chr(code).isspace()]
    assert len(spaces) > 20
    for space in spaces:
        raw = f'"{space}"'.encode() if space >= " " else b'" "'
        for text in (raw, b'"\\u%04x"' % ord(space)):
            value = with_json("team_id", text)
            rejects = decoded(value, compact(value)).rejects
            assert rejects == ((100, "empty_string", "$.team_id"), (101, "empty_string", "$.team_id"))


@pytest.mark.parametrize("text", [" x", "x ", "\u3000x", "Ärger", "\0", "a\nb", '" "'])
def test_strings_that_only_look_blank_pass(text: str) -> None:
    """A string with anything but white space in it is a name."""
    raw = (
        with_json("issue_type", ('"' + text.replace('"', '\\"') + '"').encode())
        if text.isprintable()
        else b""
    )
    for value in filter(None, (line(issue_type=text), raw)):
        assert decoded(value).rows.issues == (text,)


def test_rejects_are_in_offset_order() -> None:
    """Whatever check finds them, rejects ascend by offset."""
    future = line(occurred_at="2099-01-01T00:00:00Z")
    assert [reject.offset for reject in decoded(future, b"", line(), b"", future).rejects] == [
        100,
        101,
        103,
        104,
    ]


def spoilt(text: bytes, at: int, cut: int, put: bytes) -> bytes:
    at %= len(text) + 1
    return text[:at] + put + text[at + cut :]


PRIVATE = "private"
BYTES = [b"", b"null", b'"', b"\\u", b"1e999", b"[" * 800, b"{}", b"\xff"]
RECORDS = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.text(max_size=40).map(str.encode),
    st.builds(
        spoilt,
        st.sampled_from([
            line(case_id=PRIVATE, labels={PRIVATE: PRIVATE}, note=[PRIVATE, {PRIVATE: [1.5, None]}]),
            line(survey={"kind": PRIVATE}, employee_id=PRIVATE),
            compact(line(case_id=PRIVATE, labels={PRIVATE: PRIVATE})),
            FRAME + line(occurred_at=PRIVATE),
        ]),
        st.integers(0, 400),
        st.integers(0, 9),
        st.binary(max_size=6) | st.sampled_from(BYTES),
    ),
)  # fmt: skip


@given(st.lists(RECORDS, max_size=12))
def test_never_raises_and_loses_nothing(values: list[bytes | None]) -> None:
    """Any bytes come out once, as a row or as a reject of a known reason, alone as in company, untold."""
    result = decoded(*values, facts=["outcome", "survey"])
    offsets = [*result.offsets.tolist(), *(reject.offset for reject in result.rejects)]
    assert sorted(offsets) == list(range(100, 100 + len(values)))
    assert len(result.rows) == len(result.offsets)
    for reject in result.rejects:
        assert reject.reason in REASONS
        assert NO_CONTENT.fullmatch(reject.path)
        assert PRIVATE not in reject.path
        alone = decoded(values[reject.offset - 100]).rejects
        assert alone == ((100, reject.reason, reject.path),)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(event(survey=0, evaluation=0, labels=0, revision=0, started_at=0, sla_met=0))


@given(ANY_JSON, st.sampled_from(FIELDS))
def test_any_json_in_any_field_is_judged(value: Any, name: str) -> None:
    """Any JSON value in a known field makes a row or one reject at or below that field."""
    result = decoded(line(**{name: value}), facts=["survey", "evaluation"])
    assert len(result.rows) + len(result.rejects) == 1
    for _, reason, path in result.rejects:
        assert path.startswith(f"$.{name}") or reason == "not_json"
