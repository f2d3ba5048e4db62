"""The JSON document, version 1: a contract; its figures are those of pandas over the same events."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from math import inf, isfinite, log, nan
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from columns import Row, hours, segment, snapshot_of
from decoding import NAMED
from pages import alert, judged

from models.identity import Identity, Keys
from models.simulation import Centre, SimulationSettings, inconsistencies
from models.verdicts import Alert
from streams.config import Config
from streams.document import alert_document, document
from streams.replay import replay
from streams.terminal import report

EVENTS = {"read", "accepted", "rejected", "duplicate", "late", "pending"}
STRATA = {"channel", "issue_type", "measure", "window", "employees", "handlings", "first_contacts"}
STRATA |= {"mean", "variance", "tau2", "i2", "icc"}
EMPLOYEES = {"employee", "measure", "window", "handlings", "first_contacts", "mean", "variance"}
EMPLOYEES |= {"observed", "expected", "z", "q"}
CHANNELS = {"channel", "measure", "window", "handlings", "mean", "variance"}
ALERTS = {"id", "kind", "severity", "employee", "channel", "issue_type", "measure", "since", "until"}
ALERTS |= {"evidence", "reasons"}
MEASURES = ("refused", "goal_attained", "sla_missed", "log_handle_time", "survey")


@cache
def events() -> list[dict[str, Any]]:
    """Return the events of a small centre: bots, nulls, cases, customers and copies among them."""
    settings = SimulationSettings(
        employees=20,
        handlings_per_day=250,
        days=10,
        duplicate_share=0.03,
        inconsistencies=inconsistencies("demo"),
    )
    return [one for day in Centre(settings, 2).days() for one in day.events()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the document of these events, judged as a whole."""
    path = tmp_path_factory.mktemp("whole") / "events.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in events()))
    return document(replay([str(path)], Config(), NAMED, now=2**60, whole=True).snapshot())


def said(event: dict[str, Any]) -> dict[str, float]:
    """Return what an event says for each measure, NaN where it says nothing, as the contract words it."""
    answered = dict.fromkeys(("resolved", "resolved_partial", "workaround", "escalated", "unresolved"), 0.0)
    seconds, survey = event.get("handle_time_s") or 0, event.get("survey")
    low = 1 if survey is None else survey.get("scale_min", 1)
    return {
        "refused": ({"refused": 1.0} | answered).get(event["outcome"], nan),
        "goal_attained": {"yes": 1.0, "partly": 0.0, "no": 0.0}.get(event.get("goal_attained", ""), nan),
        "sla_missed": {False: 1.0, True: 0.0}.get(event.get("sla_met", ""), nan),
        "log_handle_time": log(seconds) if seconds > 0 else nan,
        "survey": nan if survey is None else (survey["score"] - low) / (survey["scale_max"] - low),
    }


@cache
def table() -> pd.DataFrame:
    """Return the events, each once, with what they say and whether they open their case."""
    rows = pd.DataFrame([{**one, **said(one), "survey_said": said(one)["survey"]} for one in events()])
    rows["survey"] = rows.pop("survey_said")
    rows = rows.drop_duplicates("event_id").sort_values("occurred_at", kind="stable")
    person = rows["customer_id"] + "/" + rows["issue_type"]
    case = rows["case_id"].fillna(person).fillna(rows["event_id"])
    rows["first"] = ~case.duplicated()
    return rows


def same(found: list[dict[str, Any]], by: list[str], key: Mapping[str, str] = {}) -> None:
    """Hold count, mean and variance of every group against pandas."""
    for measure in MEASURES:
        stated = table()[table()[measure].notna()]
        expected = stated.groupby([key.get(name, name) for name in by])[measure].agg(["count", "mean", "var"])
        rows = {tuple(row[name] for name in by): row for row in found if row["measure"] == measure}
        names = [group if isinstance(group, tuple) else (group,) for group in expected.index]
        assert set(rows) == set(names)
        for group, (count, mean, variance) in zip(names, expected.to_numpy(), strict=True):
            row = rows[group]
            assert row["handlings"] == count
            assert row["mean"] == pytest.approx(mean, rel=1e-12)
            assert row["variance"] == (
                None if np.isnan(variance) else pytest.approx(variance, rel=1e-9, abs=1e-15)
            )


def test_counts_means_and_variances_are_those_of_pandas(whole: dict[str, Any]) -> None:
    """With --window all strata, channels, issue types and employees are group-bys over the whole file."""
    same(whole["strata"], ["channel", "issue_type"])
    same(whole["channels"], ["channel"])
    same(whole["issue_types"], ["issue_type"])
    same(whole["employees"], ["employee"], {"employee": "employee_id"})
    assert whole["events"]["accepted"] == len(table())
    assert whole["events"]["duplicate"] == len(events()) - len(table()) > 0


