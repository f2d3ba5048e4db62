"""A real browser takes the pages as they are meant, served by the real server."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import chromium
from chromium import Opened
from pages import Feed, rows_of
from prometheus_tools import binary
from served import ask, at, judging, serving
from startpages import HOSTILE, page, parsed, seen
from watched import worker

from models.judge import Judge
from models.verdicts import Alert
from streams.health import Health
from streams.startpage import STYLE_SOURCE

PLANTED = ("emp-0054", "refund_request", "invoice_question", "address_change", "delivery_delay", "emp-0001")
"""Names of the demo's centre that alerts are about, and one more."""


@cache
def renamed() -> Judge:
    """Return the judge of the demo's centre, where upstream called all of these something hostile."""
    names = dict(zip(PLANTED, HOSTILE, strict=True))
    feed = Feed()
    for day in range(40):
        rows = rows_of(day)
        employees = tuple(names.get(name, name) for name in rows.employees)
        feed.give(
            replace(rows, employees=employees, issues=tuple(names.get(name, name) for name in rows.issues))
        )
    feed.judge.finish()
    return feed.judge


def hostile() -> Health:
    """Return a worker whose judge knows them."""
    health = judging()
    assert health.ownership.judging is not None
    health.ownership.judging.judge = renamed()
    return health


def standing() -> list[Alert]:
    """Return the alerts of that judge which stand."""
    return [alert for alert in renamed().alerts if alert.until is None]


def browsed(of: Health, paths: Sequence[str], folder: Path) -> list[tuple[str, Opened]]:
    """Return each page as it was served, and what Chromium makes of it."""
    binary("chromium")

    async def run() -> list[tuple[str, Opened]]:
        async with serving(of) as server:
            return [
                (
                    (await ask(server, path)).text,
                    await asyncio.to_thread(chromium.opened, f"http://127.0.0.1:{server.port}{path}", folder),
                )
                for path in paths
            ]

    return asyncio.run(run())


def test_pages_open_without_a_complaint(tmp_path: Path) -> None:
    """Nothing is said on the console, no policy is violated, and the browser amends nothing."""
    paths = ["/", "/?measure=survey", *(f"/alerts/{alert.id}" for alert in standing()[:2]), "/alerts/none"]

    for text, opened in browsed(hostile(), paths, tmp_path):
        assert opened.console == []
        assert tags_of(opened.dom) == [one.tag for one in parsed(text).iter()]


def test_alerts_and_pictures_are_there_and_hostile_names_are_text(tmp_path: Path) -> None:
    """Every alert with a link to its page, both pictures, and each name letter by letter."""
    [(_, opened)] = browsed(hostile(), ["/"], tmp_path)

    named = {name for alert in standing() for name in (alert.employee, alert.issue_type)}
    about = [name for name in HOSTILE if name in named]
    assert len(about) >= 4
    said = unescape(opened.dom)
    assert [name for name in about if seen(name) not in said] == []
    assert "<script" not in opened.dom
    assert opened.dom.count('role="img"') == 2
    for alert in standing():
        assert f'href="./alerts/{quote(alert.id)}"' in opened.dom


def test_a_worker_without_the_judge_opens_too(tmp_path: Path) -> None:
    """And one that recovers."""
    for of in (at(worker()), at(worker(judged=3, follow_to=4))):
        [(text, opened)] = browsed(of, ["/"], tmp_path)
        assert opened.console == []
        assert tags_of(opened.dom) == [one.tag for one in parsed(text).iter()]


def test_what_the_policy_refuses_is_seen(tmp_path: Path) -> None:
    """A style that is not ours is refused, and the console says so: silence above means something."""
    binary("chromium")
    smuggled = page().replace("</head>", "<style>p{}</style></head>")

    with chromium.serving({"/": smuggled}, f"default-src 'none'; style-src {STYLE_SOURCE}") as address:
        [refused] = chromium.opened(f"{address}/", tmp_path).console
        assert "Content Security Policy" in refused


def tags_of(dom: str) -> list[str]:
    """Return the elements of a page as Chromium writes it down, in order."""
    found: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the library's name
            found.append(tag)

    Tags().feed(dom)
    return found
