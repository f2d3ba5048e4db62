"""Start pages of simulated centres, and how they are read: by a strict parser."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from pages import judged, view_of, worker

from models.settings import MEASURES, SECOND
from models.snapshot import Snapshot
from models.verdicts import Alert
from streams.config import Config
from streams.metrics import View
from streams.metrics.thresholds import thresholds
from streams.startpage import Site, alert_page, start_page

NOW = 1_707_524_400_000_000
"""Twenty minutes after the demo's last step."""
SITE = Site(MEASURES, "https://grafana.example.org", "https://runbook.example.org/runbook.md")

MINUS, TIMES, NBSP = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{NO-BREAK SPACE}"

HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onload='alert(1)' x=\"",
    "\u202egnp.exe\u200b\u2066",
    "W" * 128,
    "]]>&amp;<!-- </style></svg>",
    "ضمان المنتج",
)
"""Names that upstream might send."""


def view(snapshot: Snapshot | None = None, **changes: Any) -> View:
    """Return a view of a worker that does well, with the thresholds in force."""
    ago = {"last_record": NOW - 4 * SECOND, "checkpoint_at": NOW - 38 * 60 * SECOND, "incomplete_since": None}
    return view_of(snapshot, **(ago | {"thresholds": thresholds(Config())} | changes))


def elsewhere() -> View:
    """Return the view of a worker without the judge."""
    return View(None, worker(ledger_position=None, ledger_lag=None))


def page(of: View | None = None, *, measure: str | None = None, site: Site = SITE) -> str:
    """Return a start page, that of the demo's centre unless told otherwise."""
    return start_page(of or view(), site, now=NOW, measure=measure)


def alert_text(of: View, alert_id: str) -> str:
    """Return the page of an alert that is there."""
    text = alert_page(of, SITE, alert_id, now=NOW)
    assert text is not None
    return text


def parsed(text: str) -> ET.Element:
    """Return a page read strictly: what is not well-formed raises."""
    doctype, _, rest = text.partition("\n")
    assert doctype == "<!DOCTYPE html>"
    return ET.fromstring(rest)  # noqa: S314 - our own page


def read(element: ET.Element) -> str:
    """Return all text of an element, blanks made one."""
    return " ".join("".join(element.itertext()).split())


def section(text: str, key: str) -> ET.Element:
    """Return a section of a page."""
    found = parsed(text).find(f".//section[@id='{key}']")
    assert found is not None, key
    return found


def shape(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """Return which elements with which attributes a page has."""
    return {(element.tag, tuple(sorted(element.attrib))) for element in parsed(text).iter()}


def rows(table: ET.Element) -> Iterator[list[str]]:
    """Yield the cells of the rows of a table's body."""
    for row in table.findall("./tbody/tr"):
        yield [read(cell) for cell in row]


@cache
def standing() -> tuple[Alert, ...]:
    """Return the alerts that stand in the demo's centre."""
    return tuple(alert for alert in judged().alerts if alert.until is None)


def named(*names: str) -> Snapshot:
    """Return the demo's centre with these as its first employees and its first issue types."""
    snapshot = judged()
    renamed = dict(zip((*snapshot.employees[: len(names)],), names, strict=False))
    renamed |= dict(zip((*snapshot.issue_types[: len(names)],), names, strict=False))
    accused = {alert.employee for alert in standing()} | {alert.issue_type for alert in standing()}
    renamed |= dict(zip(sorted(filter(None, accused)), names, strict=False))

    def name(old: str) -> str:
        return renamed.get(old, old)

    def told(alert: Alert) -> Alert:
        return replace(
            alert,
            employee=None if alert.employee is None else name(alert.employee),
            issue_type=None if alert.issue_type is None else name(alert.issue_type),
            reasons=tuple(f"{reason} {names[0]}" for reason in alert.reasons),
        )

    return replace(
        snapshot,
        employees=tuple(map(name, snapshot.employees)),
        issue_types=tuple(map(name, snapshot.issue_types)),
        strata=tuple((channel, name(issue)) for channel, issue in snapshot.strata),
        alerts=tuple(map(told, snapshot.alerts)),
    )


def seen(name: str) -> str:
    """Return how a name reads on a page: what is not seen has its number."""
    return re.sub("[\u200b\u202e\u2066]", lambda found: f"[U+{ord(found[0]):04X}]", name)


def at_random(employees: int) -> Snapshot:
    """Return the demo's centre with so many employees, as far from peers as chance makes them."""
    generator = np.random.default_rng(1)
    z, contacts = generator.standard_normal(employees), generator.integers(20, 900, employees)
    snapshot, quarter = judged(), np.asarray(contacts * 0.25, np.float64)
    found = tuple(
        replace(one, first_contacts=contacts, observed=quarter, expected=quarter, z=z, q=np.abs(z) / 9)
        for one in snapshot.employees_found
    )
    names = tuple(f"emp-{number:05}" for number in range(employees))
    return replace(snapshot, employees=names, employees_found=found)
