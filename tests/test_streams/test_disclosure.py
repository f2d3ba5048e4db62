"""Disclosure: in team mode no employee leaves, under any name, and no group of few has figures."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import cache
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from columns import PLAIN, Row, hours, segment
from commands import document_of, simulated, touchpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_windows import KINDS, names_of, random_window
from pages import alert as made
from pages import judged, series_on, text_of, view_of, with_z

import streams
from models.cells import CellSums
from models.detectors.spread import SPREAD, detect, explain, without_name
from models.evidence import JudgedWindow, Names, judged_window
from models.judge import Judge
from models.settings import DetectorSettings
from models.snapshot import Coverage, Snapshot
from streams.disclosure import alerts_shown, disclosed, shown
from streams.document import document
from streams.privacy_settings import PrivacyConfig
from streams.publication import Publication
from streams.terminal import report

TEAM = PrivacyConfig(mode="team")
MARK = "\N{SNOWMAN}"
"""Stands in every name of a test, and nowhere else."""

names = st.text(st.characters(codec="utf-8"), max_size=6).map(lambda text: f"{MARK}{text}")
SPLIT = made(kind="stratum_split", channel="voice", issue_type="billing", evidence=(("employees", 9.0),))


def everything(snapshot: Snapshot) -> str:
    """Return all that is made of a snapshot: the page, the document, the report and the alerts' records."""
    told = document(snapshot)
    publication = Publication("0" * 12, persons=False)
    records = [record for _, record in publication.due(snapshot.alerts, 1, None)]
    lines = "\n".join(report(told))
    return text_of(view_of(snapshot)) + json.dumps([told, records], ensure_ascii=False) + lines


def rests_on(name: str) -> str:
    """Return the reason of a split that one employee of this name makes."""
    window = lonely()
    findings = detect(window, DetectorSettings())
    called = Names([name] * window.employees, names_of(window).strata)
    [reason] = [one for one in explain(window, findings, 0, called) if one.startswith("it rests on")]
    return reason


@cache
def lonely() -> JudgedWindow:
    """Return a window of a stratum in which one of 20 employees refuses nearly all and the others a third."""
    n = np.full(20, 90)
    observed = np.full(20, 30.0)
    observed[7] = 80.0
    sums = CellSums(n, observed, observed - 30.0, np.full(20, 20.0))
    cells = np.arange(20, dtype=np.int32), np.zeros(20, np.int32)
    return judged_window(KINDS[0], cells, sums, np.ones(20, np.bool_), 20, 1)


@settings(max_examples=10, deadline=None)
@given(drawn=st.lists(names, min_size=4, max_size=12, unique=True), ended=st.booleans())
def test_no_name_leaves(drawn: list[str], ended: bool) -> None:
    """Whatever employees are called, nothing that is made of a snapshot in team mode holds a name."""
    of = [*drawn, *(f"{MARK * 2}{place}" for place in range(len(drawn), len(judged().employees)))]
    until = 1_704_153_600_000_000 if ended else None
    persons = [
        made(id=f"{place:016}", employee=name, until=until, evidence=SPLIT.evidence)
        for place, name in enumerate(drawn)
    ]
    split = replace(
        SPLIT, until=until, reasons=("like cases end differently", rests_on(of[3]), "ended: no longer")
    )
    snapshot = replace(judged(), employees=tuple(of), alerts=(*persons, split))
    assert all(name in json.dumps(document(snapshot), ensure_ascii=False) for name in map(json_text, drawn))

    left = disclosed(snapshot, TEAM)
    told = everything(left)

    assert MARK not in told
    assert left.employees == ("",) * len(of)
    assert "employee_outlier" not in {one["kind"] for one in document(left)["alerts"]}
    assert "it rests on one employee: a factor" in told


def json_text(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)[1:-1]


