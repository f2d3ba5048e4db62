"""The JSON document of a snapshot: version 1, a contract; NaN is null, times are RFC 3339 UTC."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

import numpy as np
import orjson

from models.counts import Counts, total
from models.settings import SECOND
from models.snapshot import Ints, Snapshot, Spreads, StratumFigures
from models.verdicts import Alert

VERSION: Final = 1


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return the document; groups that never handled anything for a measure are left out."""
    return {
        name: list(part) if isinstance(part, Iterator) else part for name, part in _parts(snapshot).items()
    }


def encoded(snapshot: Snapshot) -> bytes:
    """Return the document as JSON, written row by row.

    Of 20,000 employees it is 300,000 rows: as plain data they would take ten times the room, and whoever
    writes them in one go holds the interpreter.
    """
    written = bytearray()
    for name, part in _parts(snapshot).items():
        written += (b"," if written else b"{") + orjson.dumps(name) + b":"
        if not isinstance(part, Iterator):
            written += orjson.dumps(part)
            continue
        begin = len(written)
        for row in part:
            written += (b"[" if len(written) == begin else b",") + orjson.dumps(row)
        written += b"[]" if len(written) == begin else b"]"
    written += b"}"
    return bytes(written)


def _parts(snapshot: Snapshot) -> dict[str, Any]:
    """Return the document, rows as iterators."""
    return {
        "version": VERSION,
        "events": _events(total(snapshot.counts)),
        "positions": {
            "missing": sum(state.missing for state in snapshot.sources),
            "lost": sum(state.lost for state in snapshot.sources),
        },
        "begin": rfc3339(snapshot.origin),
        "window_end": rfc3339(snapshot.window_end),
        "last_step": rfc3339(snapshot.last_step),
        "warm": snapshot.warm,
        "steps": snapshot.steps,
        "corrections": dict(snapshot.corrections),
        "cases": {"open": snapshot.open_cases, "repeat_contacts": dict(snapshot.repeat_contacts)},
        "coverage": [
            {
                "kind": one.kind,
                "measure": one.measure,
                "handlings_share": one.handlings_share,
                "judged": one.judged,
                "seen": one.seen,
            }
            for one in snapshot.coverage
        ],
        "strata": stratum_rows(snapshot),
        "employees": employee_rows(snapshot),
        "channels": _groups(snapshot.by_channel, "channel", snapshot.channels),
        "issue_types": _groups(snapshot.by_issue_type, "issue_type", snapshot.issue_types),
        "alerts": (alert_document(alert) for alert in snapshot.alerts),
    }


def alert_document(alert: Alert) -> dict[str, Any]:
    """Return one alert as it stands in the document and on the alerts topic."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "severity": alert.severity,
        "employee": alert.employee,
        "channel": alert.channel,
        "issue_type": alert.issue_type,
        "measure": alert.measure,
        "since": rfc3339(alert.since),
        "until": rfc3339(alert.until),
        "evidence": {name: _number(value) for name, value in alert.evidence},
        "reasons": list(alert.reasons),
    }


def _events(counts: Counts) -> dict[str, Any]:
    return {
        "read": counts.read,
        "accepted": counts.accepted,
        "rejected": {reason: count for reason, count in counts.rejected.items() if count},
        "duplicate": counts.duplicate,
        "late": counts.late,
        "pending": counts.pending,
    }


def stratum_rows(snapshot: Snapshot, only: tuple[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the figures of strata, or of a single one, for every measure and window."""
    of = _only(snapshot.strata, only)
    found = {(figures.measure, figures.window): figures for figures in snapshot.strata_found}
    for spreads in snapshot.by_stratum:
        figures = found.get((spreads.measure, spreads.window))
        for place in _shown(spreads.handlings, of):
            channel, issue = snapshot.strata[place]
            yield {
                "channel": channel,
                "issue_type": issue,
                "measure": spreads.measure,
                "window": spreads.window,
                "handlings": int(spreads.handlings[place]),
                "mean": _number(spreads.mean[place]),
                "variance": _number(spreads.variance[place]),
                **_between_employees(figures, place),
            }


def _between_employees(figures: StratumFigures | None, place: int) -> dict[str, Any]:
    if figures is None or place >= len(figures.employees):  # it appeared after the last step
        return {"employees": 0, "first_contacts": 0, "tau2": None, "i2": None, "icc": None}
    return {
        "employees": int(figures.employees[place]),
        "first_contacts": int(figures.first_contacts[place]),
        "tau2": _number(figures.tau2[place]),
        "i2": _number(figures.i2[place]),
        "icc": _number(figures.icc[place]),
    }


def employee_rows(snapshot: Snapshot, only: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the figures of employees, or of a single one, for every measure and window."""
    of = _only(snapshot.employees, only)
    for figures in snapshot.employees_found:
        for place in _shown(figures.handlings, of):
            yield {
                "employee": snapshot.employees[place],
                "measure": figures.measure,
                "window": figures.window,
                "handlings": int(figures.handlings[place]),
                "first_contacts": int(figures.first_contacts[place]),
                "mean": _number(figures.mean[place]),
                "variance": _number(figures.variance[place]),
                "observed": _number(figures.observed[place]),
                "expected": _number(figures.expected[place]),
                "z": _number(figures.z[place]),
                "q": _number(figures.q[place]),
            }


def _groups(all_spreads: tuple[Spreads, ...], key: str, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for spreads in all_spreads:
        for place in np.flatnonzero(spreads.handlings):
            yield {
                key: names[place],
                "measure": spreads.measure,
                "window": spreads.window,
                "handlings": int(spreads.handlings[place]),
                "mean": _number(spreads.mean[place]),
                "variance": _number(spreads.variance[place]),
            }


def _only(names: Sequence[Any], only: Any) -> range | None:
    """Return the place of a name, empty where there is none; None where all are asked for."""
    if only is None:
        return None
    return range(names.index(only), names.index(only) + 1) if only in names else range(0)


def _shown(handlings: Ints, of: range | None) -> Iterator[int]:
    """Yield the places where something was handled."""
    places = np.flatnonzero(handlings).tolist() if of is None else of
    return (place for place in places if place < len(handlings) and handlings[place])


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def rfc3339(microseconds: int | None) -> str | None:
    """Return a time as RFC 3339 in UTC, to the second."""
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
