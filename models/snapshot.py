"""What is shown: an immutable picture of the judge's state, from which the page and the document are made."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.counts import Counts
from models.segment import Source
from models.verdicts import Alert

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Rolling mean and variance of one measure in one window, by entity.

    Attributes
    ----------
    handlings : int64[entities]
        Those that say something for the measure.
    mean, variance : float64[entities]
        Variance with n - 1; NaN where there are too few.
    """

    measure: str
    window: str
    handlings: Ints
    mean: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class StratumFigures:
    """What the last step found between the employees of each stratum, for one measure and window.

    Attributes
    ----------
    employees, first_contacts : int64[strata]
        Employees with enough evidence; judged first contacts of all of them.
    tau2, i2, icc : float64[strata]
        NaN below two employees.
    """

    measure: str
    window: str
    employees: Ints
    first_contacts: Ints
    tau2: Floats
    i2: Floats
    icc: Floats


@dataclass(frozen=True, slots=True, eq=False)
class EmployeeFigures:
    """Every employee at the last step, for one measure and window; arrays [employees].

    Attributes
    ----------
    handlings, mean, variance
        Of all handlings that say something.
    first_contacts, observed, expected
        Of judged first contacts: how many, the sum of outcomes, the sum of what peers would have had.
    z, q : float64
        Of the funnel, on the longest window only; NaN where evidence is too thin.
    """

    measure: str
    window: str
    handlings: Ints
    mean: Floats
    variance: Floats
    first_contacts: Ints
    observed: Floats
    expected: Floats
    z: Floats
    q: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Headcount:
    """How many employees stand behind the figures of groups at the last step, for one measure and window.

    Those with a judged first contact are counted: there are at least so many.

    Attributes
    ----------
    by_stratum, by_channel, by_issue_type : int64[2, groups]
        In the window; in that part of it which the next shorter window does not reach.
    """

    measure: str
    window: str
    by_stratum: Ints
    by_channel: Ints
    by_issue_type: Ints


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much one detector could judge of one measure at the last step.

    Attributes
    ----------
    handlings_share : float
        Share of the judged window's first contacts that belong to entities with enough evidence.
    judged, seen : int
        Entities with enough evidence; entities with any first contact in the window.
    """

    kind: str
    measure: str
    handlings_share: float
    judged: int
    seen: int


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where one partition stands.

    Attributes
    ----------
    position : int
        The one that is applied next.
    missing, lost : int
        Positions before it that were jumped and have not come since; that were gone upstream before they
        could be read.
    clock : int or None
        Microseconds since 1970 UTC; None before the first row.
    idle : bool
        It does not hold the watermark.
    """

    source: Source
    position: int
    missing: int
    lost: int
    clock: int | None
    idle: bool


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The judge's state as shown.

    Attributes
    ----------
    counts : mapping of topic to Counts
    sources : tuple of SourceState
        Of the topics that are required, in every epoch.
    watermark, last_step, window_end, origin : int or None
        Microseconds since 1970 UTC; None before there is one. Rolling windows of strata, channels and
        issue types end at `window_end`, those of employees, headcounts and all verdicts at `last_step`. Data
        begins at `origin`.
    warm : bool
        Verdicts are being reached.
    steps : int
        Steps evaluated.
    corrections : mapping of name to int
        "added" and "revised" amendments, and "reused_ids".
    repeat_contacts : mapping of "same" and "other" to int
    open_cases : int
    refused_names : mapping of "employee" and "issue_type" to int
        How often a name beyond the bounds was met, at most once a pane.
    forced : int
        How often the valve moved the watermark.
    silent_partitions : int
        Partitions that have not spoken and so hold the watermark.
    employees, channels, issue_types : tuple of str
    strata : tuple of (channel, issue type)
    by_stratum, by_channel, by_issue_type : tuple of Spreads
    strata_found, employees_found, headcounts : tuples of figures of the last step
        Entities that appeared after it are not in them.
    coverage : tuple of Coverage
    alerts : tuple of Alert
    alerts_ended : mapping of kind to int
        How many have ever ended; `alerts` holds only the newest of them.
    """

    counts: Mapping[str, Counts]
    sources: tuple[SourceState, ...]
    watermark: int | None
    last_step: int | None
    window_end: int | None
    origin: int | None
    warm: bool
    steps: int
    corrections: Mapping[str, int]
    repeat_contacts: Mapping[str, int]
    open_cases: int
    refused_names: Mapping[str, int]
    forced: int
    silent_partitions: int
    employees: tuple[str, ...]
    channels: tuple[str, ...]
    issue_types: tuple[str, ...]
    strata: tuple[tuple[str, str], ...]
    by_stratum: tuple[Spreads, ...]
    by_channel: tuple[Spreads, ...]
    by_issue_type: tuple[Spreads, ...]
    strata_found: tuple[StratumFigures, ...]
    employees_found: tuple[EmployeeFigures, ...]
    headcounts: tuple[Headcount, ...]
    coverage: tuple[Coverage, ...]
    alerts: tuple[Alert, ...]
    alerts_ended: Mapping[str, int]
