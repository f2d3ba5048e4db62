"""What is shown of a judged window: figures by stratum and by employee, and how much could be judged."""

import numpy as np

from models.detectors.spread import spread
from models.evidence import Detector, Findings, JudgedWindow
from models.grouping import sum_by_group
from models.moments import Moments
from models.snapshot import Coverage, EmployeeFigures, StratumFigures


def stratum_figures(label: str, window: JudgedWindow) -> StratumFigures:
    """Return what lies between the employees of each stratum in a window of this name."""
    between = spread(window)
    first_contacts = sum_by_group(window.cell_stratum, window.sums.count, window.strata)
    return StratumFigures(
        measure=window.measure.name,
        window=label,
        employees=between.between.employees,
        first_contacts=first_contacts.astype(np.int64),
        tau2=between.between.tau2,
        i2=between.between.i2,
        icc=between.icc,
    )


def employee_figures(
    label: str, window: JudgedWindow, moments: Moments, funnel: Findings | None
) -> EmployeeFigures:
    """Return every employee in a window of this name; `moments` are of all their handlings."""
    size = window.employees
    observed = sum_by_group(window.cell_employee, window.sums.observed, size)
    untested = np.full(size, np.nan)
    return EmployeeFigures(
        measure=window.measure.name,
        window=label,
        handlings=moments.count,
        mean=moments.reported_mean,
        variance=moments.variance,
        first_contacts=sum_by_group(window.cell_employee, window.sums.count, size).astype(np.int64),
        observed=observed,
        expected=observed - sum_by_group(window.cell_employee, window.sums.residual, size),
        z=untested if funnel is None else funnel.z,
        q=untested if funnel is None else funnel.q,
    )


def coverage(detector: Detector, window: JudgedWindow, findings: Findings) -> Coverage:
    """Return how much of a window a detector could judge."""
    of = window.cell_employee if detector.entity == "employee" else window.cell_stratum
    size = window.employees if detector.entity == "employee" else window.strata
    handlings = sum_by_group(of, window.sums.count, size)
    judged = ~np.isnan(findings.z)
    everything = handlings.sum()
    share = float(handlings[judged].sum() / everything) if everything else 0.0
    return Coverage(detector.kind, window.measure.name, share, int(judged.sum()), int((handlings > 0).sum()))
