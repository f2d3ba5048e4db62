"""Heterogeneity between employees: what tau^2, Z, rho and the winsorised tau^2 promise."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.heterogeneity import (
    WINSORISED_SECOND_MOMENT,
    anova,
    heterogeneity,
    icc_latent,
    pearson_rho,
    tolerance_z,
    winsorised_tau2,
)
from models.moments import from_groups

Floats = NDArray[np.float64]

entries = st.lists(
    st.tuples(st.integers(-4000, 4000), st.integers(1, 4000), st.integers(0, 2)), min_size=2, max_size=20
)
counts = st.lists(st.lists(st.integers(-500, 500), min_size=1, max_size=6), min_size=2, max_size=8)


def columns(sample: list[tuple[int, int, int]]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return stratum, effect and information of drawn entries, in eighths and quarters."""
    effect, information, group = np.array(sample, np.int64).T
    return group, effect / 8, information / 4


def test_two_employees_by_hand() -> None:
    """Effects 0 and 5 with information 1 and 4: every figure as on paper."""
    group, effect, information = np.zeros(2, np.int64), np.array([0.0, 5.0]), np.array([1.0, 4.0])
    found = heterogeneity(group, effect, information, 1)
    assert (found.employees[0], found.df[0], found.mu[0], found.q[0]) == (2, 1, 4, 20)
    assert found.c[0] == pytest.approx(5 - 17 / 5)
    assert found.tau2[0] == pytest.approx(19 / 1.6)
    assert found.i2[0] == pytest.approx(19 / 20)
    z = tolerance_z(group, information, np.array([0.0, 3.0]), found, 0.5)
    assert z[0] == pytest.approx((19 - 0.25 * 1.6) / math.sqrt(2 * 1.25**2 + 2 * 2**2 + 3))


@given(sample=entries)
def test_a_stratum_with_fewer_than_two_employees_says_nothing(sample: list[tuple[int, int, int]]) -> None:
    """Every statistic is NaN below two employees, and tau^2 and I^2 are in range from two on."""
    group, effect, information = columns(sample)
    found = heterogeneity(group, effect, information, 4)
    z = tolerance_z(group, information, np.zeros(len(group)), found, 0.2)
    silent = found.employees < 2
    assert found.employees.tolist() == [int(np.count_nonzero(group == s)) for s in range(4)]
    for column in (found.mu, found.q, found.df, found.c, found.tau2, found.i2, z):
        assert np.array_equal(np.isnan(column), silent)
    assert (found.q[~silent] >= 0).all()
    assert (found.c[~silent] > 0).all()
    assert (found.tau2[~silent] >= 0).all()
    assert ((found.i2[~silent] >= 0) & (found.i2[~silent] < 1)).all()


@given(sample=entries, shift=st.integers(-10_000, 10_000))
def test_tau_does_not_know_where_zero_is(sample: list[tuple[int, int, int]], shift: int) -> None:
    """Adding a constant to all effects moves the mean by it and leaves Q and tau^2."""
    group, effect, information = columns(sample)
    found = heterogeneity(group, effect, information, 3)
    moved = heterogeneity(group, effect + shift, information, 3)
    assert moved.mu - shift == pytest.approx(found.mu, abs=1e-9, nan_ok=True)
    assert moved.q == pytest.approx(found.q, rel=1e-9, abs=1e-9, nan_ok=True)
    assert moved.tau2 == pytest.approx(found.tau2, rel=1e-9, abs=1e-9, nan_ok=True)


@given(sample=entries, factor=st.sampled_from((0.25, 0.5, 2.0, 1024.0)))
def test_tau_scales_with_the_unit(sample: list[tuple[int, int, int]], factor: float) -> None:
    """In another unit tau^2 is as many times larger as the unit's square, and Q, I^2 and Z are the same."""
    group, effect, information = columns(sample)
    rescaled = information / factor**2
    found = heterogeneity(group, effect, information, 3)
    scaled = heterogeneity(group, effect * factor, rescaled, 3)
    none = np.zeros(len(group))
    assert scaled.tau2 == pytest.approx(found.tau2 * factor**2, rel=1e-12, nan_ok=True)
    assert scaled.q == pytest.approx(found.q, rel=1e-12, nan_ok=True)
    assert scaled.i2 == pytest.approx(found.i2, rel=1e-12, nan_ok=True)
    assert tolerance_z(group, rescaled, none, scaled, 0.2 * factor) == pytest.approx(
        tolerance_z(group, information, none, found, np.full(3, 0.2)), rel=1e-9, nan_ok=True
    )


