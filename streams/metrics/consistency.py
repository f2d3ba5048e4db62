"""How differently employees handle like cases, by stratum."""

from collections.abc import Iterator, Sequence

from models.snapshot import StratumFigures
from streams.metrics.series import Series, told


def consistency_bundles(
    strata: Sequence[tuple[str, str]], figures: Sequence[StratumFigures]
) -> Iterator[list[Series]]:
    """Yield the series of each stratum, empty where the last step knew nothing of it.

    `figures` are those of one window.
    """
    for stratum, name in enumerate(strata):
        bundle: list[Series] = []
        for found in figures:
            if stratum >= len(found.employees) or found.first_contacts[stratum] == 0:
                continue
            labels = (*name, found.measure, found.window)
            bundle += [
                Series("touchpoint_stratum_employees", labels, int(found.employees[stratum])),
                Series("touchpoint_stratum_first_contacts", labels, int(found.first_contacts[stratum])),
                Series("touchpoint_between_employee_variance", labels, float(found.tau2[stratum])),
                Series("touchpoint_between_employee_i2_ratio", labels, float(found.i2[stratum])),
                Series("touchpoint_employee_icc_ratio", labels, float(found.icc[stratum])),
            ]
        yield told(bundle)
