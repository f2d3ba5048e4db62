"""Simulation: days repeat, and come as columns and as events of the same content."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from simulated import DAYS, centre, column, days, events_of

from models.handling import CHANNELS, CODED_FACTS, GOALS, NO_CASE, NO_REVISION, OUTCOMES, Handlings
from models.settings import DAY, SECOND
from models.simulation import Centre, Day, SimulationSettings

REQUIRED = {"event_id", "occurred_at", "employee_id", "channel", "issue_type", "outcome"}


def written(day: Day) -> bytes:
    return "\n".join(json.dumps(event) for event in day.events()).encode()


def test_same_settings_and_seed_give_the_same_events_byte_for_byte() -> None:
    """Two centres of one seed write the same lines."""
    one, other = (Centre(SimulationSettings(days=9), seed=5) for _ in range(2))
    assert [written(day) for day in one.days()] == [written(day) for day in other.days()]


def test_another_seed_gives_other_events() -> None:
    """A seed decides everything."""
    assert written(centre(seed=1).day(0)) != written(centre(seed=2).day(0))


@pytest.mark.parametrize("index", [0, 3, 20])
def test_a_day_does_not_depend_on_the_days_asked_before(index: int) -> None:
    """A day asked by itself equals the same day in a row of days."""
    assert written(Centre(SimulationSettings(days=DAYS), 1).day(index)) == written(days()[index])


def test_a_day_does_not_depend_on_the_number_of_days() -> None:
    """A longer simulation begins with the shorter one."""
    assert written(Centre(SimulationSettings(days=500), 1).day(30)) == written(days()[30])


def test_what_is_planted_leaves_the_centre_as_it_was() -> None:
    """First contacts come to the same employees at the same times, whatever is planted."""
    plain, planted = days()[30], days("demo")[30]
    for name in ("time", "event", "employee", "channel", "issue"):
        one, other = (column((day,), name)[~column((day,), "repeat")] for day in (plain, planted))
        assert np.array_equal(one, other)


def test_there_is_no_day_beyond_the_last() -> None:
    """A day outside the settings is an error, not an invention."""
    for index in (-1, DAYS):
        with pytest.raises(IndexError):
            centre().day(index)


def time_of(text: str) -> int:
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int(time.replace(microsecond=0).timestamp()) * SECOND + time.microsecond


def scaled(survey: dict[str, float]) -> float:
    return (survey["score"] - survey["scale_min"]) / (survey["scale_max"] - survey["scale_min"])


@pytest.mark.parametrize("name", ["none", "demo"])
def test_events_say_what_the_columns_say(name: str) -> None:
    """Columns rebuilt from a day's events equal the day's columns."""
    day = days(name)[15]
    events, rows = events_of(day), day.handlings
    assert len(events) == len(rows) > 0
    assert [time_of(event["occurred_at"]) for event in events] == rows.time.tolist()
    assert [event["event_id"] for event in events] == [f"evt-{event:016x}" for event in rows.event.tolist()]
    names = [None if who < 0 else rows.employees[who] for who in rows.employee.tolist()]
    assert [event["employee_id"] for event in events] == names
    assert [CHANNELS.index(event["channel"]) for event in events] == rows.channel.tolist()
    assert [rows.issues.index(event["issue_type"]) for event in events] == rows.issue.tolist()
    for fact in ("outcome", "goal_attained"):
        codes = [CODED_FACTS[fact].index(event[fact]) if fact in event else -1 for event in events]
        assert codes == rows.facts[fact].tolist()
    assert [int(event.get("sla_met", -1)) for event in events] == rows.facts["sla_met"].tolist()
    assert [event["handle_time_s"] for event in events] == rows.facts["handle_time_s"].tolist()
    survey = [scaled(event["survey"]) if "survey" in event else np.nan for event in events]
    assert np.array_equal(survey, rows.facts["survey"].astype(np.float64), equal_nan=True)


def test_cases_are_told_apart_alike() -> None:
    """Events of one case, or else of one customer and issue type, have one case number, and no others."""
    simulated = days()[:20]
    events = [event for day in simulated for event in events_of(day)]
    keys = [
        event.get("case_id") or (event.get("customer_id") and (event["customer_id"], event["issue_type"]))
        for event in events
    ]
    numbers = column(simulated, "case").tolist()
    known = {(key, number) for key, number in zip(keys, numbers, strict=True) if key}
    assert len(known) == len({key for key, _ in known}) == len({number for _, number in known})
    assert all((number == NO_CASE) == (key is None) for key, number in zip(keys, numbers, strict=True))


def test_columns_have_the_types_of_handlings() -> None:
    """The judge gets what it is promised."""
    rows = days()[0].handlings
    assert isinstance(rows, Handlings)
    types = {"time": "i8", "event": "u8", "case": "u8", "employee": "i4", "channel": "i1", "issue": "i4"}
    assert {name: getattr(rows, name).dtype.str[1:] for name in types} == types
    assert set(rows.revision.tolist()) == {NO_REVISION}


def test_required_fields_are_there_and_words_are_known() -> None:
    """Every event has the six required fields, and only words of the enumerations."""
    for event in events_of(days("demo")[12]):
        assert event.keys() >= REQUIRED
        assert event["channel"] in CHANNELS
        assert event["outcome"] in OUTCOMES
        assert event.get("goal_attained", "yes") in GOALS
        assert None not in (value for name, value in event.items() if name != "employee_id")


def test_only_what_no_human_handled_has_no_employee() -> None:
    """`employee_id` is null for bots and self-service, and for nobody else."""
    kinds = Counter((event["employee_id"] is None, event["employee_kind"]) for event in events_of(days()[12]))
    assert set(kinds) == {(False, "human"), (True, "bot"), (True, "self_service")}


def test_times_are_in_order_and_within_the_day() -> None:
    """Days follow on each other without gap or overlap, and handlings end after they began."""
    for before, after in pairwise(days()[:20]):
        assert after.start == before.start + DAY
    for day in days()[:20]:
        time = day.handlings.time
        assert (np.diff(time) >= 0).all()
        assert day.start <= time[0]
        assert time[-1] < day.start + DAY
        assert all(event["started_at"] < event["occurred_at"] for event in events_of(day))


def test_events_are_unique() -> None:
    """No event id comes twice."""
    event = column(days(), "event")
    assert len(np.unique(event)) == len(event)


def test_some_events_name_no_case_and_a_few_not_even_a_customer() -> None:
    """Upstream leaves ids out, so the simulator does."""
    events = [event for day in days()[:20] for event in events_of(day)]
    assert 0.05 < np.mean(["case_id" not in event for event in events]) < 0.15
    neither = ["case_id" not in event and "customer_id" not in event for event in events]
    assert 0.005 < np.mean(neither) < 0.04


def test_duplicates_and_disorder_come_only_when_asked_for() -> None:
    """Copies are exact, and nothing arrives later than it may."""
    asked = SimulationSettings(days=5, duplicate_share=0.05, disorder_share=0.2, disorder_s=600)
    day, plain = Centre(asked, 1).day(3), Centre(SimulationSettings(days=5), 1).day(3)
    texts = Counter(json.dumps(event) for event in day.events())
    assert set(texts) == {json.dumps(event) for event in plain.events()}
    assert 0.02 < (texts.total() - len(texts)) / len(texts) < 0.08
    behind = np.maximum.accumulate(day.handlings.time) - day.handlings.time
    assert 0 < behind.max() <= 600 * SECOND