@given(sample=entries, low=st.integers(0, 20), high=st.integers(0, 20))
def test_more_tolerance_never_finds_more(sample: list[tuple[int, int, int]], low: int, high: int) -> None:
    """Whatever is beyond a tolerance is beyond any smaller one."""
    group, effect, information = columns(sample)
    found = heterogeneity(group, effect, information, 3)
    low, high = sorted((low, high))
    strict, lenient = (
        tolerance_z(group, information, np.zeros(len(group)), found, tau0 / 10) for tau0 in (low, high)
    )
    assert not ((lenient > 0) & (strict < lenient - 1e-9)).any()


def test_z_is_standard_where_the_spread_is_the_tolerated_one() -> None:
    """Over 2,000 strata whose employees do differ by tau0, Z averages 0 with standard deviation 1."""
    rng = np.random.default_rng(1986)
    strata, employees, tau0 = 2_000, 40, 0.2
    group = np.repeat(np.arange(strata), employees)
    information = rng.uniform(1, 30, len(group))
    effect = rng.normal(0, np.sqrt(tau0**2 + 1 / information))
    found = heterogeneity(group, effect, information, strata)
    z = tolerance_z(group, information, np.zeros(len(group)), found, tau0)
    assert abs(z.mean()) < 0.1
    assert abs(z.std() - 1) < 0.1


def test_small_cells_of_rare_answers_do_not_inflate_z() -> None:
    """At 20 answers of which 4 % are yes, the kurtosis term brings the spread of Z back to 1."""
    rng = np.random.default_rng(1966)
    strata, employees, n, p = 2_000, 40, 20, 0.04
    group = np.repeat(np.arange(strata), employees)
    information = np.full(len(group), n * p * (1 - p))
    effect = (rng.binomial(n, p, len(group)) - n * p) / information
    found = heterogeneity(group, effect, information, strata)
    kurtosis = (1 - 6 * p * (1 - p)) / information
    assert tolerance_z(group, information, np.zeros(len(group)), found, 0.0).std() > 1.15
    assert abs(tolerance_z(group, information, kurtosis, found, 0.0).std() - 1) < 0.1


@given(values=counts)
def test_dersimonian_laird_with_pooled_variance_is_the_anova_estimator(values: list[list[int]]) -> None:
    """With information n_i / MSW, the tau^2, Q and C of effects are those of analysis of variance."""
    employee = np.repeat(np.arange(len(values)), [len(own) for own in values])
    moments = from_groups(employee, np.concatenate(values).astype(np.float64), len(values))
    table = anova(moments)
    assume(table.msw > 0)
    found = heterogeneity(np.zeros(len(values), np.int64), moments.mean, moments.count / table.msw, 1)
    assert found.tau2[0] == pytest.approx(table.tau2, rel=1e-8, abs=1e-8)
    assert found.q[0] == pytest.approx(table.ss_between / table.msw, rel=1e-8, abs=1e-8)
    assert found.c[0] == pytest.approx(table.n0 * table.df_between / table.msw, rel=1e-8)


def test_an_analysis_of_variance_without_degrees_of_freedom_says_nothing() -> None:
    """One employee has no MSB, single values have no MSW; employees without a value do not count."""
    nobody = anova(from_groups(np.empty(0, np.int64), np.empty(0), 3))
    assert math.isnan(nobody.msb)
    assert math.isnan(nobody.tau2)
    one = anova(from_groups(np.array([2, 2]), np.array([1.0, 3.0]), 3))
    assert (one.df_between, one.df_within, one.msw) == (0, 1, 2)
    assert math.isnan(one.icc)
    single = anova(from_groups(np.array([0, 2]), np.array([1.0, 3.0]), 3))
    assert (single.df_between, single.df_within, single.msb) == (1, 0, 2)
    assert math.isnan(single.tau2)


