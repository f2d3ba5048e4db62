"""A board as one page: every panel in its place, with the data that a Prometheus has."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from grafana.preview import asking, bands, courses, figures, points
from grafana.preview.asking import Series
from grafana.preview.interpolation import Choice, Times, filled
from grafana.preview.reading import Board, Panel, panels

WIDTH: Final = 1_200
_COLUMN: Final = WIDTH / 24
_ROW: Final = 34
_HEADER: Final = 56
_TITLE: Final = 30

_STYLE: Final = Path(__file__).with_name("preview.css")


def page(board: Board, url: str, choices: Mapping[str, Choice], times: Times) -> tuple[str, int]:
    """Return a board as HTML, and how high it is."""
    parts, bottom = [], 0
    for row in board["panels"]:
        if row["type"] == "row":
            collapsed = " (collapsed)" if row.get("collapsed") else ""
            parts.append(_placed(row, f"{escape(row['title'])}{collapsed}", "row"))
        bottom = max(bottom, row["gridPos"]["y"] + row["gridPos"]["h"])
    shown = {panel["id"] for panel in board["panels"]}
    for panel in panels(board):
        if panel["id"] in shown:
            title = escape(filled(panel["title"], choices, times))
            parts.append(
                _placed(panel, f"<h2>{title}</h2>{_drawn(panel, url, choices, times)}", panel["type"])
            )
    chosen = ", ".join(f"{name} = {_said(choice)}" for name, choice in choices.items())
    height = round(bottom * _ROW) + 14
    title, uid = escape(board["title"]), board["uid"]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    said = f"Preview of grafana/dashboards/{uid}.json, not Grafana. {escape(chosen)}"
    header = f"<style>{_STYLE.read_text()}</style><header><h1>{title}</h1><small>{said}</small></header>"
    main = f'<main style="height:{height}px">{"".join(parts)}</main></html>'
    return head + header + main, height + _HEADER


def _drawn(panel: Panel, url: str, choices: Mapping[str, Choice], times: Times) -> str:
    answers: dict[str, Sequence[Series]] = {}
    for target in panel.get("targets", ()):
        ask = asking.instant if target.get("instant") else asking.course
        answers[target["refId"]] = ask(url, filled(target["expr"], choices, times), times)
    if answers and not any(answers.values()):
        return f'<div class="empty">{escape(panel["fieldConfig"]["defaults"]["noValue"])}</div>'
    size = round(panel["gridPos"]["w"] * _COLUMN) - 26, panel["gridPos"]["h"] * _ROW - _TITLE - 16
    draw: Mapping[str, Callable[[], str]] = {
        "text": lambda: figures.words(panel),
        "stat": lambda: figures.stat(panel, answers),
        "table": lambda: figures.rows(panel, answers),
        "timeseries": lambda: courses.lines(panel, answers, times, *size),
        "xychart": lambda: points.scatter(panel, answers, *size),
        "heatmap": lambda: bands.histogram(panel, answers, times, *size),
        "state-timeline": lambda: bands.states(panel, answers, times, *size),
        "status-history": lambda: bands.states(panel, answers, times, *size),
    }
    return draw[panel["type"]]()


def _placed(panel: Panel, body: str, kind: str) -> str:
    place = panel["gridPos"]
    box = (
        f"left:{place['x'] * _COLUMN + 4:.0f}px;top:{place['y'] * _ROW}px;"
        f"width:{place['w'] * _COLUMN - 8:.0f}px;height:{place['h'] * _ROW - 8}px"
    )
    return f'<section class="{kind}" style="{box}">{body}</section>'


def _said(choice: Choice) -> str:
    if choice.pattern:
        return "All"
    return choice.values if isinstance(choice.values, str) else ", ".join(choice.values)
