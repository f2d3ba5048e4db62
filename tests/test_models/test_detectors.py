"""What every detector promises, held against each that is registered; then each one's own statistic."""

from copy import deepcopy
from dataclasses import replace
from math import log, nan, sqrt

import numpy as np
import pytest
from judged_windows import DEFAULTS, KINDS, columns, entities, names_of, random_window, renumbered
from naive_expectation import Cell, dersimonian_laird, split_z
from snapshots import bits

from models.detectors import DETECTORS
from models.detectors.funnel import FUNNEL
from models.detectors.spread import SPREAD
from models.evidence import Detector, JudgedWindow
from models.normal import two_sided_p
from models.settings import Measure

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)
every_kind = pytest.mark.parametrize("measure", KINDS, ids=lambda measure: measure.kind)


def test_kinds_are_told_apart() -> None:
    """Alerts are named by kind, so no two detectors share one."""
    assert len({detector.kind for detector in DETECTORS}) == len(DETECTORS)


@every_detector
@every_kind
def test_findings_have_a_place_for_every_entity(detector: Detector, measure: Measure) -> None:
    """Every array is as long as there are entities; p and q are probabilities, q never below p."""
    window = random_window(measure, 1, tau=0.8)
    found = detector.detect(window, DEFAULTS)
    for name, column in columns(found).items():
        assert column.shape == (entities(detector, window),), name
    assert found.fresh.dtype == np.bool_
    assert found.handlings.dtype == np.int64
    tested = ~np.isnan(found.z)
    assert tested.any()
    np.testing.assert_array_equal(np.isnan(found.p), ~tested)
    np.testing.assert_array_equal(np.isnan(found.q), ~tested)
    p, q = found.p[tested], found.q[tested]
    assert ((p >= 0) & (p <= q) & (q <= 1)).all()


@every_detector
@every_kind
@pytest.mark.parametrize(
    ("employees", "strata", "handlings"),
    [(0, 0, 0), (1, 1, 500), (5, 3, 500), (30, 3, 0), (30, 3, 1)],
    ids=["nothing", "one employee", "few employees", "no handling", "a handling each"],
)
def test_too_little_evidence_is_no_finding(
    detector: Detector, measure: Measure, employees: int, strata: int, handlings: int
) -> None:
    """Below the least evidence z, p and q are NaN: insufficient evidence, never a zero, never a verdict."""
    window = random_window(measure, 2, employees=employees, strata=strata, handlings=handlings, tau=3.0)
    found = detector.detect(window, DEFAULTS)
    assert np.isnan(found.z).all()
    assert np.isnan(found.p).all()
    assert not (found.q <= detector.level(DEFAULTS)[0]).any()


@every_detector
@every_kind
def test_detectors_are_pure(detector: Detector, measure: Measure) -> None:
    """The same window gives the same findings to the last bit, and is left as it was."""
    window = random_window(measure, 3, tau=0.5)
    before = deepcopy(window)
    one, other = detector.detect(window, DEFAULTS), detector.detect(window, DEFAULTS)
    assert bits(one) == bits(other)
    assert bits(window) == bits(before)
    assert detector.explain(window, one, 0, names_of(window)) == detector.explain(
        window, other, 0, names_of(window)
    )
    assert bits(window) == bits(before)


@every_detector
@every_kind
def test_numbers_of_entities_mean_nothing(detector: Detector, measure: Measure) -> None:
    """Under other employee and stratum numbers everyone gets the same finding."""
    window = random_window(measure, 4, tau=0.7)
    rng = np.random.default_rng(4)
    employee, stratum = (rng.permutation(size).astype(np.int32) for size in (window.employees, window.strata))
    new_number = employee if detector.entity == "employee" else stratum
    plain = columns(detector.detect(window, DEFAULTS))
    moved = columns(detector.detect(renumbered(window, employee, stratum, 5), DEFAULTS))
    for name, column in plain.items():
        theirs, ours = moved[name][new_number].astype(np.float64), column.astype(np.float64)
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9, err_msg=name)


@every_detector
@every_kind
def test_an_explanation_ends_with_what_to_check_first(detector: Detector, measure: Measure) -> None:
    """In words: what differs, how sure that is, and the process before the person; no figure is missing."""
    window = random_window(measure, 6, tau=1.0)
    found = detector.detect(window, DEFAULTS)
    for entity in np.flatnonzero(~np.isnan(found.z)):
        reasons = detector.explain(window, found, int(entity), names_of(window))
        assert len(reasons) >= 3
        assert reasons[-1].startswith("check first: ")
        assert not any("nan" in reason for reason in reasons)


@every_detector
@every_kind
def test_freshness_is_that_of_the_cells(detector: Detector, measure: Measure) -> None:
    """An entity has new evidence if any of its cells was judged in this step."""
    window = random_window(measure, 7)
    window = replace(window, fresh=np.zeros_like(window.fresh))
    assert not detector.detect(window, DEFAULTS).fresh.any()
    window.fresh[3] = True
    of = window.cell_employee if detector.entity == "employee" else window.cell_stratum
    assert np.flatnonzero(detector.detect(window, DEFAULTS).fresh).tolist() == [of[3]]


