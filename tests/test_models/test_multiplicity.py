"""The false discovery rate: Benjamini and Hochberg's step-up rule as adjusted p-values."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.multiplicity import benjamini_hochberg

MYOCARDIAL_INFARCTION = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
    0.7590, 1.0000,
)  # fmt: skip
"""Benjamini & Hochberg (1995), section 4: 15 comparisons of thrombolysis treatments."""

thousandths = st.integers(0, 1000)
families = st.lists(thousandths, max_size=20)


def test_the_example_of_1995_rejects_four() -> None:
    """Of the paper's 15 p-values the first four are rejected at 0.05, where Bonferroni rejects three."""
    p = np.array(MYOCARDIAL_INFARCTION)
    rejected = np.flatnonzero(benjamini_hochberg(p) <= 0.05)
    assert rejected.tolist() == [0, 1, 2, 3]
    assert np.count_nonzero(p <= 0.05 / len(p)) == 3


@given(family=families, level=st.integers(1, 999))
def test_rejecting_by_adjusted_p_is_the_step_up_rule(family: list[int], level: int) -> None:
    """With p ascending, all up to the greatest i with p_i <= level * i / m are rejected, and no other."""
    m = len(family)
    bounds = [Fraction(level * i, m) for i in range(1, m + 1)]
    ascending = sorted(family)
    assume(
        all(p != bound for p, bound in zip(ascending, bounds, strict=True))
    )  # a tie is decided by rounding
    step = max((i for i in range(m) if ascending[i] < bounds[i]), default=-1)
    rejected = benjamini_hochberg(np.array(family) / 1000) <= level / 1000
    assert np.count_nonzero(rejected) == step + 1
    assert all(p <= ascending[step] for p, out in zip(family, rejected, strict=True) if out)


@given(family=families, data=st.data())
def test_the_order_of_tests_does_not_matter(family: list[int], data: st.DataObject) -> None:
    """Permuted p-values give the permuted answer, to the bit."""
    order = np.array(data.draw(st.permutations(range(len(family)))), np.int64)
    p = np.array(family) / 1000
    assert np.array_equal(benjamini_hochberg(p[order]), benjamini_hochberg(p)[order])


@given(family=families)
def test_adjusted_p_rises_with_p_and_stays_between_p_and_one(family: list[int]) -> None:
    """Evidence keeps its order; adjusting never makes it look stronger, nor less than none."""
    p = np.sort(np.array(family) / 1000)
    q = benjamini_hochberg(p)
    assert (np.diff(q) >= 0).all()
    assert (q >= p).all()
    assert (q <= 1).all()


@given(family=families.filter(bool), weaker=thousandths)
def test_weaker_evidence_in_one_test_never_helps_another(family: list[int], weaker: int) -> None:
    """Raising one p-value lowers no adjusted p-value."""
    p = np.array(family) / 1000
    raised = p.copy()
    raised[0] = max(raised[0], weaker / 1000)
    assert (benjamini_hochberg(raised) >= benjamini_hochberg(p)).all()


@given(family=families, gaps=st.integers(1, 5))
def test_what_was_not_tested_does_not_count(family: list[int], gaps: int) -> None:
    """NaN stays NaN and leaves the other answers as they are without it."""
    p = np.array(family) / 1000
    with_gaps = benjamini_hochberg(np.concatenate([np.full(gaps, math.nan), p]))
    assert np.isnan(with_gaps[:gaps]).all()
    assert np.array_equal(with_gaps[gaps:], benjamini_hochberg(p))


def test_a_single_test_is_its_own_family() -> None:
    """One p-value is not adjusted."""
    assert benjamini_hochberg(np.array([0.03])) == pytest.approx([0.03], abs=0)