@settings(max_examples=50)
@given(name=st.one_of(names, st.just(f"{MARK}: a factor 2.00 is left without")))
def test_a_reason_says_the_same_without_the_name(name: str) -> None:
    """Even where the name looks like the rest of the sentence."""
    reason = rests_on(name)

    assert MARK in reason
    assert without_name(reason) == reason.replace(f", {name}", "")
    assert without_name(without_name(reason)) == without_name(reason)


@pytest.mark.parametrize("measure", KINDS, ids=lambda measure: measure.name)
def test_other_reasons_stay(measure: Any) -> None:
    """What names nobody is left as it is, figures and all."""
    window = random_window(measure, 3, tau=1.0)
    for stratum in range(window.strata):
        reasons = SPREAD.explain(window, detect(window, DetectorSettings()), stratum, names_of(window))
        assert [without_name(one) for one in reasons if "rests on one employee," not in one] == [
            one for one in reasons if "rests on one employee," not in one
        ]


@pytest.mark.parametrize("mode", ["pseudonym", "named"])
def test_the_other_modes_show_all(mode: Any) -> None:
    """It is the very same snapshot."""
    assert disclosed(judged(), PrivacyConfig(mode=mode)) is judged()


def test_every_part_of_a_snapshot_has_been_thought_of() -> None:
    """Whoever adds one to it decides in `streams.disclosure` whether it may leave, and then here."""
    of_nobody = (
        "counts sources watermark last_step window_end origin warm steps corrections repeat_contacts "
        "open_cases refused_names forced silent_partitions channels issue_types strata"
    )
    treated = (
        "employees by_stratum by_channel by_issue_type strata_found employees_found headcounts coverage "
        "alerts alerts_ended"
    )
    assert {field.name for field in fields(Snapshot)} == {*of_nobody.split(), *treated.split()}


def test_nobody_else_takes_a_snapshot_of_the_judge() -> None:
    """In the shell the judge is asked for what it shows in one place, so that no way out is forgotten."""
    [folder] = streams.__path__
    asks = {
        path.relative_to(folder).as_posix()
        for path in Path(folder).rglob("*.py")
        if any(text in path.read_text() for text in (".snapshot(", "judge.alerts"))
    }
    assert asks == {"disclosure.py"}


Handled = tuple[int, int, str, str, bool]
handled: st.SearchStrategy[Handled] = st.tuples(
    st.integers(0, 9),
    st.integers(0, 7),
    st.sampled_from(["voice", "chat", "email"]),
    st.sampled_from(["billing", "refund", "delivery", "login"]),
    st.booleans(),
)


def judge_of(rows: Sequence[Row]) -> Judge:
    """Return a judge to whom all days have ended."""
    judge = Judge(PLAIN)
    judge.apply(segment(rows))
    judge.finish()
    return judge


def rows_of(drawn: Sequence[Handled]) -> list[Row]:
    """Return handlings of ten days, two an employee, day and stratum."""
    drawn = sorted(drawn)
    return [
        Row(hours(day * 24 + 9), number, f"e{employee}", issue, channel, handle_time_s=60.0 if timed else nan)
        for number, (day, employee, channel, issue, timed) in enumerate(drawn)
    ]


def figures_of(told: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str | None, str | None]]:
    """Yield every entry of a group in a document with its channel and issue type."""
    for level in ("strata", "channels", "issue_types"):
        for entry in told[level]:
            yield entry, entry.get("channel"), entry.get("issue_type")


@settings(max_examples=25, deadline=None)
@given(drawn=st.lists(handled, min_size=60, max_size=160))
def test_enough_employees_stand_behind_every_figure(drawn: list[Handled]) -> None:
    """By the rows themselves: what a group shows for a measure and window at least so many have handled."""
    rows = rows_of(drawn)
    snapshot = shown(judge_of(rows), TEAM)
    last = (snapshot.last_step or 0) // hours_of(24)
    for entry, channel, issue in figures_of(document(snapshot)):
        days = int(entry["window"].removesuffix("d"))
        who = {
            row.employee
            for row in rows
            if channel in {None, row.channel}
            and issue in {None, row.issue}
            and last - days <= row.time // hours_of(24) < last
            and (entry["measure"] == "refused" or row.handle_time_s > 0)
        }
        assert len(who) >= TEAM.employees_min


