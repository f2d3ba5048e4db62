"""What of the judge's state may leave it: in the modes "pseudonym" and "named" all, in "team" nobody.

Whatever shows the state (the page, the document, the API, alerts, a screen) takes it from `shown` or
`alerts_shown`, and from nowhere else. In team mode

* no employee is named: no figures by person, no alert about a person, no name in another alert's reasons.
  What is left of employees is how many there are, and the shape of all of them as z without names;
* a group (stratum, channel, issue type) shows figures only where enough employees stand behind them, for
  each measure and window. They are counted by judged first contacts, so there may be more; whatever is
  not known to be enough is kept back. What two windows leave when one is taken off the other counts too;
* where a group is kept back, others are, so that no sum of those shown gives it (`withholding`);
* the figures of groups move with the step, once a day, and not with every pane.

What that does not protect from: whoever keeps what was shown and knows who worked when learns from the
difference of two days about the days between them, which may have been one person's. Employees who tell
each other their own figures can take them off the group's. Where one has nearly all handlings of a group, its
figures are nearly his. A person's z falls into a bucket of the histogram, and one that is far out may be
guessed at. Counts of records, of the whole centre, are shown as they come. An alert's evidence speaks of
other handlings than the group's figures, and of enough employees; it stands even where those are kept back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.detectors import DETECTORS
from models.detectors.spread import without_name
from models.judge import Judge
from models.snapshot import Coverage, EmployeeFigures, Snapshot, Spreads, StratumFigures
from models.verdicts import Alert
from streams.privacy_settings import PrivacyConfig
from streams.withholding import Ints, Mask, of_few, withheld

_OF_GROUPS: Final = frozenset(detector.kind for detector in DETECTORS if detector.entity != "employee")
_NOBODY: Final = ""
"""The name under which an employee is counted who is not to be named."""


def shown(judge: Judge, privacy: PrivacyConfig) -> Snapshot:
    """Return the judge's state as it may leave."""
    return disclosed(judge.snapshot(at_step=privacy.mode == "team"), privacy)


def alerts_shown(judge: Judge, privacy: PrivacyConfig) -> Sequence[Alert]:
    """Return the judge's alerts as they may leave."""
    return _alerts(judge.alerts, privacy) if privacy.mode == "team" else judge.alerts


def disclosed(snapshot: Snapshot, privacy: PrivacyConfig) -> Snapshot:
    """Return what may leave of a snapshot; one of team mode is to be taken `at_step`."""
    if privacy.mode != "team":
        return snapshot
    least, hidden = privacy.employees_min, _hidden(snapshot, privacy.employees_min)
    return replace(
        snapshot,
        employees=(_NOBODY,) * len(snapshot.employees),
        by_stratum=tuple(_kept(one, hidden[one.measure, one.window].strata) for one in snapshot.by_stratum),
        by_channel=tuple(_kept(one, hidden[one.measure, one.window].channels) for one in snapshot.by_channel),
        by_issue_type=tuple(
            _kept(one, hidden[one.measure, one.window].issues) for one in snapshot.by_issue_type
        ),
        strata_found=tuple(
            _found(one, hidden[one.measure, one.window].strata[: len(one.employees)], least)
            for one in snapshot.strata_found
        ),
        employees_found=tuple(_shape(one, least) for one in snapshot.employees_found),
        headcounts=(),
        coverage=tuple(
            replace(one, handlings_share=round(one.handlings_share, 2))
            for one in snapshot.coverage
            if one.kind in _OF_GROUPS or _is_of_many(one, least)
        ),
        alerts=tuple(_alerts(snapshot.alerts, privacy)),
        alerts_ended={kind: count for kind, count in snapshot.alerts_ended.items() if kind in _OF_GROUPS},
    )


def names_person(record: Mapping[str, Any]) -> bool:
    """Tell whether an alert, as it stands on its topic, says who it is about or rests on."""
    reasons = (reason for reason in record["reasons"] if isinstance(reason, str))
    return record.get("employee") is not None or any(without_name(reason) != reason for reason in reasons)


