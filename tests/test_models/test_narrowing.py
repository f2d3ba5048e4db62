"""Columns in the least room: every value as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.narrowing import narrowed

integers = st.sampled_from((0, 1, -1, 127, 128, -129, 40_000, 2**31, -(2**63)))
floats = st.sampled_from((0.0, -0.0, 0.25, 2_049.0, 1e6, 1e39, 0.1, -np.inf, np.nan))


@given(column=st.lists(integers, max_size=6).map(lambda drawn: np.array(drawn, np.int64)))
def test_integers_are_kept(column: np.typing.NDArray[np.int64]) -> None:
    """Read back wide, a column of integers is the one that was narrowed."""
    assert narrowed(column).astype(np.int64).tolist() == column.tolist()


@given(column=st.lists(floats, max_size=6).map(lambda drawn: np.array(drawn, np.float64)))
def test_floats_are_kept(column: np.typing.NDArray[np.float64]) -> None:
    """Read back wide, a column of floats is the one that was narrowed, to the sign of a zero."""
    read = narrowed(column).astype(np.float64)
    np.testing.assert_array_equal(read, column)
    np.testing.assert_array_equal(np.signbit(read[column == 0]), np.signbit(column[column == 0]))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0.5, np.nan], "f2"),
        ([0.5, 100_001.0], "f4"),
        ([0.5, 0.1], "f8"),
        ([1, -128], "i1"),
        ([1, 200], "i2"),
    ],
)
def test_what_fits_takes_less(values: list[float], dtype: str) -> None:
    """The narrowest type is taken that holds every value."""
    assert narrowed(np.array(values)).dtype == dtype


def test_equal_values_take_the_room_of_one() -> None:
    """What all rows say alike is held once."""
    column = narrowed(np.full(1_000, 7))
    assert column.base is not None
    assert column.base.nbytes == 8
