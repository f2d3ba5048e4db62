"""The read API: every answer holds to the contract, and says what the snapshot says."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pages import alert, judged
from served import Answer, answer, ask, asked, at, judging, serving
from watched import worker

from models.snapshot import Snapshot
from streams import web
from streams.config import Config
from streams.document import alert_document, document, encoded
from streams.health import Health
from streams.web import answers
from streams.web.api import Api
from streams.web.loop_thread import LoopThread
from streams.web.refusal import Refusal
from streams.web.shown import Window

OPENAPI: dict[str, Any] = orjson.loads((Path(web.__file__).with_name("openapi.v1.json")).read_bytes())
PATHS: dict[str, Any] = OPENAPI["paths"]


def strictly(schema: Any) -> Any:
    """Return a schema under which an object has no property that is not described."""
    if isinstance(schema, list):
        return [strictly(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: strictly(one) for name, one in schema.items()}
    return strict | ({"additionalProperties": False} if "properties" in schema else {})


COMPONENTS = strictly(OPENAPI["components"])


def held(template: str, got: Answer) -> Any:
    """Hold an answer against the contract of its path and status, and return it."""
    described = PATHS[template]["get"]["responses"][str(got.status)]
    schema = described["content"]["application/json"]["schema"]
    judge = Draft202012Validator({**schema, "components": COMPONENTS}, format_checker=FormatChecker())
    judge.validate(got.json)
    assert got.headers["Content-Type"] == "application/json"
    return got.json


def code(template: str, got: Answer) -> tuple[int, str]:
    """Return status and code of an error."""
    return got.status, held(template, got)["error"]["code"]


def shown() -> Snapshot:
    """Return what the worker of these tests shows."""
    return judged()


DOCUMENT, ALERTS, ALERT, STRATUM, EMPLOYEE, HEALTH = PATHS


def test_the_contract_is_itself_in_order() -> None:
    """Every schema in it is one, and every path of the program is in it."""
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    health = judging()
    api = Api(health, Window(health), LoopThread("none").ask)
    assert [route.path for route in api.routes()] == list(PATHS)


def test_the_document_is_what_replay_prints() -> None:
    """All of it, in the same words."""
    told = held(DOCUMENT, answer(judging(), DOCUMENT))

    assert told == orjson.loads(orjson.dumps(document(shown())))
    assert told["alerts"]
    assert told["employees"]


def test_a_document_in_pieces_is_the_document() -> None:
    """Row by row or as a whole: the same JSON, of nothing too."""
    for snapshot in (shown(), judged(0)):
        assert encoded(snapshot) == orjson.dumps(document(snapshot))


def test_alerts_come_newest_first() -> None:
    """All of them where nothing is asked for."""
    told = held(ALERTS, answer(judging(), ALERTS))

    assert told["found"] == len(shown().alerts) > 1
    assert told["alerts"] == orjson.loads(orjson.dumps([*map(alert_document, reversed(shown().alerts))]))


def test_an_alert_is_told_in_full() -> None:
    """Its evidence, its figures on every window, the thresholds of its detector, where to look on."""
    for found in shown().alerts:
        told = held(ALERT, answer(judging(), f"{ALERTS}/{found.id}"))

        assert told["alert"] == orjson.loads(orjson.dumps(alert_document(found)))
        assert [row["window"] for row in told["figures"]] == ["1d", "7d", "28d"][-len(told["figures"]) :]
        assert {row["measure"] for row in told["figures"]} == {found.measure}
        detector = {"stratum_split": "spread", "employee_outlier": "funnel"}[found.kind]
        assert told["thresholds"][f"detectors.{detector}.q"] == 0.02
        assert told["thresholds"]["verdicts.persistence"] == 3
        assert told["links"]["page"] == f"/alerts/{found.id}"
        assert told["links"]["grafana"] is None
        assert answer(judging(), told["links"]["api"]).status == 200


def test_links_lead_to_the_board_of_what_an_alert_is_about() -> None:
    """With its employee or stratum, measure and window, whatever characters a name has."""
    config = at(worker(), grafana_url="https://grafana.example.org/").config
    split = alert(id="a" * 16, kind="stratum_split", channel="voice", issue_type="a&b c", measure="refused")
    outlier = alert(id="b" * 16, employee="emp 1/2")
    of = replace(shown(), alerts=(split, outlier))

    assert answers.alert(of, config, split.id)["links"]["grafana"] == (
        "https://grafana.example.org/d/touchpoint-strata"
        "?var-channel=voice&var-issue_type=a%26b+c&var-measure=refused&var-window=28d"
    )
    assert answers.alert(of, config, outlier.id)["links"]["grafana"] == (
        "https://grafana.example.org/d/touchpoint-employee?var-employee=emp+1%2F2&var-measure=refused&var-window=28d"
    )


def test_the_beginning_of_an_id_is_enough() -> None:
    """As with git: where only one begins so; four digits are the least."""
    [first, *_] = shown().alerts
    whole, short, shorter, none = asked(
        judging(), *(f"{ALERTS}/{given}" for given in (first.id, first.id[:8], first.id[:3], "f" * 16))
    )

    assert held(ALERT, whole) == held(ALERT, short)
    assert code(ALERT, shorter) == code(ALERT, none) == (404, "unknown_alert")


def test_two_alerts_that_begin_alike_are_named() -> None:
    """So that whoever asked can say which; a whole id is never in doubt."""
    two = replace(shown(), alerts=(alert(id="abcd1"), alert(id="abcd12")))
    with pytest.raises(Refusal, match="abcd1, abcd12") as caught:
        answers.alert(two, Config(), "abcd")
    assert (caught.value.status, caught.value.code) == (404, "ambiguous_alert")
    assert answers.alert(two, Config(), "abcd1")["alert"]["id"] == "abcd1"


def test_a_stratum_is_told() -> None:
    """Every measure and window of it, and its alerts; nothing of others."""
    for channel, issue in shown().strata[:3]:
        told = held(STRATUM, answer(judging(), f"/api/v1/strata/{channel}/{issue}"))
        rows = [
            row
            for row in document(shown())["strata"]
            if (row["channel"], row["issue_type"]) == (channel, issue)
        ]

        assert told["figures"] == orjson.loads(orjson.dumps(rows)) != []
        assert {one["issue_type"] for one in told["alerts"]} <= {issue}


def test_an_employee_is_told() -> None:
    """Every measure and window, and the alerts."""
    alerting = next(one.employee for one in shown().alerts if one.employee is not None)
    told = held(EMPLOYEE, answer(judging(), f"/api/v1/employees/{alerting}"))

    assert told["figures"] == orjson.loads(
        orjson.dumps([row for row in document(shown())["employees"] if row["employee"] == alerting])
    )
    assert [one["employee"] for one in told["alerts"]] == [alerting] * len(told["alerts"]) != []


@pytest.mark.parametrize(
    "name", ["a/b", "50%", "%2F", "zo\u00eb \u202e", "...", "<script>", "a?b#c", "\N{SNOWMAN}"]
)
def test_any_name_can_be_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever characters it has: quoted it is one part of a path."""
    health = judging()
    named = replace(shown(), employees=(name, *shown().employees[1:]))
    monkeypatch.setattr(health.ownership, "shown", lambda: named)

    got = answer(health, f"/api/v1/employees/{quote(name, safe='')}")
    assert held(EMPLOYEE, got)["employee"] == name