def cells_of(window: JudgedWindow, stratum: int) -> list[tuple[Cell, int]]:
    own = np.flatnonzero(window.cell_stratum == stratum)
    sums = window.sums
    return [
        (
            Cell(sums.observed[i], sums.observed[i] - sums.residual[i], sums.spread[i]),
            int(sums.count[i]),
        )
        for i in own
    ]


@pytest.mark.parametrize("handlings", [2, 5, 60])
@pytest.mark.parametrize("tau", [0.0, 0.5, 1.2])
def test_the_split_is_tested_against_the_tolerance(tau: float, handlings: int) -> None:
    """Z is Q less its mean at tau 0.20, over its standard deviation with the kurtosis of small cells."""
    window = random_window(KINDS[0], 8, employees=60, handlings=handlings, tau=tau)
    found = SPREAD.detect(window, DEFAULTS)
    for stratum in range(window.strata):
        cells = cells_of(window, stratum)
        known = [cell for cell, _ in cells if cell.information >= 0.75]
        expected = split_z(cells, 0.20) if len(known) >= 8 else nan
        assert found.z[stratum] == pytest.approx(expected, rel=1e-9, nan_ok=True)
        if len(known) >= 2:
            effects = [((c.observed - c.expected) / c.information, c.information) for c in known]
            tau2 = dersimonian_laird(effects)[3]
            assert found.evidence["tau"][stratum] == pytest.approx(sqrt(tau2), rel=1e-9, abs=1e-9)
        assert found.evidence["employees"][stratum] == len(known)


@pytest.mark.parametrize(("measure", "tolerance"), [(KINDS[1], log(1.2)), (KINDS[2], 0.05)])
def test_the_split_of_numbers_is_tested_likewise(measure: Measure, tolerance: float) -> None:
    """On numbers a cell counts from 5 first contacts on, and there is no kurtosis to pay for."""
    window = random_window(measure, 8, employees=60, handlings=9, tau=0.3)
    found = SPREAD.detect(window, DEFAULTS)
    for stratum in range(window.strata):
        own = np.flatnonzero((window.cell_stratum == stratum) & (window.sums.count >= 5))
        theta, v = window.effects.effect[own], window.effects.information[own]
        _, q, c, tau2 = dersimonian_laird(list(zip(theta.tolist(), v.tolist(), strict=True)))
        variance = 2 * np.square(1 + tolerance**2 * v).sum()
        expected = (q - (len(own) - 1) - tolerance**2 * c) / sqrt(variance)
        assert found.z[stratum] == pytest.approx(expected, rel=1e-9)
        assert found.evidence["tau"][stratum] == pytest.approx(sqrt(tau2), rel=1e-9)
        assert found.handlings[stratum] == window.sums.count[own].sum() < window.sums.count.sum()


def test_the_funnel_is_that_of_the_formula() -> None:
    """Z = (theta - mu) / sqrt(1 / V + tau2), with tau2 from residuals drawn in at the outer tenths."""
    window = random_window(KINDS[0], 9, employees=50, tau=0.4)
    found = FUNNEL.detect(window, DEFAULTS)
    o, e, v = np.zeros(50), np.zeros(50), np.zeros(50)
    for i, employee in enumerate(window.cell_employee):
        o[employee] += window.sums.observed[i]
        e[employee] += window.sums.observed[i] - window.sums.residual[i]
        v[employee] += window.sums.spread[i]
    enough = v >= 4
    theta, v = ((o - e)[enough] / v[enough]), v[enough]
    mu = (theta * v).sum() / v.sum()
    z = (theta - mu) * np.sqrt(v)
    low, high = np.quantile(z, (0.1, 0.9))
    q = np.square(np.clip(z, low, high)).sum() / 0.678_710_9  # second moment of a winsorised normal
    tau2 = max(0.0, (q - (len(v) - 1)) / (v.sum() - np.square(v).sum() / v.sum()))
    np.testing.assert_allclose(found.z[enough], (theta - mu) / np.sqrt(1 / v + tau2), rtol=1e-4)
    np.testing.assert_allclose(found.p[enough], two_sided_p(found.z[enough]))
    np.testing.assert_allclose(found.evidence["observed"], o)
    np.testing.assert_allclose(found.evidence["expected"], e, rtol=1e-12)


@pytest.mark.parametrize(("measure", "at_least"), [(KINDS[0], 4.0), (KINDS[1], 20), (KINDS[2], 20)])
def test_an_employee_needs_evidence_of_his_own(measure: Measure, at_least: float) -> None:
    """Information 4 on a flag, 20 first contacts on a number: below that nobody is held against peers."""
    window = random_window(measure, 10, employees=80, strata=2, handlings=16)
    found = FUNNEL.detect(window, DEFAULTS)
    own = window.sums.spread if measure.kind == "binary" else window.sums.count
    evidence = np.bincount(window.cell_employee, own, window.employees)
    np.testing.assert_array_equal(~np.isnan(found.z), evidence >= at_least)
    assert 0 < (~np.isnan(found.z)).sum() < window.employees


@every_kind
def test_where_everybody_differs_nobody_is_singled_out(measure: Measure) -> None:
    """The funnel's limits widen with the spread that exists among all employees."""
    window = random_window(measure, 11, employees=200, strata=1, handlings=150, tau=1.0)
    found = FUNNEL.detect(window, DEFAULTS)
    assert (found.q <= DEFAULTS.funnel.q).sum() <= 2
    assert SPREAD.detect(window, DEFAULTS).q[0] <= 1e-6
