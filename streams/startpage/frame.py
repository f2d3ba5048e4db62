"""What every page has in common: head, style, footer; and the addresses that pages link to."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final
from urllib.parse import quote, urlencode

from models.settings import Measure
from models.verdicts import Alert
from streams.metrics import WorkerState
from streams.startpage.markup import Content, Markup, style, tag
from streams.startpage.units import moment

_SHEET: Final = (files("streams.startpage") / "style.css").read_text(encoding="utf-8")

STYLE_SOURCE: Final = f"'sha256-{b64encode(sha256(_SHEET.encode()).digest()).decode()}'"
"""What a Content-Security-Policy must allow as style-src for these pages; they need nothing else."""


@dataclass(frozen=True, slots=True)
class Site:
    """What pages know of where they stand.

    Attributes
    ----------
    measures : sequence of Measure
        Those of the judge whose snapshots come.
    grafana_url, runbook_url : str
        Empty where there is none.
    """

    measures: Sequence[Measure]
    grafana_url: str = ""
    runbook_url: str = ""

    def board(self, name: str, **variables: str | None) -> str | None:
        """Return the address of a Grafana board, None where no Grafana is known."""
        if not self.grafana_url:
            return None
        query = urlencode(
            {f"var-{key}": value for key, value in variables.items() if value is not None}, errors="replace"
        )
        return f"{self.grafana_url.rstrip('/')}/d/{name}{'?' if query else ''}{query}"

    def runbook(self, alert: Alert | None = None) -> str | None:
        """Return the address of the runbook, of the section that speaks about an alert."""
        if not self.runbook_url:
            return None
        return (
            self.runbook_url
            if alert is None
            else f"{self.runbook_url}#touchpoint{alert.kind.replace('_', '')}"
        )


def page(title: str, content: Content, *, nav: Content, worker: WorkerState, now: int) -> str:
    """Return a whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        style(_SHEET),
    )
    body = tag(
        "body",
        tag("a", "Skip to content", href="#content", class_="skip"),
        tag(
            "header",
            tag("p", tag("strong", "touchpoint"), class_="brand"),
            tag("nav", nav, aria_label="Sections"),
        ),
        tag("main", content, id="content"),
        _footer(worker, now),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en').text}\n"


def links(*listed: tuple[str, str | None]) -> Markup:
    """Return a list of links; what has no address is left out."""
    return tag(
        "ul", [tag("li", tag("a", text, href=to)) for text, to in listed if to is not None], class_="links"
    )


def path_of(alert: Alert) -> str | None:
    """Return where the API tells the figures of what an alert is about, without the root."""
    if alert.employee is not None:
        return f"api/v1/employees/{_quoted(alert.employee)}"
    if alert.channel is not None and alert.issue_type is not None:
        return f"api/v1/strata/{_quoted(alert.channel)}/{_quoted(alert.issue_type)}"
    return None


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="replace")


def _footer(worker: WorkerState, now: int) -> Markup:
    return tag(
        "footer",
        tag(
            "p",
            "“Differs from peers” is no fault: touchpoint suspects the process before the person, and ranks "
            "nobody.",
        ),
        tag(
            "p",
            f"touchpoint {worker.version} · configuration {worker.config_hash} · privacy mode "
            f"{worker.privacy_mode} · written ",
            moment(now),
            "; load the page again for newer figures. All times are UTC.",
        ),
    )
