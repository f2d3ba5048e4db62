"""Which alerts are asked for, and what is no question."""

from dataclasses import replace
from typing import Any

import pytest
from pages import alert, judged
from served import answer, judging

from streams.web.alert_query import AlertQuery

STANDING = {"channel": "voice", "issue_type": "refund", "measure": "refused", "kind": "stratum_split"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=standing", {"1", "2"}),
        ("state=ended", {"3"}),
        ("state=all", {"1", "2", "3"}),
        ("kind=stratum_split", {"1"}),
        ("channel=voice&issue_type=refund", {"1"}),
        ("channel=voice&issue_type=other", set()),
        ("measure=survey", {"2"}),
        ("measure=survey&state=ended", set()),
        ("kind=", set()),
    ],
)
def test_alerts_can_be_chosen(query: str, found: set[str]) -> None:
    """By whether they stand, kind, stratum and measure."""
    of = answers_to(query)

    assert {one["id"] for one in of["alerts"]} == found
    assert of["found"] == len(found)


def answers_to(query: str) -> Any:
    """Return what three alerts come to under a query."""
    three = (
        alert(id="1", **STANDING),
        alert(id="2", employee="emp-1", measure="survey"),
        alert(id="3", employee="emp-2", until=1_704_153_600_000_000),
    )
    pairs = dict(part.split("=") for part in query.split("&"))
    return AlertQuery.of(pairs).answer(replace(judged(), alerts=three))


def test_of_many_alerts_the_newest_are_told() -> None:
    """So many as asked for, and how many there are."""
    assert [one["id"] for one in answers_to("limit=1")["alerts"]] == ["3"]
    assert answers_to("limit=1")["found"] == 3


@pytest.mark.parametrize(
    "query",
    ["state=open", "limit=0", "limit=1001", "limit=many", "limit=-1", "limit=\u0664", "kinds=x", "limit="],
)
def test_a_parameter_that_is_none_is_told(query: str) -> None:
    """Rather than ignored: the answer would look like one to what was asked."""
    got = answer(judging(), f"/api/v1/alerts?{query}")

    assert (got.status, got.json["error"]["code"]) == (400, "bad_parameter")
