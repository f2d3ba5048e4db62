"""Stratum split: the employees of a stratum handle like cases differently (`method.md` 1.2).

The spread tau between employees is held against an **absolute** tolerance, not against other strata: where
every stratum is inconsistent, each of them is reported.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evidence import Detector, Findings, JudgedWindow, Names
from models.grouping import count_by_group, sum_by_group
from models.heterogeneity import Heterogeneity, heterogeneity, icc_anova, icc_latent, tolerance_p, tolerance_z
from models.multiplicity import benjamini_hochberg
from models.settings import DetectorSettings, SpreadSettings

_INFORMATION_MIN: Final = 0.75
_COUNT_MIN: Final = 5
"""Least evidence for a cell to count (`method.md` 1.2): binary V, continuous n."""
_RESTS_ON: Final = "it rests on one employee"


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The spread between employees of each stratum; arrays [strata], NaN below two employees.

    Attributes
    ----------
    between : Heterogeneity
        tau2 in squared log odds (binary) or the squared unit of the measure.
    icc : float64
        Share of variance that lies between employees; on the latent scale for binary measures.
    entries : intp[k]
        The cells that had enough evidence.
    """

    between: Heterogeneity
    icc: NDArray[np.float64]
    entries: NDArray[np.intp]


def spread(window: JudgedWindow) -> Spread:
    """Return tau2, I2, Q and ICC of every stratum from its cells with enough evidence."""
    effects = window.effects
    binary = window.measure.kind == "binary"
    enough = effects.information >= _INFORMATION_MIN if binary else window.sums.count >= _COUNT_MIN
    entries = np.flatnonzero(enough & (effects.information > 0))
    stratum = window.cell_stratum[entries]
    between = heterogeneity(stratum, effects.effect[entries], effects.information[entries], window.strata)
    if binary:
        return Spread(between, icc_latent(between.tau2), entries)
    count = sum_by_group(stratum, window.sums.count[entries], window.strata)
    information = sum_by_group(stratum, effects.information[entries], window.strata)
    msw = np.full(window.strata, np.nan)
    np.divide(count, information, out=msw, where=information > 0)
    return Spread(between, icc_anova(between.tau2, msw), entries)


def detect(window: JudgedWindow, settings: DetectorSettings) -> Findings:
    """Test the spread of every stratum against the tolerance.

    Costs, with a harmless spread of 0.10 log odds: 0.7 false onsets per 1,000 stratum-weeks; finds tau 0.5
    in half and tau 0.8 in all cases within 28 days (`design.md` section 8, on a simulator).
    """
    options = settings.spread
    found = spread(window)
    stratum = window.cell_stratum[found.entries]
    information = window.effects.information[found.entries]
    kurtosis = window.effects.kurtosis[found.entries]
    tested = (stratum, information, kurtosis, found.between, _tolerance(window, options))
    enough = found.between.employees >= options.employees_min
    z = np.where(enough, tolerance_z(*tested), np.nan)
    p = np.where(enough, tolerance_p(*tested), np.nan)
    count = window.sums.count[found.entries]
    observed = window.sums.observed[found.entries]
    handlings = sum_by_group(stratum, count, window.strata).astype(np.int64)
    mean = np.full(window.strata, np.nan)
    np.divide(sum_by_group(stratum, observed, window.strata), handlings, out=mean, where=handlings > 0)
    return Findings(
        z=z,
        p=p,
        q=benjamini_hochberg(p),
        fresh=count_by_group(window.cell_stratum[window.fresh], window.strata) > 0,
        handlings=handlings,
        evidence={
            "employees": found.between.employees.astype(np.float64),
            "first_contacts": handlings.astype(np.float64),
            "mean": mean,
            "tau": np.sqrt(found.between.tau2),
            "tau_tolerated": np.full(window.strata, _tolerance(window, options)),
            "i2": found.between.i2,
            "icc": found.icc,
            "z": z,
        },
    )


def explain(window: JudgedWindow, findings: Findings, stratum: int, names: Names) -> tuple[str, ...]:
    """Say what differs, how sure it is, and to check the process first."""
    figure = {name: float(column[stratum]) for name, column in findings.evidence.items()}
    channel, issue = names.strata[stratum]
    name, tau, tolerated = window.measure.name, figure["tau"], figure["tau_tolerated"]
    match window.measure.kind:
        case "binary":
            low, high = _between(figure["mean"], tau)
            what = (
                f"like cases end differently: between two typical employees the odds of {name} differ by "
                f"a factor {exp(tau):.1f}: from {low:.0%} to {high:.0%}; {exp(tolerated):.2f} is tolerated"
            )
        case "duration":
            what = (
                f"like cases take differently long: between two typical employees {name} differs by a factor "
                f"{exp(tau):.2f}; {exp(tolerated):.2f} is tolerated"
            )
        case "score":
            what = (
                f"like cases are scored differently: between two typical employees {name} differs by "
                f"{tau:.2f} on a scale of 0 to 1; {tolerated:.2f} is tolerated"
            )
    how_sure = (
        f"{figure['employees']:.0f} employees, {figure['first_contacts']:.0f} first contacts; "
        f"{figure['i2']:.0%} of what lies between them is more than chance; "
        f"z {figure['z']:.1f}, q {findings.q[stratum]:.2g}"
    )
    check_first = (
        f"check first: is there one written rule for {issue} on {channel}, do all teams know it, and do they "
        "have the same tools and authority? Persons come last"
    )
    return what, how_sure, _rests_on(window, stratum, names, tolerated), check_first


def _rests_on(window: JudgedWindow, stratum: int, names: Names, tolerated: float) -> str:
    """Say whether one employee alone makes the spread: then it is a person's difference, not a split."""
    entries = spread(window).entries
    entries = entries[window.cell_stratum[entries] == stratum]
    effect, information = window.effects.effect[entries], window.effects.information[entries]
    mean = np.average(effect, weights=information)
    most = int(np.argmax(information * (effect - mean) ** 2))
    rest = np.delete(np.arange(len(entries)), most)
    without = heterogeneity(np.zeros(len(rest), np.intp), effect[rest], information[rest], 1)
    tau = float(np.sqrt(without.tau2[0]))
    left = f"{tau:.2f}" if window.measure.kind == "score" else f"a factor {exp(tau):.2f}"
    if tau <= tolerated:
        employee = names.employees[window.cell_employee[entries[most]]]
        return f"{_RESTS_ON}, {employee}: {left} is left without"
    return f"it does not rest on one employee: {left} is left without the one who differs most"


def without_name(reason: str) -> str:
    """Return a reason of `explain` that says the same and names nobody."""
    if not reason.startswith(f"{_RESTS_ON}, "):
        return reason
    return f"{_RESTS_ON}: {reason.rpartition(': ')[2]}"  # a name may hold a colon, what follows it does not


def _tolerance(window: JudgedWindow, options: SpreadSettings) -> float:
    match window.measure.kind:
        case "binary":
            return options.tolerance_binary
        case "duration":
            return options.tolerance_duration
        case "score":
            return options.tolerance_score


def _between(mean: float, tau: float) -> tuple[float, float]:
    """Return the shares one typical spread apart: half a tau to either side of the mean's log odds."""
    mean = min(max(mean, 0.005), 0.995)
    odds = log(mean / (1.0 - mean))
    low, high = (1.0 / (1.0 + exp(-(odds + side * tau / 2))) for side in (-1, 1))
    return low, high


SPREAD: Final = Detector(
    kind="stratum_split",
    entity="stratum",
    detect=detect,
    explain=explain,
    level=lambda settings: (settings.spread.q, settings.spread.off_p),
)
