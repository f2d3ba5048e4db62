"""Employees: the few that stand out by name, and the shape of all of them as a histogram."""

from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Final

import numpy as np

from models.settings import Kind
from models.snapshot import EmployeeFigures, Snapshot
from streams.metrics.series import Distribution, Series, told
from streams.metrics.spreads import MEAN, VARIANCE, in_unit

BOUNDS: Final = (-6.0, -5.0, -4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0,
                 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)  # fmt: skip
"""Upper bounds of the funnel's buckets, in standard deviations; +Inf follows."""


def funnel_series(figures: Sequence[EmployeeFigures]) -> Iterator[Series]:
    """Yield the distribution of z over all employees, one a measure that has been tested."""
    for found in figures:
        z = np.sort(found.z[~np.isnan(found.z)])
        if len(z) == 0:
            continue
        at_most = np.searchsorted(z, BOUNDS, side="right").tolist()
        buckets = [(str(bound), float(count)) for bound, count in zip(BOUNDS, at_most, strict=True)]
        distribution = Distribution((*buckets, ("+Inf", float(len(z)))), float(z.sum()))
        yield Series("touchpoint_employee_funnel_z", (found.measure,), distribution)


def employee_bundles(
    snapshot: Snapshot, figures: Sequence[EmployeeFigures], kinds: Mapping[str, Kind], shown: Sequence[int]
) -> Iterator[list[Series]]:
    """Yield the series of each employee that is shown by name.

    `figures` are those of one window.
    """
    for employee in shown:
        bundle: list[Series] = []
        for found in figures:
            if found.handlings[employee] > 0:
                bundle += _figures(snapshot.employees[employee], employee, found, kinds[found.measure])
        yield told(bundle)


def _figures(name: str, employee: int, found: EmployeeFigures, kind: Kind) -> Iterator[Series]:
    labels = (name, found.measure)
    contacts = int(found.first_contacts[employee])
    observed = float(found.observed[employee]) / contacts if contacts else nan
    expected = float(found.expected[employee]) / contacts if contacts else nan
    mean, variance = float(found.mean[employee]), float(found.variance[employee])
    yield Series("touchpoint_employee_z_score", labels, float(found.z[employee]))
    yield Series("touchpoint_employee_first_contacts", labels, contacts)
    yield Series(f"touchpoint_employee_observed_{MEAN[kind]}", labels, in_unit(kind, observed))
    yield Series(f"touchpoint_employee_expected_{MEAN[kind]}", labels, in_unit(kind, expected))
    yield Series("touchpoint_employee_handlings", labels, int(found.handlings[employee]))
    yield Series(f"touchpoint_employee_{MEAN[kind]}", labels, in_unit(kind, mean))
    yield Series(f"touchpoint_employee_{VARIANCE[kind]}", labels, variance)
