"""Simulation: the centre is a realistic one, and refusals happen as its truth says."""

import json

import numpy as np
import pytest
from simulated import DAYS, centre, column, days, expit, refused, speaks, truth_of

from models.handling import CHANNELS
from models.settings import DAY
from models.simulation import KINDS, Centre, SimulationSettings


@pytest.mark.parametrize("seed", range(4))
def test_volume_is_what_was_asked_for(seed: int) -> None:
    """A day has the handlings of the settings, mean over whole weeks."""
    count = [len(centre(seed=seed).day(index).handlings) for index in range(28)]
    assert np.mean(count) == pytest.approx(1_000, rel=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_most_contacts_are_first_ones(seed: int) -> None:
    """60 to 85 % of handlings are first contacts."""
    repeat = np.concatenate([centre(seed=seed).day(index).repeat for index in range(14)])
    assert 0.60 < 1 - repeat.mean() < 0.85


def test_a_refusal_brings_customers_back() -> None:
    """Refused customers come back more often, mostly to somebody else, some on another channel."""
    simulated = days()
    case, first = column(simulated, "case"), ~column(simulated, "repeat")
    refusal, named = refused(simulated), column(simulated, "case_stated")
    returned = np.isin(case, case[column(simulated, "repeat")])
    begun = first & named & (column(simulated, "time") < simulated[-8].start)
    assert returned[begun & refusal].mean() > 2 * returned[begun & ~refusal].mean()

    order = np.argsort(case, kind="stable")
    same = (np.diff(case[order]) == 0) & named[order][1:]
    here, there = order[:-1][same], order[1:][same]
    employee, channel = column(simulated, "employee"), column(simulated, "channel")
    assert np.mean(employee[here] != employee[there]) > 0.8
    assert 0.1 < np.mean(channel[here] != channel[there]) < 0.5
    assert (column(simulated, "time")[there] - column(simulated, "time")[here] < 8 * DAY).all()


def test_employees_have_different_cases_at_different_hours() -> None:
    """Case mix and shift differ by employee, and each works in some strata only."""
    simulated = days()
    employee, human = column(simulated, "employee"), column(simulated, "employee") >= 0
    hour = column(simulated, "time") % DAY / (DAY / 24)
    stratum = column(simulated, "channel").astype(int) * 1_000 + column(simulated, "issue")
    strata = {int(s): refused(simulated)[stratum == s].mean() for s in np.unique(stratum[human])}
    mix = np.array([strata.get(int(s), 0.0) for s in stratum])
    means = [mix[employee == who].mean() for who in range(60)]
    assert np.std(means) > 0.03
    assert np.ptp([hour[employee == who].mean() for who in range(60)]) > 5
    worked = [len(np.unique(stratum[employee == who])) for who in range(60)]
    assert max(worked) < len(strata) * 2 / 3
    assert np.median(worked) >= 4


def test_weekends_are_quiet() -> None:
    """Days have a weekday profile; the first day of 2024 was a Monday."""
    count = np.array([len(day.handlings) for day in days()]).reshape(-1, 7).mean(axis=0)
    assert count[5:].max() < 0.75 * count[:5].min()


def test_some_customers_answer_and_the_discontent_more_often() -> None:
    """10 to 20 % of employees' handlings are rated, and scores follow the outcome."""
    simulated = days()
    survey, human = column(simulated, "survey"), column(simulated, "employee") >= 0
    assert 0.10 < np.isfinite(survey[human]).mean() < 0.20
    assert set(survey[np.isfinite(survey)] * 4 + 1) == {1, 2, 3, 4, 5}
    refusal = refused(simulated)
    assert np.nanmean(survey[~refusal]) - np.nanmean(survey[refusal]) > 0.3


def test_days_and_issue_types_have_bad_days() -> None:
    """Refusals of an issue type vary more between days than chance would have it."""

    def variation(**changes: float) -> float:
        still = {"drift": 0.0, "bad_day_share": 0.0, "tau0": 0.0} | changes
        simulated = tuple(Centre(SimulationSettings(days=60, **still), 1).days())  # type: ignore[arg-type]
        first = ~column(simulated, "repeat")
        day = np.repeat(np.arange(60), [len(day.repeat) for day in simulated])
        issue, rate = column(simulated, "issue"), expit(column(simulated, "log_odds"))
        daily = [[rate[first & (day == d) & (issue == k)].mean() for d in range(60)] for k in range(3)]
        return float(np.std(daily, axis=1).mean())

    assert variation(bad_day_share=0.1) > 1.2 * variation()
    assert variation(drift=0.5) > 1.2 * variation()


@pytest.mark.parametrize("name", ["none", *KINDS])
def test_refusals_match_the_log_odds(name: str) -> None:
    """Refusals agree with their expected number within 4 standard errors, in all and in each tenth."""
    simulated = days(name)
    speaking = speaks(simulated)
    y, p = refused(simulated)[speaking], expit(column(simulated, "log_odds")[speaking])
    groups = [np.arange(len(p)), *np.array_split(np.argsort(p), 10)]
    z = [(y[g].sum() - p[g].sum()) / np.sqrt((p[g] * (1 - p[g])).sum()) for g in groups]
    assert np.abs(z).max() < 4


def test_strata_are_as_the_truth_describes_them() -> None:
    """Contacts and refusal rate of each stratum are near those that `truth` states."""
    simulated = days()
    rows, human = simulated[0].handlings, column(simulated, "employee") >= 0
    first = human & ~column(simulated, "repeat")
    strata = truth_of(centre())["strata"]
    assert sum(stratum["contacts_per_day"] for stratum in strata) == pytest.approx(
        first.sum() / DAYS, rel=0.03
    )
    for stratum in strata:
        inside = first & (column(simulated, "channel") == CHANNELS.index(stratum["channel"]))
        inside &= column(simulated, "issue") == rows.issues.index(stratum["issue_type"])
        here = column(simulated, "employee")[inside]
        assert len(np.unique(here)) <= stratum["employees"]
        assert inside.sum() / DAYS == pytest.approx(stratum["contacts_per_day"], rel=0.15, abs=0.5)
        if inside.sum() > 1_000:
            rate = refused(simulated)[inside & speaks(simulated)].mean()
            assert rate == pytest.approx(stratum["refused_rate"], abs=0.08)


def test_harmless_spread_is_tau0() -> None:
    """Without anything planted employees differ by tau0, and by nothing where tau0 is 0."""
    many = truth_of(Centre(SimulationSettings(employees=2_000, tau0=0.3), 1))
    none = truth_of(Centre(SimulationSettings(tau0=0.0), 1))
    for stratum in many["strata"]:
        assert stratum["tau"] == stratum["tau_harmless"] == pytest.approx(0.3, rel=0.2)
    assert {stratum["tau"] for stratum in none["strata"]} == {0.0}


def test_truth_is_json() -> None:
    """The truth survives a round through JSON, with kind, place, size, onset, seed and settings."""
    truth = json.loads(json.dumps(centre("demo").truth()))
    assert truth["seed"] == 1
    assert truth["settings"]["start"] == "2024-01-01"
    assert [planted["kind"] for planted in truth["inconsistencies"]] == ["employee", "stratum"]
    assert {planted["onset"] for planted in truth["inconsistencies"]} == {"2024-01-11T00:00:00Z"}