def hours_of(count: int) -> int:
    return hours(count) - hours(0)


def test_figures_that_nobody_was_counted_for_are_hidden() -> None:
    """Rolling windows that go on after the step are of others than the step's: they show nothing."""
    judge = judge_of(rows_of([(day, who, "voice", "billing", True) for day in range(10) for who in range(8)]))
    judge.apply(segment([Row(hours(245), 900, "e0"), Row(hours(260), 901, "e0")], 80))

    assert judge.snapshot().window_end != judge.last_step
    assert list(figures_of(document(disclosed(judge.snapshot(), TEAM)))) == []
    assert list(figures_of(document(shown(judge, TEAM)))) != []


def test_strata_that_nobody_was_counted_for_are_hidden() -> None:
    """A stratum that appears after the step has no figures yet, and breaks nothing."""
    judge = judge_of(rows_of([(day, who, "voice", "billing", True) for day in range(10) for who in range(8)]))
    before = document(shown(judge, TEAM))
    judge.apply(segment([Row(hours(245), 900, "e0", "new", "chat"), Row(hours(260), 901, "e0")], 80))

    after = document(shown(judge, TEAM))
    assert [after[level] for level in ("strata", "channels", "issue_types")] == [
        before[level] for level in ("strata", "channels", "issue_types")
    ]


def test_what_lies_between_few_is_hidden() -> None:
    """A stratum of many shows no tau of the four with enough evidence: it would be their figures."""
    snapshot = judged()
    found = tuple(replace(one, employees=np.full_like(one.employees, 4)) for one in snapshot.strata_found)
    left = disclosed(replace(snapshot, strata_found=found), TEAM)

    assert any(one.first_contacts.any() for one in left.strata_found)
    for one in left.strata_found:
        assert np.isnan([one.tau2, one.i2, one.icc]).all()


def test_a_hidden_stratum_shows_nothing_at_all() -> None:
    """Neither how many handlings it had nor how many first contacts; those that are shown show all."""
    snapshot = judged()
    heads = tuple(
        replace(one, by_stratum=np.where(np.arange(one.by_stratum.shape[1]) == 3, 1, one.by_stratum))
        for one in snapshot.headcounts
    )
    left = disclosed(replace(snapshot, headcounts=heads), TEAM)

    names = {(row["channel"], row["issue_type"]) for row in document(left)["strata"]}
    assert snapshot.strata[3] not in names
    assert names
    for one, before in zip(left.by_stratum, snapshot.by_stratum, strict=True):
        kept = one.handlings > 0
        assert (one.handlings[kept] == before.handlings[kept]).all()
        assert np.isnan(one.mean[~kept]).all()
    for figures in left.strata_found:
        assert (figures.employees[3], figures.first_contacts[3]) == (0, 0)
        assert isnan(figures.tau2[3])


def test_the_shape_of_all_employees_stays() -> None:
    """The histogram of z is that of the other modes; nobody is named, and how many there are is told."""
    open_page, team_page = (series_on(text_of(view_of(one))) for one in (judged(), disclosed(judged(), TEAM)))

    assert (
        team_page["touchpoint_employee_funnel_z_bucket"] == open_page["touchpoint_employee_funnel_z_bucket"]
    )
    entities = "touchpoint_state_entities"
    assert team_page[entities] == open_page[entities]
    named = [labels for labels in team_page for one in team_page[labels] if "employee" in dict(one)]
    assert {dict(one)["employee"] for name in named for one in team_page[name]} <= {"*"}


