"""From findings to alerts: a verdict that lasts (persistence) and does not flicker (hysteresis).

step      1    2    3    4    5    6        * rejected with new evidence   . rejected without
q         *    *    .    *    .    -        - p above the off level
alert                    |raised   |ended   persistence 3: onset at the third step with new evidence
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Final, Literal

import numpy as np

from models.evidence import Detector, Entity, Findings, JudgedWindow, Names
from models.state import Fields, State

_ENDED_MAX: Final = 10_000
"""Ended alerts that are remembered; the oldest go first."""

NO_LONGER: Final = "no longer surely beyond what is tolerated"
TOO_THIN: Final = "too little evidence left in the window"
CONFIGURATION: Final = "configuration"
"""Why an alert ends that other settings would not have let stand."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A verdict that lasts, as it stood at the last step.

    Attributes
    ----------
    id : str
        First 16 hex digits of SHA-256 over kind, entity, measure and onset step: the same ledger gives the
        same id.
    employee, channel, issue_type : str or None
        The entity; None where the alert speaks about a group.
    since, until : int
        Onset and end in microseconds since 1970 UTC; until is None while it lasts.
    evidence : mapping of name to number
        Figures behind it; NaN where one cannot be told.
    reasons : tuple of str
        What differs, how sure that is, what to check first.
    """

    id: str
    kind: str
    severity: Literal["warning"]
    employee: str | None
    channel: str | None
    issue_type: str | None
    measure: str
    since: int
    until: int | None
    evidence: tuple[tuple[str, float], ...]
    reasons: tuple[str, ...]


@dataclass(slots=True)
class _Standing:
    """How long one entity has been found inconsistent by one detector for one measure."""

    streak: int = 0
    alert: Alert | None = None


class Verdicts:
    """The alerts that stand and the ended ones, and the streaks that may become alerts."""

    def __init__(self, persistence: int) -> None:
        self._persistence = persistence
        self._standing: dict[tuple[str, str, int], _Standing] = {}
        self._ended: list[Alert] = []
        self.ended: Counter[str] = Counter()
        """How many alerts of each kind have ever ended."""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts in order of onset, then id: those that stand and those that have ended."""
        standing = [state.alert for state in self._standing.values() if state.alert is not None]
        return tuple(sorted((*self._ended, *standing), key=lambda alert: (alert.since, alert.id)))

    def decide(
        self,
        detector: Detector,
        window: JudgedWindow,
        findings: Findings,
        names: Names,
        *,
        level: tuple[float, float],
        step: int,
        time: int,
        resettled: bool = False,
    ) -> None:
        """Take one detector's findings for one measure at a step that ends at `time`.

        `level` is the q that raises and the p above which an alert ends. `resettled` says that the verdicts
        before were reached under other settings: an alert that ends now ends because of them.
        """
        q_on, p_off = level
        hit = findings.q <= q_on
        keys = [key for key in self._standing if key[:2] == (detector.kind, window.measure.name)]
        concerned = set(np.flatnonzero(hit & findings.fresh).tolist()) | {key[2] for key in keys}
        for entity in sorted(concerned):
            key = (detector.kind, window.measure.name, entity)
            state = self._standing.setdefault(key, _Standing())
            if findings.fresh[entity]:
                state.streak = state.streak + 1 if hit[entity] else 0
            if state.alert is None and state.streak >= self._persistence:
                state.alert = _onset(detector, window.measure.name, entity, names, step, time)
            if state.alert is not None:
                if findings.p[entity] <= p_off:
                    state.alert = _brought_up(state.alert, detector, window, findings, entity, names)
                else:
                    why = TOO_THIN if np.isnan(findings.p[entity]) else NO_LONGER
                    self._end(state.alert, time, CONFIGURATION if resettled else why)
                    state.alert, state.streak = None, 0
            if state.alert is None and state.streak == 0:
                del self._standing[key]

    def dump(self) -> State:
        """Return the state."""
        return {
            "standing": [
                {
                    "kind": kind,
                    "measure": measure,
                    "entity": entity,
                    "streak": state.streak,
                    "alert": None if state.alert is None else _dumped(state.alert),
                }
                for (kind, measure, entity), state in sorted(self._standing.items(), key=lambda item: item[0])
            ],
            "ended": [_dumped(alert) for alert in self._ended],
            "ended_by_kind": dict(self.ended),
        }

    def load(
        self, state: Fields, *, kinds: Collection[str], measures: Collection[str], last_step: int | None
    ) -> None:
        """Take over a state that was dumped, under detectors of these kinds and measures of these names.

        What stood for another detector or measure ends as of the last step.
        """
        self._ended = [_alert(one) for one in state["ended"]]
        self.ended = Counter(state["ended_by_kind"])
        for one in state["standing"]:
            alert = None if one["alert"] is None else _alert(one["alert"])
            if one["kind"] in kinds and one["measure"] in measures:
                key = (one["kind"], one["measure"], one["entity"])
                self._standing[key] = _Standing(one["streak"], alert)
            elif alert is not None and last_step is not None:
                self._end(alert, last_step, CONFIGURATION)

    def _end(self, alert: Alert, time: int, why: str) -> None:
        ended = replace(alert, until=time, reasons=(*alert.reasons, f"ended: {why}"))
        self._ended = [*self._ended, ended][-_ENDED_MAX:]
        self.ended[alert.kind] += 1


def _brought_up(
    alert: Alert, detector: Detector, window: JudgedWindow, findings: Findings, entity: int, names: Names
) -> Alert:
    """Return a standing alert with this step's figures."""
    evidence = tuple((name, float(column[entity])) for name, column in findings.evidence.items())
    return replace(
        alert,
        evidence=(*evidence, ("p", float(findings.p[entity])), ("q", float(findings.q[entity]))),
        reasons=detector.explain(window, findings, entity, names),
    )


def _onset(detector: Detector, measure: str, entity: int, names: Names, step: int, time: int) -> Alert:
    employee, stratum = _place(detector.entity, entity, names)
    channel, issue = stratum
    return Alert(
        id=alert_id(detector.kind, (employee, channel, issue), measure, step),
        kind=detector.kind,
        severity="warning",
        employee=employee,
        channel=channel,
        issue_type=issue,
        measure=measure,
        since=time,
        until=None,
        evidence=(),
        reasons=(),
    )


def _place(kind: Entity, entity: int, names: Names) -> tuple[str | None, tuple[str | None, str | None]]:
    if kind == "employee":
        return names.employees[entity], (None, None)
    return None, names.strata[entity]


def _dumped(alert: Alert) -> State:
    evidence = [list(figure) for figure in alert.evidence]
    return asdict(alert) | {"evidence": evidence, "reasons": list(alert.reasons)}


def _alert(state: Fields) -> Alert:
    evidence = tuple((name, float(value)) for name, value in state["evidence"])
    return Alert(**{**state, "evidence": evidence, "reasons": tuple(state["reasons"])})


def alert_id(kind: str, entity: Sequence[str | None], measure: str, step: int) -> str:
    """Return the id of the alert of this kind on this entity and measure that began at this step."""
    text = "\x1f".join((kind, *(part if part is not None else "*" for part in entity), measure, str(step)))
    return sha256(text.encode()).hexdigest()[:16]
