"""Lines and stacked bands over time."""

import math
import re
from collections.abc import Mapping, Sequence
from html import escape

from grafana.preview import axes
from grafana.preview.asking import Series
from grafana.preview.interpolation import Times
from grafana.preview.looks import Look, look
from grafana.preview.reading import Panel

_LEGEND = 20
_NAMES_MAX = 10
_HOLE = 3.0
"""A line is broken where so many steps are without a value."""


def named(legend: str, labels: Mapping[str, str]) -> str:
    """Return how a series is called."""
    if legend == "__auto":
        return ", ".join(labels.values())
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: labels.get(match[1], ""), legend)


def lines(
    panel: Panel, answers: Mapping[str, Sequence[Series]], times: Times, width: int, height: int
) -> str:
    """Return the drawing of a time series panel."""
    legends = {target["refId"]: target.get("legendFormat", "__auto") for target in panel["targets"]}
    found: list[tuple[str, Look, str, Series]] = []
    for ref, several in answers.items():
        for place, series in enumerate(several):
            name = named(legends[ref], series.labels)
            how = look(panel, name, ref)
            found.append((name, how, how.colour(place=place), series))
    defaults = panel["fieldConfig"]["defaults"]
    is_stacked = defaults["custom"].get("stacking", {}).get("mode", "none") != "none"
    bands = _stacked(found) if is_stacked else {}
    tops = [value for band in bands.values() for _, _, value in band]
    values = tops or [value for _, _, _, series in found for _, value in series.points]
    height -= _LEGEND
    x = axes.across([times.begin, times.end], width)
    y = axes.upwards(values, height, defaults.get("min"), defaults.get("max"))
    parts = [axes.frame(x, y, defaults["unit"], name=defaults["custom"].get("axisLabel", ""))]
    for number, (_, how, colour, series) in enumerate(found):
        if number in bands:
            upper = " ".join(f"{x.at(at):.1f},{y.at(top):.1f}" for at, _, top in bands[number])
            lower = " ".join(f"{x.at(at):.1f},{y.at(low):.1f}" for at, low, _ in reversed(bands[number]))
            parts.append(f'<polygon points="{upper} {lower}" fill="{colour}" fill-opacity="0.75"/>')
        else:
            parts.append(_line(series, x, y, times.step, colour, dashed=bool(how.get("custom.lineStyle"))))
    return axes.svg(width, height, "".join(parts)) + legend([(name, colour) for name, _, colour, _ in found])


def legend(names: Sequence[tuple[str, str]]) -> str:
    """Return names beside their colours."""
    shown = "".join(
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in names[:_NAMES_MAX]
    )
    more = f"<span>and {len(names) - _NAMES_MAX} more</span>" if len(names) > _NAMES_MAX else ""
    return f'<div class="legend">{shown}{more}</div>'


def _line(series: Series, x: axes.Scale, y: axes.Scale, step: float, colour: str, *, dashed: bool) -> str:
    path, last = [], -math.inf
    for at, value in series.points:
        if math.isfinite(value):
            begins = at - last > _HOLE * step
            path.append(f"{'M' if begins else 'L'}{x.at(at):.1f} {y.at(value):.1f}")
            last = at
    dashes = ' stroke-dasharray="8 5"' if dashed else ""
    return f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>'


def _stacked(
    found: Sequence[tuple[str, Look, str, Series]],
) -> dict[int, list[tuple[float, float, float]]]:
    """Return (time, from, to) of each band, the first at the bottom."""
    heights: dict[float, float] = {}
    bands: dict[int, list[tuple[float, float, float]]] = {}
    for number, (_, _, _, series) in enumerate(found):
        band = bands.setdefault(number, [])
        for at, value in series.points:
            low = heights.get(at, 0.0)
            heights[at] = low + (value if math.isfinite(value) else 0.0)
            band.append((at, low, heights[at]))
    return bands
