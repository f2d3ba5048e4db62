"""Cells: observed against expected by employee and stratum, against a loop over rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_expectation import First, binary_cells
from numpy.typing import NDArray

from models import cells
from models.cells import CellSums, CellWindows, Effects
from models.contacts import Contacts, contacts
from models.moments import Moments, from_groups

Codes = NDArray[np.int32]

rows = st.lists(
    st.tuples(
        st.sampled_from(("ann", "bob", "cas")),
        st.sampled_from(("voice", "chat")),
        st.integers(1, 3),  # day
        st.sampled_from((0.0, 1.0)),
        st.sampled_from((0.005, 0.1, 0.5, 0.9, 0.995)),
    ),
    max_size=30,
)
EMPLOYEES, STRATA = ("ann", "bob", "cas"), ("voice", "chat")


def coded(drawn: list[tuple[str, str, int, float, float]]) -> tuple[np.typing.NDArray[np.int32], ...]:
    """Return cell and day of each row; there is a cell for every employee and stratum."""
    stratum = np.array([STRATA.index(row[1]) for row in drawn], np.int32)
    employee = np.array([EMPLOYEES.index(row[0]) for row in drawn], np.int32)
    return employee * 2 + stratum, np.array([row[2] for row in drawn], np.int32)


def alone(
    cell: Codes, day: Codes, value: NDArray[np.float64], expected: NDArray[np.float64]
) -> tuple[Contacts, Moments, NDArray[np.float64]]:
    """Return rows as groups of one; cell 2e + s is stratum s, an issue type of its own."""
    stratum = np.arange(6, dtype=np.int32) % 2
    like = contacts(cell, day.astype(np.int64), stratum, stratum)
    return like, from_groups(np.arange(len(value)), value, len(value)), expected


@given(drawn=rows)
def test_o_e_and_v_are_those_of_a_loop(drawn: list[tuple[str, str, int, float, float]]) -> None:
    """O and E add up, and V pays each day for the offset that the others of the stratum gave."""
    cell, day = coded(drawn)
    outcome, expected = (np.array([row[side] for row in drawn], np.float64) for side in (3, 4))
    found = cells.binary_cells(*alone(cell, day, outcome, expected), 6)
    firsts = [First(who, where, "billing", on, 0, value) for who, where, on, value, _ in drawn]
    naive = binary_cells(firsts, expected.tolist())
    for place in range(6):
        key = (EMPLOYEES[place // 2], STRATA[place % 2], "billing")
        count = sum((row.employee, row.channel, row.issue) == key for row in firsts)
        assert found.count[place] == count
        if count:
            held = naive[key]
            assert found.observed[place] == held.observed
            assert found.residual[place] == pytest.approx(held.observed - held.expected, abs=1e-12)
            assert found.spread[place] == pytest.approx(held.information, rel=1e-12)


@given(
    days=st.lists(st.lists(st.tuples(st.integers(0, 2), st.floats(-9, 9)), max_size=9), max_size=6),
    first=st.integers(0, 5),
)
def test_windows_of_numbers_keep_the_spread(days: list[list[tuple[int, float]]], first: int) -> None:
    """Steps merge to the sum of residuals and their squared deviations about the cell's own mean."""
    windows = CellWindows("duration")
    for day, drawn in enumerate(days):
        cell = np.array([row[0] for row in drawn], np.int32)
        residual = np.array([row[1] for row in drawn], np.float64)
        on, expected = np.full(len(cell), day, np.int32), np.full(len(cell), 5.0)
        windows.put(day, cells.continuous_cells(*alone(cell, on, residual + 5.0, expected), 3))
    found = windows.window(lambda day: day >= first, 3)
    for place in range(3):
        value = np.array([x for drawn in days[first:] for cell, x in drawn if cell == place])
        assert found.count[place] == len(value)
        assert found.residual[place] == pytest.approx(value.sum(), abs=1e-9)
        assert found.observed[place] == pytest.approx((value + 5.0).sum(), abs=1e-9)
        spread = np.square(value - value.mean()).sum() if len(value) else 0.0
        assert found.spread[place] == pytest.approx(spread, rel=1e-9, abs=1e-9)


def test_windows_of_flags_add_information() -> None:
    """V of a window is the sum of the V of its steps; a replaced step leaves nothing behind."""
    windows = CellWindows("binary")
    for step, v in ((1, 9.0), (2, 0.5), (1, 0.25)):
        sums = CellSums(np.array([2, 0]), np.array([1.0, 0]), np.array([0.5, 0]), np.array([v, 0]))
        windows.put(step, sums)
    found = windows.window(lambda _: True, 2)
    assert found.spread.tolist() == [0.75, 0.0]
    assert found.count.tolist() == [4, 0]
    windows.forget_before(2)
    assert windows.window(lambda _: True, 2).spread.tolist() == [0.5, 0.0]


def test_effects_of_flags_are_one_step_log_odds() -> None:
    """(O - E) / V, and the kurtosis of small cells; nothing known is NaN with information 0."""
    found = cells.binary_effects(
        CellSums(np.array([10, 0]), np.array([3.0, 0]), np.array([1.5, 0]), np.array([0.9, 0.0]))
    )
    np.testing.assert_allclose(found.effect, [1.5 / 0.9, np.nan])
    np.testing.assert_allclose(found.kurtosis, [(1 - 6 * 0.09) / 0.9, 0.0])
    assert found.information.tolist() == [0.9, 0.0]


def test_effects_of_numbers_lean_on_the_spread_of_all_strata() -> None:
    """Information is n / MSW, and MSW leans by 12 degrees of freedom on that of all strata."""
    sums = CellSums(np.array([3, 4, 5]), np.zeros(3), np.array([3.0, -4.0, 5.0]), np.array([2.0, 6.0, 4.0]))
    found = cells.continuous_effects(sums, np.array([0, 0, 1], np.int32), 2)
    overall = 12.0 / 9
    msw = np.array([(8 + 12 * overall) / (5 + 12), (4 + 12 * overall) / (4 + 12)])
    np.testing.assert_allclose(found.effect, [1.0, -1.0, 1.0])
    np.testing.assert_allclose(found.information, [3 / msw[0], 4 / msw[0], 5 / msw[1]])


def test_where_nothing_varies_there_is_no_information() -> None:
    """Numbers that are all alike cannot say how exact they are."""
    sums = CellSums(np.array([3, 0]), np.zeros(2), np.array([3.0, 0.0]), np.zeros(2))
    found = cells.continuous_effects(sums, np.array([0, 0], np.int32), 1)
    assert found.information.tolist() == [0.0, 0.0]
    assert np.isnan(found.effect).all()


def test_rounding_is_no_spread() -> None:
    """What differs in the last bits only is alike: else chance in the sixteenth digit becomes a finding."""
    sums = CellSums(
        np.array([30, 40]), np.array([120.0, 160.0]), np.array([3e-14, -4e-14]), np.array([2e-29, 6e-29])
    )
    found = cells.continuous_effects(sums, np.array([0, 0], np.int32), 1)
    assert found.information.tolist() == [0.0, 0.0]


def test_pooling_weighs_by_information() -> None:
    """An employee's effect is the information-weighted mean of his cells' effects."""
    effects = Effects(np.array([1.0, 4.0, np.nan]), np.array([1.0, 3.0, 0.0]), np.zeros(3))
    pooled = cells.pool(effects, np.array([0, 0, 1], np.int32), 2)
    np.testing.assert_array_equal(pooled.effect, [3.25, np.nan])
    assert pooled.information.tolist() == [4.0, 0.0]
