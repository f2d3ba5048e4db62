"""One alert: its reasons, the figures behind it, what it is about in every measure, where to go on."""

from collections.abc import Iterator
from math import isfinite, nan
from typing import Final

import numpy as np

from models.snapshot import Snapshot
from models.verdicts import Alert
from streams.metrics import View
from streams.startpage.alerts import about, kind_told, reasons
from streams.startpage.evidence import evidence_table
from streams.startpage.frame import Site, links, page, path_of
from streams.startpage.look import of_window
from streams.startpage.markup import Content, Markup, tag
from streams.startpage.units import NOTHING, count, lasting, level, moment, sigmas, spread

_NOTE: Final = (
    "A difference says that like cases end differently, not who is right: whoever differs may be, and the "
    "peers wrong."
)


def alert_page(view: View, site: Site, alert_id: str, *, now: int) -> str | None:
    """Return the page of an alert that stands or has ended, None where none of this id is shown here."""
    if view.snapshot is None or not view.worker.caught_up:
        return None
    alert = next((one for one in view.snapshot.alerts if one.id == alert_id), None)
    measure = None if alert is None else next((m for m in site.measures if m.name == alert.measure), None)
    if alert is None or measure is None:
        return None
    content = (
        tag(
            "h1",
            tag("span", "◆ " if alert.until is None else "", class_="mark"),
            about(alert),
            ": ",
            alert.measure,
        ),
        _when(alert, view.snapshot),
        tag("section", tag("h2", "Reasons"), reasons(alert), class_="alert"),
        tag("section", tag("h2", "Evidence"), evidence_table(alert, measure.kind)),
        tag(
            "section",
            tag("h2", "All measures"),
            tag("div", _figures(alert, view.snapshot, site), class_="wide"),
        ),
        tag("section", tag("h2", "Links"), _links(alert, site), tag("p", _NOTE, class_="quiet")),
    )
    title = f"{alert.kind} {alert.measure} · touchpoint"
    return page(title, content, nav=tag("a", "All alerts", href="../"), worker=view.worker, now=now)


def absent_page(view: View, *, now: int) -> str:
    """Return the page of an alert that is not shown here, with why."""
    if view.snapshot is None:
        why = "This worker does not hold the judge. The one that does is where touchpoint_judge_active is 1."
    elif not view.worker.caught_up:
        why = "The judge is recovering; no alert is shown until it has caught up."
    else:
        why = "No alert of this id is known: it ended long ago, or this privacy mode does not show it."
    content = (tag("h1", "No such alert here"), tag("p", why, class_="lead"))
    return page(
        "No such alert · touchpoint",
        content,
        nav=tag("a", "All alerts", href="../"),
        worker=view.worker,
        now=now,
    )


def _when(alert: Alert, snapshot: Snapshot) -> Markup:
    until = snapshot.last_step if alert.until is None else alert.until
    lasts = lasting(until - alert.since) if until is not None and until > alert.since else ""
    if alert.until is None:
        ends: Content = (
            f" and stands, for {lasts} so far" if lasts else " and stands",
            ", as of ",
            moment(snapshot.last_step),
        )
    else:
        ends = (" and ended ", moment(alert.until), f", after {lasts}" if lasts else "")
    return tag(
        "p",
        f"{kind_told(alert)}. Began ",
        moment(alert.since),
        ends,
        f". Severity {alert.severity}.",
        class_="lead",
    )


def _figures(alert: Alert, snapshot: Snapshot, site: Site) -> Content:
    if alert.employee is not None:
        return _of_employee(alert.employee, snapshot, site)
    name = (alert.channel or "", alert.issue_type or "")
    return _of_stratum(snapshot.strata.index(name), snapshot, site) if name in snapshot.strata else None


def _of_stratum(place: int, snapshot: Snapshot, site: Site) -> Markup:
    columns = ("Window", "Handlings", "Level", "Spread", "Employees", "First contacts")
    return _table("This stratum, by measure and window", columns, list(_stratum_rows(place, snapshot, site)))


def _stratum_rows(place: int, snapshot: Snapshot, site: Site) -> Iterator[Markup]:
    for measure in site.measures:
        for found in snapshot.strata_found:
            means = of_window(snapshot.by_stratum, measure.name, found.window)
            if found.measure != measure.name or means is None or place >= len(found.employees):
                continue
            tau2 = float(found.tau2[place])
            figures = (
                found.window,
                count(int(means.handlings[place])),
                level(measure.kind, float(means.mean[place])),
                spread(measure.kind, tau2**0.5 if isfinite(tau2) else nan),
                count(int(found.employees[place])),
                count(int(found.first_contacts[place])),
            )
            yield _row(measure.name, figures)


def _of_employee(name: str, snapshot: Snapshot, site: Site) -> Content:
    if name not in snapshot.employees:
        return None
    columns = ("Window", "First contacts", "Level", "Peers' level", "Distance")
    rows = list(_employee_rows(snapshot.employees.index(name), snapshot, site))
    return _table("First contacts of this employee, and what peers would have had", columns, rows)


def _employee_rows(place: int, snapshot: Snapshot, site: Site) -> Iterator[Markup]:
    for measure in site.measures:
        for found in snapshot.employees_found:
            if found.measure != measure.name or place >= len(found.z) or found.first_contacts[place] == 0:
                continue
            n = int(found.first_contacts[place])
            figures = (
                found.window,
                count(n),
                level(measure.kind, float(found.observed[place]) / n),
                level(measure.kind, float(found.expected[place]) / n),
                sigmas(float(found.z[place])) if not np.isnan(found.z[place]) else NOTHING,
            )
            yield _row(measure.name, figures)


def _table(caption: str, columns: tuple[str, ...], rows: list[Markup]) -> Markup:
    head = tag(
        "tr",
        tag("th", "Measure", scope="col"),
        [tag("th", text, scope="col", class_="n") for text in columns],
    )
    return tag("table", tag("caption", caption), tag("thead", head), tag("tbody", rows))


def _row(measure: str, figures: tuple[str, ...]) -> Markup:
    return tag("tr", tag("th", measure, scope="row"), [tag("td", text, class_="n") for text in figures])


def _links(alert: Alert, site: Site) -> Markup:
    path = path_of(alert)
    board = "touchpoint-strata" if alert.employee is None else "touchpoint-employee"
    about_it = {
        "channel": alert.channel,
        "issue_type": alert.issue_type,
        "employee": alert.employee,
        "measure": alert.measure,
    }
    return links(
        ("What to do: the runbook", site.runbook(alert)),
        ("Its course in Grafana", site.board(board, **about_it)),
        ("This alert as JSON", f"../api/v1/alerts/{alert.id}"),
        ("All figures of what it is about, as JSON", None if path is None else f"../{path}"),
    )
