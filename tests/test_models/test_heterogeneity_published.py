"""Heterogeneity against published meta-analyses, variance components and reliabilities."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import document, rows

from models.heterogeneity import Heterogeneity, anova, heterogeneity, pearson_rho
from models.moments import from_groups

Floats = NDArray[np.float64]
EffectSize = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats]]

VIECHTBAUER_1 = (  # J. Educ. Behav. Stat. 30(3), 2005, p. 271: effects, their variances
    (-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232),
    (0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040),
)
VIECHTBAUER_2 = (  # the same, p. 272
    (0.100, -0.162, -0.090, -0.049, -0.046, -0.010, -0.431, -0.261, 0.134, 0.019, 0.175, 0.056, 0.045,
     0.103, 0.121, -0.482, 0.290, 0.342),
    (0.016, 0.015, 0.050, 0.050, 0.032, 0.052, 0.036, 0.024, 0.034, 0.033, 0.031, 0.034, 0.039, 0.167, 0.134,
     0.096, 0.016, 0.035),
)  # fmt: skip
CLASP = (  # DerSimonian & Kacker, Contemp. Clin. Trials 28, 2007, table 3: events, patients, by arm
    (5, 5, 12, 69, 9, 313),
    (156, 303, 565, 1570, 103, 4659),
    (8, 17, 9, 94, 11, 352),
    (74, 303, 477, 1565, 105, 4650),
)
PLANCK = (  # CODATA 2017, in 1e-34 J s, as in metafor's test_misc_calc_q.r: values, standard errors
    (6.626070133, 6.62607005883, 6.626069934),
    (6e-8, 1.65e-7, 8.9e-8),
)
GRAVITATION = (  # big G in 1e-11 m^3 kg^-1 s^-2, from the same file: values, standard errors
    (6.67248, 6.6729, 6.67398, 6.674255, 6.67559, 6.67422, 6.67387, 6.67222, 6.67425, 6.67349, 6.67554,
     6.67191, 6.67435, 6.674184, 6.674484, 6.6726),
    (0.00043, 0.0005, 0.0007, 9.2e-05, 0.00027, 0.00098, 0.00027, 0.00087, 0.00012, 0.00018, 0.00016,
     0.00099, 0.00013, 7.8e-05, 7.7e-05, 0.00025),
)  # fmt: skip
SHROUT_FLEISS = (  # Psych. Bull. 86, 1979, table 2: six targets, four judges
    (9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7),
)  # fmt: skip


def of(effect: Floats, variance: Floats) -> Heterogeneity:
    return heterogeneity(np.zeros(len(effect), np.int64), effect, 1 / variance, 1)


def printed(value: float, decimals: int) -> object:
    """Accept what rounds to the printed value."""
    return pytest.approx(value, abs=0.5 * 10**-decimals, rel=0)


def log_odds_ratio(a: Floats, n: Floats, c: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Return effect and variance of a of n against c of m."""
    return np.log(a * (m - c) / ((n - a) * c)), 1 / a + 1 / (n - a) + 1 / c + 1 / (m - c)


def log_risk_ratio(a: Floats, n: Floats, c: Floats, m: Floats) -> tuple[Floats, Floats]:
    return np.log((a / n) / (c / m)), 1 / a - 1 / n + 1 / c - 1 / m


def risk_difference(a: Floats, n: Floats, c: Floats, m: Floats) -> tuple[Floats, Floats]:
    p, q = a / n, c / m
    return p - q, p * (1 - p) / n + q * (1 - q) / m


def bcg() -> tuple[Floats, ...]:
    """Return cases and subjects of the 13 BCG vaccine trials, vaccinated and not."""
    table = rows("meta_bcg.csv")
    a, b, c, d = (np.array([row[name] for row in table], float) for name in ("tpos", "tneg", "cpos", "cneg"))
    return a, a + b, c, c + d


