"""What is drawn in rows of cells over time: histograms and states."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from grafana.preview import axes
from grafana.preview.asking import Series
from grafana.preview.courses import named
from grafana.preview.interpolation import Times
from grafana.preview.looks import between, look, on
from grafana.preview.reading import Panel
from grafana.preview.units import read

_LETTER: Final = 6.2
"""Width of a letter in pixels, about."""


def histogram(
    panel: Panel, answers: Mapping[str, Sequence[Series]], times: Times, width: int, height: int
) -> str:
    """Return the drawing of a heat map of cumulated buckets."""
    buckets = sorted(
        (float(series.labels["le"]), dict(series.points))
        for several in answers.values()
        for series in several
    )
    unit = panel["options"]["yAxis"].get("unit", "none")
    x = axes.across([times.begin, times.end], width)
    tall = (height - axes.BOTTOM - axes.TOP) / len(buckets)
    wide = max((x.last - x.first) * times.step / (times.end - times.begin), 1.0)
    below: dict[float, float] = {}
    cells, most = [], 1e-12
    for place, (_, points) in enumerate(buckets):
        top = height - axes.BOTTOM - (place + 1) * tall
        for at, value in points.items():
            inside = value - below.get(at, 0.0)
            if math.isfinite(inside) and inside > 1e-9:
                cells.append((x.at(at), top, inside))
                most = max(most, inside)
        below = points
    parts = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
        f'fill="{between("#deebf7", "#08306b", math.sqrt(inside / most))}"/>'
        for left, top, inside in cells
        if left + wide <= x.last + 1
    ]
    for place, (bound, _) in enumerate(buckets):
        if place % max(len(buckets) // 8, 1) == 0 and math.isfinite(bound):
            at = height - axes.BOTTOM - (place + 1) * tall
            parts.append(
                f'<text x="{x.first - 5}" y="{at + 4:.1f}" text-anchor="end">{read(bound, unit)}</text>'
            )
    return axes.svg(width, height, "".join(parts) + _clock(x, height))


def states(
    panel: Panel, answers: Mapping[str, Sequence[Series]], times: Times, width: int, height: int
) -> str:
    """Return the drawing of a state timeline or a status history."""
    legends = {target["refId"]: target["legendFormat"] for target in panel["targets"]}
    rows = [(named(legends[ref], one.labels), one) for ref, several in answers.items() for one in several]
    room = max((_LETTER * len(name) for name, _ in rows), default=40.0) + 10
    x = axes.Scale(times.begin, times.end, min(room, width / 2), width - axes.RIGHT)
    tall = min((height - axes.BOTTOM) / max(len(rows), 1), 34)
    parts = []
    for place, (name, series) in enumerate(rows):
        top, how = place * tall, look(panel, name)
        for begin, end, value in _runs(series, times):
            left, wide = x.at(begin), x.at(end) - x.at(begin)
            colour, said = how.colour(value), how.read(value)
            box = f'x="{left:.1f}" y="{top + 2:.1f}" width="{wide:.1f}" height="{tall - 4:.1f}"'
            parts.append(f'<rect {box} fill="{colour}"/>')
            if wide > _LETTER * len(said) + 8 and tall > 14:
                at = f'x="{left + 5:.1f}" y="{top + tall / 2 + 4:.1f}"'
                parts.append(f'<text {at} style="fill:{on(colour)}">{escape(said)}</text>')
        middle = top + tall / 2 + 4
        parts.append(f'<text x="{x.first - 6:.0f}" y="{middle:.1f}" text-anchor="end">{escape(name)}</text>')
    return axes.svg(width, height, "".join(parts) + _clock(x, height))


def _runs(series: Series, times: Times) -> list[tuple[float, float, float]]:
    """Return (from, to, value) of each stretch in which a value stays."""
    runs: list[tuple[float, float, float]] = []
    for at, value in series.points:
        end = min(at + times.step, times.end)
        if runs and runs[-1][2] == value and at - runs[-1][1] < times.step / 2:
            runs[-1] = (runs[-1][0], end, value)
        else:
            runs.append((at, end, value))
    return runs


def _clock(x: axes.Scale, height: int) -> str:
    flat = axes.Scale(0, 0, height - axes.BOTTOM, height - axes.BOTTOM)
    return axes.frame(x, flat, "none").split("</text>", 1)[1]