def test_rho_is_one_where_everybody_always_answers_the_same() -> None:
    """A thousand employees who each say only yes or only no have rho 1; a few would have more."""
    n = np.full(1_000, 10)
    assert pearson_rho(n, np.tile([10, 0], 500)) == pytest.approx(1, abs=0.002)


def test_rho_without_evidence_is_not_a_number() -> None:
    """NaN where all answers are the same, nobody answered twice, or nobody answered."""
    n = np.array([10, 10])
    assert math.isnan(pearson_rho(n, n))
    assert math.isnan(pearson_rho(np.array([1, 1]), np.array([1, 0])))
    assert math.isnan(pearson_rho(np.array([], np.int64), np.array([], np.int64)))


def test_latent_icc_of_a_spread_of_one() -> None:
    """A tau of 1 on log odds puts 3 / (3 + pi^2) of the latent variance between employees."""
    assert icc_latent(np.array([0.0, 1.0])) == pytest.approx([0, 3 / (3 + math.pi**2)])


def test_second_moment_of_the_winsorised_normal() -> None:
    """The divisor is the mean square of a normal's quantiles, the outer tenths drawn in: 0.6787."""
    z = np.array([NormalDist().inv_cdf((i + 0.5) / 50_000) for i in range(50_000)])
    drawn_in = np.clip(z, *np.quantile(z, (0.1, 0.9)))
    assert np.square(drawn_in).mean() == pytest.approx(WINSORISED_SECOND_MOMENT, abs=1e-4)
    assert pytest.approx(0.6787, abs=5e-5) == WINSORISED_SECOND_MOMENT


@pytest.mark.parametrize("tau", [0.15, 0.3, 0.6])
def test_winsorised_tau_is_right_for_normal_effects(tau: float) -> None:
    """Over 300 draws of 100 equally well known employees the mean of tau^2 is within 4 % of the truth."""
    rng = np.random.default_rng(2012)
    information = np.full(100, 20.0)
    effects = rng.normal(0.5, np.sqrt(tau**2 + 1 / information), (300, 100))
    mu, tau2 = np.mean([winsorised_tau2(effect, information) for effect in effects], axis=0)
    assert mu == pytest.approx(0.5, abs=0.01)
    assert tau2 == pytest.approx(tau**2, rel=0.04)


def test_one_outlier_does_not_widen_the_limits_he_is_held_against() -> None:
    """Where one outlier makes DerSimonian and Laird's tau^2 ten times larger, this one does not double."""
    rng = np.random.default_rng(7)
    information = np.full(100, 20.0)
    effect = rng.normal(0, np.sqrt(0.3**2 + 1 / information))
    with_outlier = np.append(effect[1:], 10.0)
    group = np.zeros(100, np.int64)
    plain = [heterogeneity(group, each, information, 1).tau2[0] for each in (effect, with_outlier)]
    robust = [winsorised_tau2(each, information)[1] for each in (effect, with_outlier)]
    assert plain[1] > 10 * plain[0]
    assert robust[1] < 2 * robust[0]


@given(sample=entries)
def test_winsorised_tau_is_never_negative(sample: list[tuple[int, int, int]]) -> None:
    """tau^2 is at least 0 from two employees on, about the mean weighted by information."""
    _, effect, information = columns(sample)
    mu, tau2 = winsorised_tau2(effect, information)
    assert tau2 >= 0
    assert mu == pytest.approx(np.average(effect, weights=information), rel=1e-9, abs=1e-9)


def test_winsorised_tau_of_one_employee_is_not_a_number() -> None:
    """One employee differs from nobody."""
    mu, tau2 = winsorised_tau2(np.array([1.0]), np.array([4.0]))
    assert math.isnan(mu)
    assert math.isnan(tau2)
