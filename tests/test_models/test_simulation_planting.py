"""Simulation: what is planted is there, from its onset on, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from simulated import after_onset, centre, column, days, expit, of_planted, refused, speaks, truth_of

from models.settings import DAY
from models.simulation import Centre, SimulationSettings, inconsistencies
from models.simulation.planting import split


def added_log_odds(y: NDArray[np.bool_], natural: NDArray[np.float64]) -> tuple[float, float]:
    """Estimate what is added to known log odds, by maximum likelihood, and its standard error."""
    added = 0.0
    for _ in range(20):
        p = expit(natural + added)
        added += float((y - p).sum() / (p * (1 - p)).sum())
    return added, float((p * (1 - p)).sum() ** -0.5)


@pytest.mark.parametrize(("name", "size"), [("employee", 1.5), ("issue", 1.2), ("channel", 1.0)])
def test_the_odds_change_by_the_size_planted(name: str, size: float) -> None:
    """Refusals show the planted log odds after the onset, none before, and none anywhere else."""
    simulated = days(name)
    _, touched = of_planted(name)
    now, speaking = after_onset(simulated), speaks(simulated)
    planted = column(simulated, "planted")
    assert set(planted[touched & now].round(9)) == {size}
    assert not planted[~(touched & now)].any()
    mine = touched & now & speaking
    natural = (column(simulated, "log_odds") - planted)[mine]
    added, error = added_log_odds(refused(simulated)[mine], natural)
    assert error < 0.25
    assert added == pytest.approx(size, abs=4 * error)


def test_a_split_parts_the_employees_and_leaves_the_mean() -> None:
    """Half the employees refuse more and half less, 2 tau apart; the stratum's rate stays."""
    seed = 2  # a quarter is refused: at one half a split moves the mean little, whether it is held or not
    simulated = days("stratum", seed)
    truth, touched = of_planted("stratum", seed)
    planted, log_odds = column(simulated, "planted"), column(simulated, "log_odds")
    now = touched & after_onset(simulated)
    assert not planted[~now].any()
    names = simulated[0].handlings.employees
    more = np.isin(column(simulated, "employee"), [names.index(n) for n in truth["employees_refusing_more"]])
    less = np.isin(column(simulated, "employee"), [names.index(n) for n in truth["employees_refusing_less"]])
    assert not (more & less).any()
    assert np.array_equal(now & (more | less), now)
    assert planted[now & more].min() > 0.5
    assert planted[now & less].max() < -0.5
    assert 0.45 < more[now].mean() < 0.55
    before, after = expit((log_odds - planted)[now]).mean(), expit(log_odds[now]).mean()
    assert after == pytest.approx(before, abs=0.015)
    estimates = []
    for part in (more, less):
        mine = now & part & speaks(simulated)
        estimates.append(added_log_odds(refused(simulated)[mine], (log_odds - planted)[mine]))
    (up, up_error), (down, down_error) = estimates
    assert up - down == pytest.approx(2 * 1.2, abs=4 * np.hypot(up_error, down_error))
    strata = {(s["channel"], s["issue_type"]): s["tau"] for s in truth_of(centre("stratum", seed))["strata"]}
    assert strata.pop((truth["channel"], truth["issue_type"])) == pytest.approx(1.2, rel=0.15)
    assert max(strata.values()) < 0.3


@given(
    natural=st.floats(-8, 8),
    tau=st.floats(0.01, 5),
    part_plus=st.floats(0.05, 0.95),
)
def test_a_split_keeps_the_mean_rate_whatever_the_halves(
    natural: float, tau: float, part_plus: float
) -> None:
    """The two halves, weighted by their work, have the rate from before, and lie 2 tau apart."""
    more, less = split(np.full(2, natural), np.array([1.0, -1.0]), tau, part_plus)
    assert more - less == pytest.approx(2 * tau)
    rate = part_plus * expit(more) + (1 - part_plus) * expit(less)
    assert rate == pytest.approx(expit(np.array(natural)), rel=1e-6)


def test_a_shift_goes_from_half_below_to_half_above() -> None:
    """The employee changes by the size at the onset."""
    simulated = days("shift")
    _, touched = of_planted("shift")
    planted, now = column(simulated, "planted"), after_onset(simulated)
    assert set(planted[touched & ~now].round(9)) == {-0.6}
    assert set(planted[touched & now].round(9)) == {0.6}
    assert not planted[~touched].any()


def test_an_erratic_employee_has_one_mood_a_day() -> None:
    """All handlings of a day share a mood; moods have the standard deviation planted."""
    simulated = days("erratic")
    _, touched = of_planted("erratic")
    planted, day = column(simulated, "planted"), column(simulated, "time") // DAY
    now = touched & after_onset(simulated)
    assert not planted[~now].any()
    moods = [set(planted[now & (day == d)].round(9)) for d in np.unique(day[now])]
    assert {len(mood) for mood in moods} == {1}
    assert np.std([mood.pop() for mood in moods]) == pytest.approx(1.0, rel=0.4)


def test_a_perception_gap_pleases_the_books_and_not_the_customers() -> None:
    """In the stratum refusals fall and survey scores fall too."""
    simulated, plain = days("perception"), days()
    _, touched = of_planted("perception")
    now = touched & after_onset(simulated)
    where = [np.isin(column(s, "event"), column(simulated, "event")[now]) for s in (simulated, plain)]
    gap, usual = (
        np.nanmean(column(s, "survey")[w & ~refused(s)])
        for s, w in zip((simulated, plain), where, strict=True)
    )
    assert gap < usual - 0.1
    assert refused(simulated)[where[0]].mean() < refused(plain)[where[1]].mean() - 0.05


@pytest.mark.parametrize("seed", range(6))
def test_the_demo_can_be_found(seed: int) -> None:
    """The employee has usual, varied work outside the split stratum, which has people and cases enough."""
    truth = truth_of(centre("demo", seed))
    employee, stratum = truth["inconsistencies"]
    assert 9 <= employee["contacts_per_day"] <= 16
    assert employee["strata"] >= 4
    assert employee["information_28d"] > 30
    people = stratum["employees_refusing_more"] + stratum["employees_refusing_less"]
    assert len(people) >= 12
    assert employee["employee"] not in people
    assert stratum["contacts_per_day"] >= 40
    assert stratum["information_28d"] > 150
    rates = {(s["channel"], s["issue_type"]): s["refused_rate"] for s in truth["strata"]}
    assert 0.18 < rates[stratum["channel"], stratum["issue_type"]] < 0.42


def test_several_of_a_kind_find_places_of_their_own() -> None:
    """Fifteen employees and three strata are fifteen and three different ones."""
    wanted = 15 * inconsistencies("employee") + 3 * inconsistencies("stratum")
    crowd = Centre(SimulationSettings(employees=300, inconsistencies=wanted), 1)
    places = truth_of(crowd)["inconsistencies"]
    assert len({place["employee"] for place in places} - {None}) == 15
    assert len({(place["channel"], place["issue_type"]) for place in places} - {(None, None)}) == 3
