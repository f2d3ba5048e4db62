"""Expected outcomes: what peers would have come to with the same mix of cases."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_expectation import First, NaiveExpectation
from numpy.typing import NDArray

from models.expectation import CellRegistry, Expectation
from models.handling import CHANNELS
from models.settings import ExpectationSettings, Kind

EMPLOYEES = ("ann", "bob", "cas")
ISSUES = ("billing", "refund")


class Adjusted:
    """An expectation that takes names."""

    def __init__(self, kind: Kind) -> None:
        self.registry = CellRegistry()
        self.expectation = Expectation(kind, ExpectationSettings())

    def judge(self, rows: Sequence[First]) -> NDArray[np.float64]:
        """Return the expected outcome of each row."""
        channel = np.array([CHANNELS.index(row.channel) for row in rows], np.int32)
        issue = np.array([ISSUES.index(row.issue) for row in rows], np.int32)
        employee = np.array([EMPLOYEES.index(row.employee) for row in rows], np.int32)
        stratum = self.registry.strata.assign(channel, issue)
        day, band, value = (
            np.array([getattr(row, name) for row in rows], dtype)
            for name, dtype in (("day", np.int64), ("band", np.int64), ("value", np.float64))
        )
        like = self.registry.contacts(self.registry.assign(employee, stratum), day)
        return self.expectation.judge(self.registry, like, band, np.ones(len(rows), np.int64), value)


def firsts(value: st.SearchStrategy[float]) -> st.SearchStrategy[list[First]]:
    one = st.builds(
        First,
        employee=st.sampled_from(EMPLOYEES),
        channel=st.sampled_from(("voice", "chat")),
        issue=st.sampled_from(ISSUES),
        day=st.integers(1, 2),
        band=st.integers(0, 3),
        value=value,
    )
    return st.lists(one, min_size=1, max_size=14)


def steps(value: st.SearchStrategy[float]) -> st.SearchStrategy[list[tuple[float, list[First]]]]:
    gap = st.sampled_from((0.0, 1.0, 23 / 24, 21.0, 400.0))
    return st.lists(st.tuples(gap, firsts(value)), min_size=1, max_size=4)


@given(script=steps(st.sampled_from((0.0, 1.0))))
def test_binary_expectations_follow_the_formulas(script: list[tuple[float, list[First]]]) -> None:
    """History without the employee, then day, band and own offsets, is what a loop over rows gives."""
    follows_the_formulas("binary", script)


@given(script=steps(st.sampled_from((0.0, 3.25, 4.0, 7.5))))
def test_continuous_expectations_follow_the_formulas(script: list[tuple[float, list[First]]]) -> None:
    """The same holds for numbers, whose offsets are means that lean on nothing by 12."""
    follows_the_formulas("duration", script)


def follows_the_formulas(kind: Kind, script: list[tuple[float, list[First]]]) -> None:
    adjusted, naive = Adjusted(kind), NaiveExpectation(binary=kind == "binary")
    for gap, rows in script:
        adjusted.expectation.age(gap)
        naive.age(gap)
        np.testing.assert_allclose(adjusted.judge(rows), naive.judge(rows), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["binary", "duration"])
@pytest.mark.parametrize("peer_issue", ISSUES)
def test_an_employees_history_does_not_move_his_own_level(kind: Kind, peer_issue: str) -> None:
    """Whatever he did yesterday, what he is held against today is his peers' history."""

    def level(own: float) -> float:
        adjusted = Adjusted(kind)
        mine = [First("ann", "voice", "billing", 1, 0, own)] * 40
        adjusted.judge([*mine, *[First("bob", "voice", peer_issue, 1, 0, 1.0)] * 5])
        return float(adjusted.judge([First("ann", "voice", "billing", 2, 3, 1.0)])[0])  # another day and band

    assert level(0.0) == pytest.approx(level(1.0), rel=1e-12)


def test_peers_history_moves_the_level() -> None:
    """The same handling is expected otherwise where peers come to something else."""

    def level(theirs: float) -> float:
        adjusted = Adjusted("binary")
        adjusted.judge([First("bob", "voice", "billing", 1, 0, theirs)] * 40)
        return float(adjusted.judge([First("ann", "voice", "billing", 2, 3, 1.0)])[0])

    assert level(1.0) > level(0.0) + 0.5


def test_a_lone_employee_is_held_against_himself() -> None:
    """Where there is no peer at all the level is what everybody came to: no difference can be told."""
    adjusted = Adjusted("duration")
    expected = adjusted.judge([First("ann", "voice", "billing", 1, 0, 4.0)] * 8)
    np.testing.assert_allclose(expected, 4.0, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_probabilities_keep_away_from_certainty(value: float) -> None:
    """Peers who always or never refuse leave room for the first exception: p stays in 0.005..0.995."""
    adjusted = Adjusted("binary")
    rows = [First(name, "voice", "billing", 1, 0, value) for name in EMPLOYEES for _ in range(300)]
    expected = adjusted.judge(rows)
    np.testing.assert_allclose(expected, 0.995 if value else 0.005, rtol=1e-12)


def test_history_is_halved_in_a_half_life() -> None:
    """After 21 days as many peers of today outweigh those of then two to one."""
    adjusted = Adjusted("duration")
    adjusted.judge([First("bob", "voice", "billing", 1, 0, 0.0)] * 4_000)
    adjusted.expectation.age(21.0)
    adjusted.judge([First("bob", "voice", "billing", 22, 1, 3.0)] * 4_000)
    level = adjusted.judge([First("ann", "voice", "billing", 22, 2, 0.0)])[0]
    # the shrunken level of 2, less the steps towards the lone 0 of day and band (1 / 13 each)
    assert level == pytest.approx(2.0 * (12 / 13) ** 2, abs=0.02)
