"""Moments: counts, means and variances that add up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from merging import merge
from numpy.typing import NDArray

from models.moments import Moments, from_groups, merge_groups

exact_numbers = st.integers(-(2**52), 2**52).map(lambda numerator: numerator / 1024)
near_a_billion = st.integers(-1000, 1000).map(lambda numerator: 1e9 + numerator / 1024)
samples = st.lists(exact_numbers, max_size=30) | st.lists(near_a_billion, max_size=30)
statements = st.lists(st.tuples(st.integers(0, 4), near_a_billion | st.just(math.nan)), max_size=60)


def one_group(value: list[float] | NDArray[np.float64]) -> Moments:
    return from_groups(np.zeros(len(value), np.int64), np.asarray(value, np.float64), 1)


def same_bits(one: Moments, other: Moments) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("count", "mean", "m2", "mean_low")
    )


def close(one: Moments, other: Moments) -> bool:
    return (
        np.array_equal(one.count, other.count)
        and np.allclose(one.mean, other.mean, rtol=1e-15, atol=0)
        and np.allclose(one.m2, other.m2, rtol=1e-12, atol=0)
    )


@given(parts=st.lists(st.lists(near_a_billion, max_size=9), min_size=1, max_size=6))
def test_merge_is_numpy_on_the_concatenation(parts: list[list[float]]) -> None:
    """Count, mean and variance are those of all values laid end to end; empty parts are welcome."""
    merged = merge([one_group(part) for part in parts])
    value = np.array([number for part in parts for number in part])
    assert merged.count[0] == len(value)
    if len(value) > 0:
        assert merged.reported_mean[0] == pytest.approx(value.mean(), rel=1e-15)
    if len(value) > 1:
        assert merged.variance[0] == pytest.approx(value.var(ddof=1), rel=1e-9, abs=1e-12)


@given(a=samples, b=samples, c=samples)
def test_merge_does_not_care_about_order_or_grouping(a: list[float], b: list[float], c: list[float]) -> None:
    """Merging is commutative and associative up to rounding."""
    one, two, three = one_group(a), one_group(b), one_group(c)
    together = merge([one, two, three])
    magnitude = max(map(abs, [*a, *b, *c]), default=0.0)
    assert together.count[0] == len(a) + len(b) + len(c)
    for other in (
        merge([three, one, two]),
        merge([merge([one, two]), three]),
        merge([one, merge([two, three])]),
    ):
        assert np.array_equal(other.count, together.count)
        assert other.mean == pytest.approx(together.mean, abs=1e-14 * magnitude, rel=0)
        assert other.m2 == pytest.approx(together.m2, rel=1e-12)


def columns(statement: list[tuple[int, float]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    group = np.array([group for group, _ in statement], np.int64)
    return group, np.array([value for _, value in statement], np.float64)


@given(statement=statements)
def test_a_null_says_nothing(statement: list[tuple[int, float]]) -> None:
    """Rows with NaN change no bit of any group."""
    stated = [(group, value) for group, value in statement if not math.isnan(value)]
    assert same_bits(from_groups(*columns(statement), 5), from_groups(*columns(stated), 5))


@given(statement=statements)
def test_groups_do_not_disturb_each_other(statement: list[tuple[int, float]]) -> None:
    """A group has the bits that its own rows give alone."""
    together = from_groups(*columns(statement), 5)
    for group in range(5):
        alone = one_group([value for own, value in statement if own == group])
        assert same_bits(together[group : group + 1], alone)


@given(statement=statements)
def test_counts_and_squares_are_never_negative(statement: list[tuple[int, float]]) -> None:
    """Count and M2 are at least 0; the variance is NaN below two values and the reported mean below one."""
    moments = from_groups(*columns(statement), 5)
    assert (moments.count >= 0).all()
    assert (moments.m2 >= 0).all()
    assert np.array_equal(np.isnan(moments.variance), moments.count < 2)
    assert np.array_equal(np.isnan(moments.reported_mean), moments.count < 1)
    assert (moments.mean[moments.count == 0] == 0).all()


@given(a=statements)
def test_an_empty_part_changes_nothing(a: list[tuple[int, float]]) -> None:
    """Merging with parts that hold no value keeps count, mean and M2 to the bit."""
    moments, empty = from_groups(*columns(a), 5), from_groups(*columns([]), 5)
    merged = merge([empty, moments, empty])
    assert np.array_equal(merged.count, moments.count)
    assert np.array_equal(merged.mean, moments.mean)
    assert np.array_equal(merged.m2, moments.m2)


@given(statement=statements)
def test_strata_add_up_to_their_channel(statement: list[tuple[int, float]]) -> None:
    """Merging the moments of strata by channel gives the moments of the channel's rows."""
    channel_of = np.array([0, 1, 0, 1, 1])
    stratum, value = columns(statement)
    of_strata = merge_groups(channel_of, from_groups(stratum, value, 5), 2)
    assert close(of_strata, from_groups(channel_of[stratum], value, 2))