def test_a_question_that_is_none_is_told() -> None:
    """As the contract has it."""
    assert code(ALERTS, answer(judging(), f"{ALERTS}?state=open")) == (400, "bad_parameter")


def test_what_is_not_there_is_told() -> None:
    """With what to do."""
    stratum, employee = asked(judging(), "/api/v1/strata/voice/no-such", "/api/v1/employees/nobody")

    assert code(STRATUM, stratum) == (404, "unknown_stratum")
    assert code(EMPLOYEE, employee) == (404, "unknown_employee")


def test_in_team_mode_nobody_is_shown() -> None:
    """No employee, no alert about one, no name in any reason, nothing that tells whether one exists."""
    employee = next(one.employee for one in shown().alerts if one.employee is not None)
    [about] = [one.id for one in shown().alerts if one.employee == employee][:1]
    paths = (
        DOCUMENT,
        ALERTS,
        f"{ALERTS}/{about}",
        f"/api/v1/employees/{employee}",
        "/api/v1/employees/nobody",
    )
    everything, alerts, one, known, unknown = asked(judging(mode="team"), *paths)

    assert held(DOCUMENT, everything)["employees"] == []
    assert code(ALERT, one) == (404, "unknown_alert")
    assert code(EMPLOYEE, known) == (404, "employees_not_shown")
    assert known.body == unknown.body
    told = everything.text + held(ALERTS, alerts)["alerts"].__repr__()
    assert not [name for name in shown().employees if name in told]