def test_first_contacts_are_those_of_pandas(whole: dict[str, Any]) -> None:
    """First contacts, and what they came to in sum, are those of the first row of each case, by a person."""
    first = table()[table()["first"] & table()["employee_id"].notna()]
    for measure in MEASURES:
        stated = first[first[measure].notna()]
        strata = stated.groupby(["channel", "issue_type"])[measure].agg("count")
        shown = {
            (row["channel"], row["issue_type"]): row["first_contacts"]
            for row in whole["strata"]
            if row["measure"] == measure and row["first_contacts"]
        }
        assert shown == strata.to_dict()
        people = stated.groupby("employee_id")[measure].agg(["count", "sum"])
        found = [row for row in whole["employees"] if row["measure"] == measure and row["first_contacts"]]
        assert {row["employee"] for row in found} == set(people.index)
        for row in found:
            count, total = people.loc[row["employee"]]
            assert row["first_contacts"] == count
            assert row["observed"] == pytest.approx(total, rel=1e-12, abs=1e-12)
    assert len(first) < len(table())


def test_its_keys_are_these(whole: dict[str, Any]) -> None:
    """What readers may rely on: the parts of version 1 and the keys of their rows."""
    assert whole["version"] == 1
    assert {"version", "events", "strata", "employees", "channels", "alerts"} <= set(whole)
    assert set(whole["events"]) == EVENTS
    for part, keys in (("strata", STRATA), ("employees", EMPLOYEES), ("channels", CHANNELS)):
        assert whole[part]
        assert all(set(row) == keys for row in whole[part])
    assert {row["window"] for row in whole["strata"]} == {"all"}
    assert set(alert_document(alert())) == ALERTS == {part.name for part in fields(Alert)}


def test_positions_that_were_not_read_are_told() -> None:
    """What was jumped and what upstream had deleted before it could be read, in positions."""
    ledger = [segment([Row(hours(1), 1)]), segment([Row(hours(2), 2)], 4, offsets=[9], lost_until=9)]

    assert document(snapshot_of(ledger))["positions"] == {"missing": 3, "lost": 5}


def test_windows_are_named_by_their_days() -> None:
    """A rolling replay has a row a window, each group in its own."""
    found = document(judged())

    assert {row["window"] for row in found["strata"]} == {"1d", "7d", "28d"}
    rows = [(row["employee"], row["measure"], row["window"]) for row in found["employees"]]
    assert len(rows) == len(set(rows))


def test_an_alert_tells_whom_since_when_and_why() -> None:
    """Times are RFC 3339 in UTC, evidence is by name, and what an alert does not single out is null."""
    ended = alert(employee="ann", until=1_704_153_600_000_000)

    assert alert_document(ended) == {
        "id": "0" * 16,
        "kind": "employee_outlier",
        "severity": "warning",
        "employee": "ann",
        "channel": None,
        "issue_type": None,
        "measure": "refused",
        "since": "2024-01-01T00:00:00Z",
        "until": "2024-01-02T00:00:00Z",
        "evidence": {"first_contacts": 120.0, "z": 4.5, "q": 0.001},
        "reasons": ["differs from peers"],
    }
    assert alert_document(alert())["until"] is None


def test_ended_alerts_are_listed_too() -> None:
    """Who reads the document later sees what has been, not only what stands."""
    snapshot = replace(judged(), alerts=(alert(), alert(id="1" * 16, until=1_704_153_600_000_000)))

    assert [one["until"] is None for one in document(snapshot)["alerts"]] == [True, False]


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_what_is_no_number_is_null(number: float) -> None:
    """JSON knows neither NaN nor infinity: they are null in the document itself, whoever writes it."""
    told = alert_document(alert(evidence=(("z", number),)))

    assert told["evidence"] == {"z": None}
    json.dumps(told, allow_nan=False)


def test_every_number_of_a_document_is_finite_or_null() -> None:
    """The whole of a document goes through a strict writer, thin groups and all."""
    thin = snapshot_of([segment([Row(hours(1), 1, handle_time_s=5.0), Row(hours(2), 2, employee=None)])])
    for snapshot in (thin, judged(), judged(whole=True)):
        found = document(snapshot)
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        assert isfinite(found["strata"][0]["mean"])


def test_every_document_can_be_told_in_words() -> None:
    """However little there is, the report for people comes to an end, and says where evidence is too thin."""
    one = snapshot_of([segment([Row(hours(1), 1)])])
    none = snapshot_of([])
    few = [Row(hours(n), n, employee=f"e{n % 2}", handle_time_s=60.0, survey=1.0) for n in range(30)]
    same_for_all = snapshot_of([segment(few)], whole=True)

    for snapshot in (one, none, same_for_all, judged(), judged(whole=True)):
        told = "\n".join(report(document(snapshot)))
        assert told.startswith("\x1b[1mEvents: ")
    assert "Insufficient evidence" in "\n".join(report(document(one)))


def test_a_document_holds_no_id_of_a_person(tmp_path: Path) -> None:
    """Under a secret neither employees, nor customers, nor cases stand in it as upstream calls them."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in events()))
    identity = Identity(Keys.from_secret(b"x" * 16))
    told = json.dumps(document(replay([str(path)], Config(), identity, now=2**60).snapshot()))

    ids = {
        one.get(name) for one in events() for name in ("employee_id", "customer_id", "case_id", "event_id")
    }
    assert not [name for name in ids - {None} if str(name) in told]