def _alerts(alerts: Sequence[Alert], privacy: PrivacyConfig) -> list[Alert]:
    return [
        replace(alert, reasons=tuple(map(without_name, alert.reasons)))
        for alert in alerts
        if alert.employee is None and dict(alert.evidence).get("employees", 0) >= privacy.employees_min
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Hidden:
    """The groups whose figures are kept back, for one measure and window."""

    strata: Mask
    channels: Mask
    issues: Mask


def _hidden(snapshot: Snapshot, least: int) -> dict[tuple[str, str], _Hidden]:
    """Return what is kept back; windows that do not end with the last step nobody was counted for."""
    counted = snapshot.headcounts if snapshot.window_end == snapshot.last_step else ()
    heads = {(one.measure, one.window): one for one in counted}
    measures = dict.fromkeys(one.measure for one in snapshot.by_stratum)
    table, hidden = _Table(snapshot), {}
    for measure in measures:
        windows = [one.window for one in snapshot.by_stratum if one.measure == measure][::-1]
        of = [heads.get((measure, window)) for window in windows]
        levels = (
            (snapshot.by_stratum, [None if one is None else one.by_stratum for one in of]),
            (snapshot.by_channel, [None if one is None else one.by_channel for one in of]),
            (snapshot.by_issue_type, [None if one is None else one.by_issue_type for one in of]),
        )
        handlings, few = [], []
        for spreads, employees in levels:
            count = [one.handlings for one in spreads if one.measure == measure][::-1]
            handlings.append(count)
            few.append(of_few(count, [_padded(one, len(count[0])) for one in employees], least))
        dear = table.of(table.alerting(measure))
        for window, *parts in zip(windows, *handlings, *few, strict=True):
            kept_back = withheld(table.of(*parts[:3]), table.of(*parts[3:]), dear)
            hidden[measure, window] = table.groups(kept_back)
    return hidden


class _Table:
    """Strata in rows of channels and columns of issue types, with their totals."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        channel = {name: place for place, name in enumerate(snapshot.channels)}
        issue = {name: place for place, name in enumerate(snapshot.issue_types)}
        self._row = np.array([channel[name] for name, _ in snapshot.strata], np.intp)
        self._column = np.array([issue[name] for _, name in snapshot.strata], np.intp)

    def of(
        self,
        strata: NDArray[Any],
        channels: NDArray[Any] | None = None,
        issues: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return figures as a table; nothing in its corner, and in totals that are not given."""
        size = len(self._snapshot.channels) + 1, len(self._snapshot.issue_types) + 1
        table = np.zeros(size, strata.dtype)
        table[self._row, self._column] = strata
        if channels is not None and issues is not None:
            table[:-1, -1], table[-1, :-1] = channels, issues
        return table

    def groups(self, table: Mask) -> _Hidden:
        """Return a table as groups."""
        return _Hidden(table[self._row, self._column], table[:-1, -1], table[-1, :-1])

    def alerting(self, measure: str) -> Mask:
        """Return which strata an alert about a measure stands for: whoever follows it wants to see them."""
        alerts = (alert for alert in self._snapshot.alerts if alert.until is None)
        named = {(alert.channel, alert.issue_type) for alert in alerts if alert.measure == measure}
        return np.array([name in named for name in self._snapshot.strata], np.bool_)


def _padded(employees: Ints | None, groups: int) -> Ints:
    """Return headcounts of all groups; nobody stands behind those that were not there at the step."""
    padded = np.zeros((2, groups), np.int64)
    if employees is not None:
        padded[:, : employees.shape[1]] = employees
    return padded


def _kept(spreads: Spreads, hidden: Mask) -> Spreads:
    return replace(
        spreads,
        handlings=np.where(hidden, 0, spreads.handlings),
        mean=np.where(hidden, np.nan, spreads.mean),
        variance=np.where(hidden, np.nan, spreads.variance),
    )


def _found(figures: StratumFigures, hidden: Mask, least: int) -> StratumFigures:
    """Return what lies between the employees of strata; between few it would be what one makes of another."""
    few = hidden | (figures.employees < least)
    return replace(
        figures,
        employees=np.where(hidden, 0, figures.employees),
        first_contacts=np.where(hidden, 0, figures.first_contacts),
        tau2=np.where(few, np.nan, figures.tau2),
        i2=np.where(few, np.nan, figures.i2),
        icc=np.where(few, np.nan, figures.icc),
    )


def _shape(figures: EmployeeFigures, least: int) -> EmployeeFigures:
    """Return z of all employees in ascending order, so that a place says nothing, and nothing else."""
    size = len(figures.z)
    none, untold = np.zeros(size, np.int64), np.full(size, np.nan)
    is_of_many = int(np.count_nonzero(~np.isnan(figures.z))) >= least
    return EmployeeFigures(
        measure=figures.measure,
        window=figures.window,
        handlings=none,
        mean=untold,
        variance=untold,
        first_contacts=none,
        observed=untold,
        expected=untold,
        z=np.sort(figures.z) if is_of_many else untold,  # NaN goes to the end
        q=untold,
    )


def _is_of_many(coverage: Coverage, least: int) -> bool:
    """Tell whether the employees that could be judged, and the others, are none or enough."""
    return all(count == 0 or count >= least for count in (coverage.judged, coverage.seen - coverage.judged))
