"""Canonical JSON to columns: what is accepted and what it becomes."""

from calendar import timegm
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from builders import line
from decoding import FRAME, NOON, decoded
from hypothesis import given
from hypothesis import strategies as st

from models.handling import CHANNELS, CODED_FACTS, NO_CASE, NO_REVISION, NUMERIC_FACTS, OUTCOMES
from models.identity import Identity, Keys

IDENTITY = Identity(Keys.from_secret(b"of the tests"))


def fact(name: str, **changes: Any) -> float:
    """Return the one row's fact."""
    column = decoded(line(**changes), facts=[name]).rows.facts[name]
    assert len(column) == 1
    return float(column[0])


def time_of(text: str) -> int:
    """Return the one row's time."""
    return int(decoded(line(occurred_at=text)).rows.time[0])


def test_an_event_becomes_a_row() -> None:
    """The six required fields are a row; what nobody stated is null."""
    rows = decoded(line(), facts=["outcome", "sla_met", "handle_time_s", "survey"]).rows
    assert rows.time.tolist() == [timegm((2024, 3, 1, 9, 30, 0)) * 1_000_000]
    assert rows.employees == ("emp-1",)
    assert rows.issues == ("billing",)
    assert (rows.employee[0], rows.issue[0], rows.channel[0]) == (0, 0, CHANNELS.index("voice"))
    assert (rows.case[0], rows.revision[0]) == (NO_CASE, NO_REVISION)
    assert rows.facts["outcome"].tolist() == [OUTCOMES.index("resolved")]
    assert rows.facts["sla_met"].tolist() == [-1]
    assert np.isnan([rows.facts["handle_time_s"][0], rows.facts["survey"][0]]).all()


def test_columns_have_the_types_that_handlings_promise() -> None:
    """Every column has its dtype and length, with rows and without."""
    names = (*CODED_FACTS, *NUMERIC_FACTS)
    for values in ((), (line(), line())):
        rows = decoded(*values, facts=names).rows
        columns = (rows.time, rows.event, rows.revision, rows.case, rows.employee, rows.channel, rows.issue)
        assert [str(column.dtype) for column in columns] == [
            "int64", "uint64", "int64", "uint64", "int32", "int8", "int32",
        ]  # fmt: skip
        assert [str(rows.facts[name].dtype) for name in names] == ["int8"] * 7 + ["float64"] * 10
        assert (
            {len(column) for column in columns} == {len(rows.facts[name]) for name in names} == {len(values)}
        )


def test_only_the_watched_facts_are_built() -> None:
    """A fact that no measure reads costs no column, and is checked all the same."""
    assert set(decoded(line(sla_met=True), facts=["outcome"]).rows.facts) == {"outcome"}
    assert decoded(line(sla_met="yes"), facts=["outcome"]).rejects == ((100, "wrong_type", "$.sla_met"),)


@pytest.mark.parametrize(("name", "words"), CODED_FACTS.items())
def test_words_are_coded_by_their_place(name: str, words: tuple[str, ...]) -> None:
    """A word's code is its place in the contract; false is 0 and true is 1."""
    values = [False, True] if words == ("false", "true") else list(words)
    codes = decoded(*(line(**{name: value}) for value in values), facts=[name]).rows.facts[name]
    assert codes.tolist() == list(range(len(words)))


@pytest.mark.parametrize("name", [name for name in NUMERIC_FACTS if name not in {"survey", "evaluation"}])
def test_numbers_are_kept(name: str) -> None:
    """A number is the number, and null is NaN."""
    assert fact(name, **{name: 7}) == 7
    assert np.isnan(fact(name, **{name: None}))


def test_names_are_coded_by_first_appearance_among_the_accepted() -> None:
    """A refused record leaves no name behind, and its neighbours' codes have no gap."""
    rows = decoded(
        line(employee_id="b", issue_type="y"),
        line(employee_id="refused", issue_type="x", channel="?"),
        line(employee_id="future", issue_type="z", occurred_at="2024-03-01T12:00:00.000001Z"),
        line(employee_id="a", issue_type="y"),
        line(employee_id="b", issue_type="x"),
    ).rows
    assert (rows.employees, rows.employee.tolist()) == (("b", "a"), [0, 1, 0])
    assert (rows.issues, rows.issue.tolist()) == (("y", "x"), [0, 0, 1])


@pytest.mark.parametrize("kind", ["bot", "ivr", "self_service"])
def test_what_no_human_handled_has_no_employee(kind: str) -> None:
    """A row of a machine counts for no employee, even where an id is given."""
    rows = decoded(
        line(employee_kind=kind, employee_id="bot-7"), line(employee_kind=kind, employee_id=None)
    ).rows
    assert (rows.employee.tolist(), rows.employees) == ([-1, -1], ())


def test_employees_are_pseudonyms() -> None:
    """Outside named mode no id of an employee is in the columns."""
    rows = decoded(line(), identity=IDENTITY).rows
    assert rows.employees == (IDENTITY.employee("emp-1"),)


