"""Moments to the last digits: from any split into panes, those of a two-pass algorithm over all rows."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merging import merge
from numpy.typing import NDArray
from reference import document, rows

from models.heterogeneity import anova
from models.moments import Moments, from_groups, merge_groups

UNIVARIATE = (
    "PiDigits", "Lottery", "Lew", "Mavro", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4",
)  # fmt: skip
ANOVA = (
    "SiRstv", "SmLs01", "SmLs02", "SmLs03", "SmLs04", "SmLs05", "SmLs06", "SmLs07", "SmLs08", "SmLs09",
    "AtmWtAg",
)  # fmt: skip
DIGITS = 14
"""Certified values have 15 digits; beyond 14, an algorithm that has them was lucky with its last rounding."""

exact_numbers = st.integers(-(2**52), 2**52).map(lambda numerator: numerator / 1024)
near_a_billion = st.integers(-1000, 1000).map(lambda numerator: 1e9 + numerator / 1024)
samples = st.lists(exact_numbers, min_size=1, max_size=30) | st.lists(near_a_billion, min_size=1, max_size=30)


class Sample(NamedTuple):
    """The rows of a reference set and its certified values."""

    value: NDArray[np.float64]
    treatment: NDArray[np.int64]
    certified: dict[str, str]


class Split(NamedTuple):
    """Which pane each row falls into; panes may be empty."""

    pane: NDArray[np.int64]
    panes: int


@st.composite
def splits(draw: st.DrawFn, n: int) -> Split:
    """Cut n rows into consecutive panes, deal them out in turn, or scatter them."""
    panes = draw(st.integers(1, min(n, 200) + 1))
    way = draw(st.sampled_from(("cut", "deal", "scatter", "one each")))
    if way == "one each":
        return Split(np.arange(n), n)
    if way == "deal":
        return Split(np.arange(n) % panes, panes)
    if way == "scatter":
        seed = draw(st.integers(0, 2**32))
        return Split(np.random.default_rng(seed).integers(0, panes, n), panes)
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=50)))
    return Split(np.searchsorted(cuts, np.arange(n), side="right"), len(cuts) + 1)


@pytest.fixture(scope="module", params=UNIVARIATE)
def univariate(request: pytest.FixtureRequest) -> Sample:
    table = document("nist_univariate.json")[request.param]
    value = np.array(table["data"], np.float64)
    return Sample(value, np.zeros(len(value), np.int64), table["certified"])


@pytest.fixture(scope="module", params=ANOVA)
def one_way(request: pytest.FixtureRequest) -> Sample:
    table = document("nist_anova_certified.json")[request.param]
    data = rows(table["data_file"])
    value = np.array([row["y"] for row in data], np.float64)
    treatment = np.array([row["treatment"] for row in data], np.int64) - 1
    return Sample(value, treatment, table["certified"])


def digits(computed: float, certified: str) -> float:
    """Return the log relative error: how many digits agree."""
    expected = float(certified)
    if computed == expected:
        return DIGITS
    return min(DIGITS, -math.log10(abs(computed - expected) / abs(expected)))


def two_pass(value: NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and M2 by the textbook's two passes, with both sums correctly rounded."""
    mean = math.fsum(value) / len(value)
    return mean, math.fsum((value - mean) ** 2)


def exact_m2(value: list[float]) -> Fraction:
    """Return M2 without rounding."""
    numbers = [Fraction(number) for number in value]
    mean = sum(numbers, Fraction(0)) / len(numbers)
    return sum(((number - mean) ** 2 for number in numbers), Fraction(0))


def one_group(value: list[float] | NDArray[np.float64]) -> Moments:
    return from_groups(np.zeros(len(value), np.int64), np.asarray(value, np.float64), 1)


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_univariate_sets_reach_a_two_pass_algorithm_from_any_split(
    univariate: Sample, data: st.DataObject
) -> None:
    """Mean and standard deviation of NIST's sets lose at most a digit, however the rows fell into panes."""
    value, _, certified = univariate
    pane, panes = data.draw(splits(len(value)))
    merged = merge_groups(np.zeros(panes, np.int64), from_groups(pane, value, panes), 1)
    mean, m2 = two_pass(value)
    sd = math.sqrt(m2 / (len(value) - 1))
    assert merged.count[0] == len(value)
    assert digits(merged.mean[0], certified["mean"]) >= digits(mean, certified["mean"]) - 1
    reached = digits(math.sqrt(merged.variance[0]), certified["sd_n_minus_1"])
    assert reached >= digits(sd, certified["sd_n_minus_1"]) - 1


@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_anova_sets_reach_a_two_pass_algorithm_from_any_split(one_way: Sample, data: st.DataObject) -> None:
    """Every entry of NIST's analysis of variance tables loses at most a digit, however rows were split."""
    value, treatment, certified = one_way
    pane, panes = data.draw(splits(len(value)))
    k = int(treatment.max()) + 1
    parts = from_groups(pane * k + treatment, value, panes * k)
    found = anova(merge_groups(np.arange(panes * k) % k, parts, k))

    count = np.bincount(treatment)
    mean, m2 = np.array([two_pass(value[treatment == t]) for t in range(k)]).T
    ss_between = math.fsum(count * (mean - math.fsum(value) / len(value)) ** 2)
    ss_within = math.fsum(m2)
    msb, msw = ss_between / (k - 1), ss_within / (len(value) - k)

    assert (found.df_between, found.df_within) == (k - 1, len(value) - k)
    for name, computed, reference in (
        ("ss_between", found.ss_between, ss_between),
        ("ss_within", found.ss_within, ss_within),
        ("ms_between", found.msb, msb),
        ("ms_within", found.msw, msw),
        ("F", found.f, msb / msw),
        ("residual_sd", math.sqrt(found.msw), math.sqrt(msw)),
    ):
        assert digits(computed, certified[name]) >= digits(reference, certified[name]) - 1, name


def test_a_spread_of_a_tenth_around_ten_million_survives() -> None:
    """NumAcc4 (NIST StRD: 10000000.2, then .1 and .3 in turn), a row a pane, keeps eight digits of 0.1."""
    value = np.array([10_000_000.2] + [10_000_000.1, 10_000_000.3] * 500)
    merged = merge([one_group(value[i : i + 1]) for i in range(len(value))])
    assert merged.mean[0] == 10_000_000.2
    assert math.sqrt(merged.variance[0]) == pytest.approx(0.1, rel=1e-8)


@given(value=samples, data=st.data())
def test_a_split_costs_no_digits(value: list[float], data: st.DataObject) -> None:
    """M2 merged from any split is that of exact arithmetic to 1 in 10^12, however far from 0 values lie."""
    pane, panes = data.draw(splits(len(value)))
    parts = from_groups(pane, np.array(value), panes)
    merged = merge_groups(np.zeros(panes, np.int64), parts, 1)
    exact = exact_m2(value)
    assert abs(Fraction(merged.m2[0]) - exact) <= exact / 10**12
    exact_mean = float(sum(map(Fraction, value)) / len(value))
    assert merged.mean[0] == pytest.approx(exact_mean, abs=1e-14 * max(map(abs, value)), rel=0)


@given(value=st.floats(-1e100, 1e100), sizes=st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_values_that_are_all_the_same_have_no_variance(value: float, sizes: list[int]) -> None:
    """A constant has M2 0 and itself as mean, to the bit, in whatever parts it comes."""
    merged = merge([one_group([value] * size) for size in sizes])
    assert merged.m2[0] == 0
    assert merged.mean[0] == (value if sum(sizes) else 0)
