"""Series of verdicts: the alerts that stand, and how much could be judged at all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import exp, nan
from typing import Final

from models.detectors import DETECTORS
from models.settings import Kind
from models.snapshot import Snapshot
from models.verdicts import Alert
from streams.metrics.series import Series, seconds

KINDS: Final = tuple(detector.kind for detector in DETECTORS)
SEVERITIES: Final = ("warning",)

GROUP: Final = "*"
"""The label value of what an alert does not single out."""

_EVIDENCE: Final = {
    "z": "touchpoint_alert_score",
    "first_contacts": "touchpoint_alert_evidence_outcomes",
    "q": "touchpoint_alert_q_value_ratio",
}


def alert_series(snapshot: Snapshot, kinds: Mapping[str, Kind]) -> Iterator[Series]:
    """Yield each alert that stands, and the counts of all kinds, zeros among them.

    `kinds` are those of the measures.
    """
    active: Counter[tuple[str, str]] = Counter()
    for alert in snapshot.alerts:
        if alert.until is None:
            active[alert.kind, alert.severity] += 1
            yield from _standing(alert, kinds[alert.measure])
    for kind in KINDS:
        ended = snapshot.alerts_ended.get(kind, 0)
        for severity in SEVERITIES:
            yield Series("touchpoint_alerts_active", (kind, severity), active[kind, severity])
        standing = sum(active[kind, severity] for severity in SEVERITIES)
        yield Series("touchpoint_alerts_raised_total", (kind,), standing + ended)
        yield Series("touchpoint_alerts_ended_total", (kind,), ended)


def _standing(alert: Alert, kind: Kind) -> Iterator[Series]:
    entity = (alert.employee or GROUP, alert.channel or GROUP, alert.issue_type or GROUP)
    labels = (alert.kind, alert.severity, *entity, alert.measure, alert.id)
    yield Series("touchpoint_inconsistency_alert", labels, 1)
    yield Series("touchpoint_alert_started_timestamp_seconds", labels, seconds(alert.since))
    evidence = dict(alert.evidence)
    for name, family in _EVIDENCE.items():
        yield Series(family, labels, evidence.get(name, nan))
    employees = evidence.get("employees", evidence.get("peers", nan) + 1)
    yield Series("touchpoint_alert_employees", labels, employees)
    effect = evidence.get("tau", evidence.get("effect", nan))
    if kind == "score":
        yield Series("touchpoint_alert_effect_score", labels, effect)
    else:
        yield Series("touchpoint_alert_effect_factor", labels, exp(effect))


def coverage_series(snapshot: Snapshot) -> Iterator[Series]:
    """Yield how much each detector could judge: without this a quiet page looks like a consistent centre."""
    for coverage in snapshot.coverage:
        labels = (coverage.kind, coverage.measure)
        yield Series("touchpoint_judgeable_handlings_ratio", labels, coverage.handlings_share)
        yield Series("touchpoint_judgeable_entities", labels, coverage.judged)
        yield Series("touchpoint_seen_entities", labels, coverage.seen)