@pytest.mark.parametrize(
    ("name", "measure"),
    [("bcg_logRR", log_risk_ratio), ("bcg_logOR", log_odds_ratio), ("bcg_RD", risk_difference)],
)
def test_bcg_trials_agree_with_metafor(name: str, measure: EffectSize) -> None:
    """Q, mean, tau^2 and I^2 of the BCG trials are the published ones on all three scales."""
    published, computed = document("meta_expected.json")[name], document("computed_reference.json")[name]
    found = of(*measure(*bcg()))
    assert found.q[0] == printed(published["Q"], 4)
    assert found.mu[0] == printed(published["fixed"]["mu"], 4)
    assert 100 * found.i2[0] == printed(published["DL"]["I2_pct"], 4)
    assert found.tau2[0] == printed(published["DL"].get("tau2", computed["tau2"]), 4)
    for column, quantity in ((found.q, "Q"), (found.tau2, "tau2"), (found.c, "C"), (found.mu, "mu_fixed")):
        assert column[0] == pytest.approx(computed[quantity], rel=1e-11)


@pytest.mark.parametrize(
    ("sample", "tau2", "i2_percent"), [(VIECHTBAUER_1, 0.2768, 80.4447), (VIECHTBAUER_2, 0.0126, 27.5275)]
)
def test_viechtbauer_2005_is_reproduced(
    sample: tuple[tuple[float, ...], ...], tau2: float, i2_percent: float
) -> None:
    """Both worked examples give the printed DerSimonian-Laird tau^2 and I^2."""
    found = of(*map(np.array, sample))
    assert found.tau2[0] == printed(tau2, 4)
    assert 100 * found.i2[0] == printed(i2_percent, 4)


def test_clasp_trials_are_reproduced() -> None:
    """The log odds ratios of the CLASP trials have the printed tau of 0.2323."""
    a, n, c, m = np.array(CLASP, np.float64)
    assert math.sqrt(of(*log_odds_ratio(a, n, c, m)).tau2[0]) == printed(0.2323, 4)


def test_collins_trials_are_reproduced() -> None:
    """The diuretics trials of Collins et al. 1985 have the tau^2 of Viechtbauer (2007), table II."""
    table = rows("meta_collins1985b.csv")
    names = ("pre.xti", "pre.nti", "pre.xci", "pre.nci")
    a, n, c, m = (np.array([row[name] for row in table], float) for name in names)
    assert of(*log_odds_ratio(a, n, c, m)).tau2[0] == printed(0.2297, 4)


@pytest.mark.parametrize(("sample", "q", "decimals"), [(PLANCK, 3.442127, 6), (GRAVITATION, 197.8399, 4)])
def test_constants_of_nature_keep_their_digits(
    sample: tuple[tuple[float, ...], ...], q: float, decimals: int
) -> None:
    """Q is right where effects differ in their eighth digit only, which sums of squares would lose."""
    value, standard_error = map(np.array, sample)
    assert of(value, standard_error**2).q[0] == printed(q, decimals)


def test_dyestuff_has_the_published_variance_components() -> None:
    """Davies and Goldsmith's six batches have variance 1764.05 between them and 2451.25 within."""
    table = rows("varcomp_dyestuff.csv")
    batch = np.array(["ABCDEF".index(row["Batch"]) for row in table])
    found = anova(from_groups(batch, np.array([row["Yield"] for row in table], float), 6))
    assert found.tau2 == pytest.approx(1764.05, rel=1e-12)
    assert found.msw == pytest.approx(2451.25, rel=1e-12)
    assert found.msb == pytest.approx(11271.5, rel=1e-12)
    assert found.n0 == 5


def test_shrout_and_fleiss_have_an_icc_of_0_17() -> None:
    """Six targets rated by four judges have F 1.8 on 5 and 18 degrees of freedom and ICC(1,1) 0.17."""
    target = np.repeat(np.arange(6), 4)
    found = anova(from_groups(target, np.array(SHROUT_FLEISS, np.float64).ravel(), 6))
    assert (found.df_between, found.df_within) == (5, 18)
    assert found.f == printed(1.8, 1)
    assert found.icc == printed(0.17, 2)


@pytest.mark.parametrize("litters", ["CTRL", "TREAT"])
def test_rats_have_the_reference_correlation(litters: str) -> None:
    """Pearson's rho of Weil's litters (Williams 1975), computed independently from the same data."""
    table = [row for row in rows("betabinomial_rats.csv") if row["group"] == litters]
    n, alive = (np.array([row[name] for row in table], np.int64) for name in ("n", "y"))
    expected = document("computed_reference.json")[f"rats_{litters}"]["rho_pearson_mom"]
    assert pearson_rho(n, alive) == pytest.approx(expected, rel=1e-12)