def test_an_event_is_known_by_source_and_id() -> None:
    """The same id from another source system is another event; the rest of the record does not matter."""
    rows = decoded(line(), line(channel="chat"), line(source_system="crm"), line(event_id="evt-2")).rows
    assert len(set(rows.event.tolist())) == 3
    assert rows.event[0] == rows.event[1]


def test_a_case_is_known_by_its_id_else_by_customer_and_issue() -> None:
    """`case_id` goes first, then customer and issue type."""
    known = {"case_id": "c", "customer_id": "k"}
    rows = decoded(
        line(**known), line(case_id="c"), line(customer_id="k"), line(customer_id="k", issue_type="x")
    ).rows
    assert rows.case[0] == rows.case[1]
    assert len(set(rows.case.tolist())) == 3
    assert NO_CASE not in rows.case


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is drawn too
    st.integers(-1439, 1439),
)
def test_times_are_exact(local: datetime, offset: int) -> None:
    """Any microsecond from 1970 to 9999, in any zone, arrives as that microsecond."""
    time = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    expected = timegm(time.utctimetuple()) * 1_000_000 + time.microsecond
    rows = decoded(line(occurred_at=time.isoformat()), latest=2**62).rows
    assert rows.time.tolist() == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29T11:00:00z",
        "2024-02-29t11:00:00.0Z",
        "2024-02-29 12:00:00+01:00",
        "2024-02-29T11:00:00-00:00",
    ],
)
def test_times_may_be_written_as_rfc_3339_allows(text: str) -> None:
    """Small letters, a space for the T, fractions and any offset are the same time."""
    assert time_of(text) == timegm((2024, 2, 29, 11, 0, 0)) * 1_000_000


def test_latest_is_the_last_time_that_passes() -> None:
    """A time at `latest` is accepted, a microsecond later is the future."""
    result = decoded(
        line(occurred_at="2024-03-01T12:00:00Z"), line(occurred_at="2024-03-01T12:00:00.000001Z")
    )
    assert result.offsets.tolist() == [100]
    assert result.rejects == ((101, "future", "$.occurred_at"),)


def test_revisions_are_ordered() -> None:
    """Numbers and times keep their order, and no revision comes before all of them."""
    revisions = (..., -(2**63) + 1, -1, 3, "2024-03-01T12:00:00+01:00", "2024-03-01T12:00:00Z", 2**63 - 1)
    ordered = decoded(*(line(revision=revision) for revision in revisions)).rows.revision.tolist()
    assert ordered == sorted(set(ordered))
    assert ordered[0] == NO_REVISION
    assert ordered[5] == NOON


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        ({"kind": "csat", "score": 4, "scale_max": 5}, 0.75),
        ({"kind": "csat", "score": 1, "scale_max": 5}, 0),
        ({"kind": "csat", "score": 5, "scale_max": 5, "scale_min": None}, 1),
        ({"kind": "ces", "score": 0, "scale_min": -2, "scale_max": 2}, 0.5),
        ({"kind": "nps", "score": 9, "scale_min": 0, "scale_max": 10}, np.nan),
        ({"kind": "nps", "score": 0, "scale_max": 10}, np.nan),
    ],
)
def test_surveys_are_scaled(survey: dict[str, Any], expected: float) -> None:
    """A score is its place on its scale, which starts at 1 unless it says otherwise; nps is none."""
    np.testing.assert_equal(fact("survey", survey=survey), expected)


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        ({"score": 45, "scale_max": 60}, 0.75),
        ({"score": 45}, np.nan),
        ({"form_id": "f"}, np.nan),
        ({}, np.nan),
    ],
)
def test_evaluations_are_scaled(evaluation: dict[str, Any], expected: float) -> None:
    """A score is its share of the scale, and nothing where either is missing."""
    np.testing.assert_equal(fact("evaluation", evaluation=evaluation), expected)


def test_what_the_contract_does_not_know_is_ignored() -> None:
    """Unknown fields of any content, at any place, pass by; of a key that stands twice the last counts."""
    plain, rich = decoded(line(), line(agent={"name": "x"}, note="", big=10**400, survey=None)).rows.event
    assert plain == rich
    assert decoded(line()[:-1] + b',"a":1e999,"channel":"chat"}').rows.channel[0] == CHANNELS.index("chat")


@pytest.mark.parametrize("value", [FRAME + line(), FRAME + b" \n" + line(), b"\n" + line() + b"\r\n"])
def test_json_may_be_framed(value: bytes) -> None:
    """A schema registry's five bytes before JSON, and white space around it, change nothing."""
    assert decoded(value).rows.event.tolist() == decoded(line()).rows.event.tolist()


def test_the_epoch_is_the_first_moment() -> None:
    """1970 begins at 0 and is accepted."""
    assert datetime.fromtimestamp(time_of("1970-01-01T01:00:00+01:00"), UTC).year == 1970
