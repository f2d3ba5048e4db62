"""Windows of judged cells as detectors see them, drawn at random with a seed."""

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from models.cells import CellSums
from models.evidence import Detector, Findings, JudgedWindow, Names, judged_window
from models.settings import MEASURES, DetectorSettings, Measure

KINDS = tuple(
    next(measure for measure in MEASURES if measure.kind == kind) for kind in ("binary", "duration", "score")
)
DEFAULTS = DetectorSettings()


def random_window(
    measure: Measure,
    seed: int,
    *,
    employees: int = 30,
    strata: int = 4,
    handlings: int = 60,
    tau: float = 0.0,
) -> JudgedWindow:
    """Return a window in which every employee has about so many first contacts in about half the strata."""
    rng = np.random.default_rng(seed)
    employee, stratum = (side.astype(np.int32) for side in np.nonzero(rng.random((employees, strata)) < 0.5))
    own = rng.normal(0.0, tau, (employees, strata))[employee, stratum]
    n = rng.poisson(handlings, len(employee))
    if measure.kind == "binary":
        observed = rng.binomial(n, 1 / (1 + np.exp(0.8 - own))).astype(np.float64)
        expected = n / (1 + np.exp(0.8))
        spread = expected * (1 - 1 / (1 + np.exp(0.8)))
        sums = CellSums(n, observed, observed - expected, spread)
    else:
        residual = n * own + rng.normal(0.0, 1.0, len(n)) * np.sqrt(n)
        sums = CellSums(n, residual + 5.0 * n, residual, rng.chisquare(np.maximum(n - 1, 1)) * (n > 1))
    fresh = rng.random(len(n)) < 0.8
    return judged_window(measure, (employee, stratum), sums, fresh, employees, strata)


def names_of(window: JudgedWindow) -> Names:
    """Return a name for every employee and stratum."""
    return Names(
        [f"e{number}" for number in range(window.employees)],
        [("voice", f"issue {number}") for number in range(window.strata)],
    )


def renumbered(
    window: JudgedWindow, employee: NDArray[np.int32], stratum: NDArray[np.int32], seed: int
) -> JudgedWindow:
    """Return the same window under other numbers, its cells in another order."""
    order = np.random.default_rng(seed).permutation(len(window.fresh))

    sums = replace(
        window.sums, **{field.name: getattr(window.sums, field.name)[order] for field in fields(window.sums)}
    )
    return judged_window(
        window.measure,
        (employee[window.cell_employee[order]], stratum[window.cell_stratum[order]]),
        sums,
        window.fresh[order],
        window.employees,
        window.strata,
    )


def entities(detector: Detector, window: JudgedWindow) -> int:
    """Return how many entities a detector speaks about."""
    return window.employees if detector.entity == "employee" else window.strata


def columns(findings: Findings) -> dict[str, NDArray[np.generic]]:
    """Return every array of the findings by name."""
    named = {name: getattr(findings, name) for name in ("z", "p", "q", "fresh", "handlings")}
    return named | {f"evidence.{name}": column for name, column in findings.evidence.items()}
