"""What the API tells of a snapshot: one alert, one stratum, one employee; and of the worker."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

from models.detectors.funnel import FUNNEL
from models.detectors.spread import SPREAD
from models.snapshot import Snapshot
from models.verdicts import Alert
from streams.config import Config
from streams.document import alert_document, employee_rows, rfc3339, stratum_rows
from streams.health import Health
from streams.startpage.frame import Site, path_of
from streams.web.refusal import Refusal

_TABLES: Final = {SPREAD.kind: "spread", FUNNEL.kind: "funnel"}
"""Where the thresholds of a detector stand, under `detectors`."""
_PREFIX_MIN: Final = 4
_TOLD: Final = 10


def site_of(config: Config) -> Site:
    """Return what links need to know."""
    return Site(config.measures, config.http.grafana_url, config.http.runbook_url)


def alert(snapshot: Snapshot, config: Config, asked: str) -> dict[str, Any]:
    """Return the alert of an id, or the only one whose id begins so: evidence, figures, thresholds, links.

    Raises
    ------
    Refusal
        404 where there is none, or more than one.
    """
    found = _alert_of(snapshot.alerts, asked)
    if found.employee is not None:
        rows = employee_rows(snapshot, found.employee)
    elif found.channel is not None and found.issue_type is not None:
        rows = stratum_rows(snapshot, (found.channel, found.issue_type))
    else:
        rows = iter(())
    return {
        "alert": alert_document(found),
        "figures": [row for row in rows if row["measure"] == found.measure],
        "thresholds": _thresholds(config, found.kind),
        "config_hash": config.fingerprint(),
        "last_step": rfc3339(snapshot.last_step),
        "links": _links(found, site_of(config), f"{config.windows.days[-1]}d"),
    }


def stratum(snapshot: Snapshot, asked: tuple[str, str]) -> dict[str, Any]:
    """Return the figures of a stratum for every measure and window, and its alerts.

    Raises
    ------
    Refusal
        404 where none of its handlings is shown.
    """
    rows = list(stratum_rows(snapshot, asked))
    if not rows:
        raise Refusal(
            404,
            "unknown_stratum",
            "no figures of this channel and issue type are shown; /api/v1/document lists those that are. "
            f"Channels: {', '.join(snapshot.channels)}",
        )
    of = [one for one in snapshot.alerts if (one.channel, one.issue_type) == asked]
    about = {"channel": asked[0], "issue_type": asked[1]}
    return about | _as_of(snapshot) | {"figures": rows, "alerts": [alert_document(one) for one in of]}


def employee(snapshot: Snapshot, asked: str) -> dict[str, Any]:
    """Return the figures of an employee for every measure and window, and the alerts.

    Raises
    ------
    Refusal
        404 where none of the handlings is shown.
    """
    rows = list(employee_rows(snapshot, asked))
    if not rows:
        raise Refusal(
            404,
            "unknown_employee",
            "no figures of this employee are shown: ask with the name that the document and the alerts use",
        )
    of = [one for one in snapshot.alerts if one.employee == asked]
    return (
        {"employee": asked}
        | _as_of(snapshot)
        | {"figures": rows, "alerts": [alert_document(one) for one in of]}
    )


def health(state: Health, snapshot: Snapshot | None) -> dict[str, Any]:
    """Return how a worker does; `snapshot` is None where no judge shows one."""
    owner = state.ownership
    judging = owner.judging
    return {
        "program": version("touchpoint-monitor"),
        "config_hash": state.config.fingerprint(),
        "privacy_mode": state.config.privacy.mode,
        "assigned": state.is_assigned,
        "ready": state.is_ready,
        "stalled_s": state.stalled_s(),
        "problem": state.problem(),
        "lag": [
            {"topic": topic, "partition": partition, "messages": messages}
            for (topic, partition), messages in sorted(state.lag().items())
        ],
        "judge": {
            "here": judging is not None,
            "caught_up": owner.caught_up,
            "ledger_position": None if judging is None else judging.next_offset,
            "ledger_lag": None if judging is None else state.ledger_lag(),
            "watermark": None if snapshot is None else rfc3339(snapshot.watermark),
            "last_step": None if snapshot is None else rfc3339(snapshot.last_step),
        },
    }


def _alert_of(alerts: Sequence[Alert], asked: str) -> Alert:
    begin_so = [one for one in alerts if one.id.startswith(asked)]
    found = [one for one in begin_so if one.id == asked] or begin_so
    if len(asked) < _PREFIX_MIN or not found:
        raise Refusal(
            404,
            "unknown_alert",
            f"no alert of this id is shown, and none whose id begins so (at least {_PREFIX_MIN} digits are "
            "needed); /api/v1/alerts lists them. Alerts that ended long ago are forgotten",
        )
    if len(found) > 1:
        told = ", ".join(one.id for one in found[:_TOLD])
        raise Refusal(404, "ambiguous_alert", f"the ids of {len(found)} alerts begin so: {told}")
    return found[0]


def _thresholds(config: Config, kind: str) -> dict[str, float]:
    table = _TABLES.get(kind)
    settings = {} if table is None else asdict(getattr(config.detectors, table))
    return {f"detectors.{table}.{name}": value for name, value in settings.items()} | {
        f"verdicts.{name}": value for name, value in asdict(config.verdicts).items()
    }


def _links(found: Alert, site: Site, window: str) -> dict[str, str | None]:
    board = "touchpoint-strata" if found.employee is None else "touchpoint-employee"
    path = path_of(found)
    return {
        "page": f"/alerts/{found.id}",
        "api": None if path is None else f"/{path}",
        "grafana": site.board(
            board,
            employee=found.employee,
            channel=found.channel,
            issue_type=found.issue_type,
            measure=found.measure,
            window=window,
        ),
        "runbook": site.runbook(found),
    }


def _as_of(snapshot: Snapshot) -> dict[str, Any]:
    return {"window_end": rfc3339(snapshot.window_end), "last_step": rfc3339(snapshot.last_step)}
