"""Normal tail probabilities, far out too."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.normal import two_sided_p, upper_p


@given(z=st.lists(st.floats(-6, 6), max_size=9))
def test_tails_are_those_of_the_normal_distribution(z: list[float]) -> None:
    """One-sided is the distribution function mirrored; two-sided counts both ends."""
    p = np.array([NormalDist().cdf(-each) for each in z])
    assert upper_p(np.array(z)) == pytest.approx(p, rel=1e-9, abs=1e-15)
    assert two_sided_p(np.array(z)) == pytest.approx(2 * np.minimum(p, 1 - p), rel=1e-6, abs=1e-15)


def test_tails_keep_their_digits_far_out() -> None:
    """Abramowitz and Stegun, table 26.2: -log10 of the tail at 5, 10 and 20 standard deviations."""
    expected = [6.54265, 23.11805, 88.56010]
    assert -np.log10(upper_p(np.array([5.0, 10.0, 20.0]))) == pytest.approx(expected, abs=5e-6)


def test_tails_keep_shape_and_nulls() -> None:
    """Any shape goes; NaN stays NaN; infinity is certain."""
    z = np.array([[0.0, math.nan, math.inf], [-math.inf, 1.0, -1.0]])
    p = upper_p(z)
    assert p.shape == (2, 3)
    assert p[0] == pytest.approx([0.5, math.nan, 0], nan_ok=True)
    assert p[1].sum() == 2
    assert np.array_equal(np.isnan(two_sided_p(z)), np.isnan(z))
    assert upper_p(np.empty(0)).shape == (0,)