def test_a_shape_of_few_is_hidden() -> None:
    """Where fewer than enough employees could be judged there is no histogram of them."""
    others = [nan] * (len(judged().employees) - 5)
    four = with_z(judged(), refused=[1.0, 2.0, nan, 3.0, 4.0, *others])
    five = with_z(judged(), refused=[3.0, 2.0, 5.0, 4.0, 1.0, *others])

    assert all(np.isnan(one.z).all() for one in disclosed(four, TEAM).employees_found)
    [z, *_] = [one.z for one in disclosed(five, TEAM).employees_found if one.measure == "refused"]
    assert z[:5].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize(
    ("one", "stays"),
    [
        (Coverage("stratum_split", "refused", 0.5, 1, 2), True),
        (Coverage("employee_outlier", "refused", 0.987654, 20, 20), True),
        (Coverage("employee_outlier", "refused", 0.98, 20, 25), True),
        (Coverage("employee_outlier", "refused", 0.98, 20, 21), False),
        (Coverage("employee_outlier", "refused", 0.2, 4, 30), False),
        (Coverage("employee_outlier", "refused", 0.0, 0, 30), True),
    ],
)
def test_coverage_tells_nothing_of_few(one: Coverage, stays: bool) -> None:
    """The share of one employee who could not be judged would be his own; shares are told in percent."""
    [*left] = disclosed(replace(judged(), coverage=(one,)), TEAM).coverage

    assert left == ([replace(one, handlings_share=round(one.handlings_share, 2))] if stays else [])


def test_how_many_alerts_about_persons_have_ended_is_not_told() -> None:
    """Nor is that there were any; those about groups are counted on."""
    snapshot = replace(judged(), alerts_ended={"employee_outlier": 3, "stratum_split": 2})

    assert disclosed(snapshot, TEAM).alerts_ended == {"stratum_split": 2}


@pytest.mark.parametrize("evidence", [(), (("employees", 4.0),), (("employees", nan),), (("z", 9.0),)])
def test_an_alert_on_few_is_hidden(evidence: tuple[tuple[str, float], ...]) -> None:
    """One that rests on fewer than enough employees, or does not say on how many, stays with the judge."""
    snapshot = replace(judged(), alerts=(SPLIT, replace(SPLIT, id="1" * 16, evidence=evidence)))

    assert disclosed(snapshot, TEAM).alerts == (SPLIT,)


def test_what_is_published_is_what_is_shown() -> None:
    """Alerts for the topic are those of the snapshot, in every mode."""
    judge = judge_of([])
    for mode in ("team", "pseudonym", "named"):
        privacy = PrivacyConfig(mode=mode)
        assert tuple(alerts_shown(judge, privacy)) == shown(judge, privacy).alerts


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lend a centre of 40 employees in which one and a stratum are inconsistent."""
    path = tmp_path_factory.mktemp("team") / "events.jsonl"
    return simulated(path, employees=40, days=30, handlings_per_day=500)


def test_a_replay_in_team_mode_names_nobody(events: Path, tmp_path: Path) -> None:
    """Document, report and page hold no pseudonym and no id of the events; the state is the same."""
    team, page = ("--set", "privacy.mode=team"), tmp_path / "page.txt"
    with_names, without = document_of(events), document_of(events, *team)
    told = (
        json.dumps(without) + touchpoint("replay", events, *team, "--metrics", page).stdout + page.read_text()
    )
    persons = {entry["employee"] for entry in with_names["employees"]}
    ids = {json.loads(line)["employee_id"] for line in events.read_text().splitlines()} - {None}

    assert len(persons) > 30
    assert {alert["kind"] for alert in with_names["alerts"]} == {"stratum_split", "employee_outlier"}
    assert [name for name in persons | ids if name in told] == []
    assert without["employees"] == []
    assert {alert["kind"] for alert in without["alerts"]} == {"stratum_split"}
    assert without["state"] == with_names["state"]
    assert 0 < len(without["strata"]) <= len(with_names["strata"])


def test_alerts_about_groups_are_the_same_in_every_mode(events: Path) -> None:
    """But for a name in a reason."""
    splits = [alert for alert in document_of(events)["alerts"] if alert["kind"] == "stratum_split"]
    for split in splits:
        split["reasons"] = [without_name(reason) for reason in split["reasons"]]

    assert document_of(events, "--set", "privacy.mode=team")["alerts"] == splits
