"""The start page: what stands now, where it matters, whether the figures can be trusted. A first look."""

from typing import Final

from streams.metrics import View
from streams.startpage.alerts import alerts_told, ended_told
from streams.startpage.coverage import coverage_table
from streams.startpage.frame import Site, links, page
from streams.startpage.funnel import funnel
from streams.startpage.gap import gap_table
from streams.startpage.health import health_table
from streams.startpage.look import Look, look
from streams.startpage.markup import Content, Markup, join, tag
from streams.startpage.quadrant import quadrant
from streams.startpage.strata import strata_of, strata_table
from streams.startpage.units import some

_SECTIONS: Final = (
    ("now", "What stands now"),
    ("where", "Where it matters"),
    ("perception", "Perception gap"),
    ("pipeline", "Pipeline"),
    ("links", "Links"),
)


def start_page(view: View, site: Site, *, now: int, measure: str | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    view : View
        Its snapshot is shown whole: it has gone through `streams.disclosure`.
    now : int
        Microseconds since 1970 UTC.
    measure : str, optional
        The one that is looked at; without a known name that of the weightiest alert.
    """
    found = _found(view, site, measure)
    shown = _SECTIONS if found is not None else (("now", "Findings"), *_SECTIONS[3:])
    content = [
        tag("h1", "How differently like cases are handled"),
        _elsewhere(view, site) if found is None else _findings(found),
        _section("pipeline", "Pipeline", health_table(view, now)),
        _section("links", "Links", _links(site)),
    ]
    nav = [tag("a", text, href=f"#{key}") for key, text in shown]
    return page(_title(found), content, nav=join(*_spaced(nav)), worker=view.worker, now=now)


def _found(view: View, site: Site, measure: str | None) -> Look | None:
    """Return what is looked at, None where nothing may be shown: no judge, or not caught up."""
    if view.snapshot is None or not view.worker.caught_up:
        return None
    return look(view.snapshot, site.measures, measure, view.worker.thresholds)


def _findings(found: Look) -> Content:
    strata = strata_of(found)
    return (
        _section(
            "now", "What stands now", alerts_told(found), ended_told(found), _scrolling(coverage_table(found))
        ),
        _section(
            "where",
            "Where it matters",
            _choice(found),
            _scrolling(strata_table(found, strata)),
            tag(
                "div",
                tag("figure", tag("h3", "Level and spread"), quadrant(found, strata)),
                tag("figure", tag("h3", "Employees against peers"), funnel(found)),
                class_="pictures",
            ),
        ),
        _section("perception", "Perception gap", _scrolling(gap_table(found))),
    )


def _elsewhere(view: View, site: Site) -> Markup:
    """Say why nothing is shown here, and where to look."""
    if view.snapshot is None:
        told = tag(
            "p",
            tag("strong", "This worker does not hold the judge,"),
            " so it knows nothing of alerts and strata. The worker that does is the one whose /metrics says "
            "touchpoint_judge_active 1.",
            class_="lead",
        )
    else:
        behind = view.worker.ledger_lag
        told = tag(
            "p",
            tag("strong", "The judge is recovering"),
            " what it knew" if behind is None else f": {some(behind, 'ledger record')} to go",
            ". Until it has caught up, its figures are those of an earlier time, so no verdict is shown.",
            class_="lead",
        )
    boards = links(("All workers in Grafana", site.board("touchpoint-workers")))
    return _section("now", "Findings", told, boards if site.grafana_url else None)


def _choice(found: Look) -> Markup:
    """Return links to every measure."""
    of = [
        tag(
            "a",
            one.name,
            href=f"?measure={one.name}#where",
            aria_current="true" if one is found.measure else None,
        )
        for one in found.measures
    ]
    return tag("nav", "Measure: ", _spaced(of), aria_label="Measure", class_="choice")


def _links(site: Site) -> Markup:
    return links(
        ("Grafana: overview", site.board("touchpoint-overview")),
        ("Runbook", site.runbook()),
        ("/api/v1/document: everything shown here, as JSON", "./api/v1/document"),
        ("/api/v1/alerts", "./api/v1/alerts"),
        ("/metrics: for Prometheus", "./metrics"),
    )


def _section(key: str, title: str, *content: Content) -> Markup:
    return tag(
        "section", tag("h2", title, id=f"{key}-title"), *content, id=key, aria_labelledby=f"{key}-title"
    )


def _scrolling(table: Content) -> Markup:
    """Return a table that scrolls by itself where a screen is narrower than it."""
    return tag("div", table, class_="wide")


def _spaced(parts: list[Markup]) -> list[Content]:
    """Return parts with a blank between them, for readers without a style sheet."""
    return [part for one in parts for part in (one, " ")]


def _title(found: Look | None) -> str:
    if found is None:
        return "touchpoint"
    return f"{some(len(found.standing), 'alert')} · touchpoint" if found.standing else "No alert · touchpoint"
