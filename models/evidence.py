"""What detectors see, and what they say: a window of judged cells in, findings by entity out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.cells import CellSums, Effects, binary_effects, continuous_effects
from models.settings import DetectorSettings, Measure

Entity = Literal["employee", "stratum"]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedWindow:
    """The judged first contacts of one measure in one window, by cell.

    Attributes
    ----------
    cell_employee, cell_stratum : int32[cells]
    sums : CellSums[cells]
    effects : Effects[cells]
    fresh : bool[cells]
        The cell has first contacts that were judged in this step.
    employees, strata : int
        How many of each there are.
    """

    measure: Measure
    cell_employee: NDArray[np.int32]
    cell_stratum: NDArray[np.int32]
    sums: CellSums
    effects: Effects
    fresh: NDArray[np.bool_]
    employees: int
    strata: int


def judged_window(
    measure: Measure,
    cells: tuple[NDArray[np.int32], NDArray[np.int32]],
    sums: CellSums,
    fresh: NDArray[np.bool_],
    employees: int,
    strata: int,
) -> JudgedWindow:
    """Return the window with its effects worked out; `cells` are the employee and stratum of each."""
    binary = measure.kind == "binary"
    effects = binary_effects(sums) if binary else continuous_effects(sums, cells[1], strata)
    return JudgedWindow(measure, cells[0], cells[1], sums, effects, fresh, employees, strata)


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What a detector concludes about every entity for one measure; all arrays are [entities].

    Attributes
    ----------
    z, p, q : float64
        Statistic, p-value, and p-value adjusted for how many were tested; NaN where evidence is too thin.
    fresh : bool
        There is new evidence in this step.
    handlings : int64
        First contacts that the finding rests on.
    evidence : mapping of name to float64
        The figures an alert carries.
    """

    z: NDArray[np.float64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    fresh: NDArray[np.bool_]
    handlings: NDArray[np.int64]
    evidence: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Names:
    """What employees and strata are called."""

    employees: Sequence[str]
    strata: Sequence[tuple[str, str]]
    """(channel, issue type)."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One way of being inconsistent.

    Attributes
    ----------
    kind : str
        Its name in alerts, a word of the contract.
    entity : "employee" or "stratum"
        What it speaks about.
    detect : callable
        Pure, no clock, no memory.
    explain : callable
        The reasons for one entity's finding, in words, the last one being what to check first.
    level : callable
        (q that raises, p above which an alert ends) out of the settings.
    """

    kind: str
    entity: Entity
    detect: Callable[[JudgedWindow, DetectorSettings], Findings]
    explain: Callable[[JudgedWindow, Findings, int, Names], tuple[str, ...]]
    level: Callable[[DetectorSettings], tuple[float, float]]