def lost(health: Health) -> Health:
    """Return a worker to whom the judge has fallen and has not come yet."""
    health.holds_ledger = True
    return health


def unassigned(health: Health) -> Health:
    """Return a worker that the group has given nothing."""
    health.is_assigned = False
    return health


@pytest.mark.parametrize(
    ("health", "why"),
    [
        (lambda: at(worker()), "judge_elsewhere"),
        (lambda: lost(at(worker())), "recovering"),
        (lambda: unassigned(at(worker())), "recovering"),
        (lambda: at(worker(judged=3, follow_to=4)), "recovering"),
        (lambda: at(worker(judged=3)), "recovering"),
    ],
    ids=["elsewhere", "restoring", "unassigned", "behind", "not followed"],
)
def test_without_a_judge_nothing_is_shown(health: Any, why: str) -> None:
    """503 and when to ask again; before it has caught up too (rule 10 of the design)."""
    for path in (DOCUMENT, ALERTS, f"{ALERTS}/abcdef", "/api/v1/strata/voice/x", "/api/v1/employees/x"):
        got = answer(health(), path)

        assert (got.status, got.json["error"]["code"]) == (503, why)
        assert int(got.headers["Retry-After"]) > 0


def test_health_is_told_wherever_the_judge_is() -> None:
    """With the judge's times where they are shown, null elsewhere."""
    here, elsewhere, behind = (
        held(HEALTH, answer(one, HEALTH))
        for one in (judging(), at(worker()), at(worker(judged=3, follow_to=4)))
    )

    assert (here["judge"]["here"], here["judge"]["caught_up"]) == (True, True)
    assert here["judge"]["last_step"] == document(shown())["last_step"]
    assert here["config_hash"] == Config().fingerprint()
    assert (elsewhere["judge"]["here"], elsewhere["judge"]["ledger_position"]) == (False, None)
    assert (behind["judge"]["ledger_position"], behind["judge"]["last_step"]) == (3, None)


def test_what_has_not_changed_is_not_told_again() -> None:
    """304 for the same question about the same state; not for another question, nor by another process."""

    async def run() -> list[Answer]:
        async with serving(judging()) as server, serving(judging()) as other:
            got = await ask(server, DOCUMENT)
            seen = {"If-None-Match": got.headers["ETag"]}
            return [got] + [
                await ask(of, path, seen)
                for of, path in ((server, DOCUMENT), (server, ALERTS), (other, DOCUMENT))
            ]

    got, same, elsewhere, anew = asyncio.run(run())
    assert [one.status for one in (got, same, elsewhere, anew)] == [200, 304, 200, 200]
    assert same.body == b""
    assert same.headers["ETag"] == got.headers["ETag"]
