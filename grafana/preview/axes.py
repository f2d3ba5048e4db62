"""A drawing area with a scale each way: ticks, labels, and from values to pixels."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from grafana.preview.units import read

_DECIMAL: Final = frozenset({"none", "percentunit"})
LEFT, RIGHT, TOP, BOTTOM = 66, 26, 8, 20


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels; `first` and `last` are where its ends are drawn."""

    least: float
    most: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (value - self.least) / (self.most - self.least) if self.most > self.least else 0.5
        return self.first + share * (self.last - self.first)

    def ticks(self, count: int) -> list[float]:
        """Return round values, about so many."""
        span = self.most - self.least
        if span <= 0 or not math.isfinite(span):
            return [self.least]
        rough = span / count
        size = 10 ** math.floor(math.log10(rough))
        step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
        begin = math.ceil(self.least / step - 1e-9)
        return [step * number for number in range(begin, math.floor(self.most / step + 1e-9) + 1)]


def across(values: Iterable[float], width: int) -> Scale:
    """Return a scale from left to right that has all values."""
    least, most = _ends(values)
    return Scale(least, most, LEFT, width - RIGHT)


def upwards(
    values: Iterable[float], height: int, least: float | None = None, most: float | None = None
) -> Scale:
    """Return a scale from the bottom to the top that has all values, within bounds that are set."""
    low, high = _ends(values)
    if high == low:
        low, high = min(low, 0.0), max(high, 0.0) or 1.0
    room = (high - low) * 0.05
    low = low - room if least is None else min(least, low)
    return Scale(low, high + room if most is None else max(most, high), height - BOTTOM, TOP)


def _ends(values: Iterable[float]) -> tuple[float, float]:
    known = [value for value in values if math.isfinite(value)]
    return (min(known), max(known)) if known else (0.0, 1.0)


def frame(x: Scale, y: Scale, unit: str, *, x_unit: str = "", name: str = "", x_name: str = "") -> str:
    """Return grid and labels; without a unit the x axis is time."""
    parts = []
    ticks = y.ticks(5)
    decimals = _decimals(ticks, 100 if unit == "percentunit" else 1) if unit in _DECIMAL else None
    for value in ticks:
        at = y.at(value)
        parts.append(f'<line class="grid" x1="{x.first}" x2="{x.last}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(
            f'<text x="{x.first - 5}" y="{at + 4:.1f}" text-anchor="end">{read(value, unit, decimals)}</text>'
        )
    for value in x.ticks(5):
        at, text = (
            x.at(value),
            read(value, x_unit) if x_unit else f"{datetime.fromtimestamp(value, UTC):%H:%M:%S}",
        )
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{y.last}" y2="{y.first}"/>')
        parts.append(f'<text x="{at:.1f}" y="{y.first + 14}" text-anchor="middle">{text}</text>')
    if name:
        middle = (y.first + y.last) / 2
        turned = f'transform="rotate(-90 10 {middle})" text-anchor="middle"'
        parts.append(f'<text x="10" y="{middle}" {turned}>{escape(name)}</text>')
    if x_name:
        parts.append(f'<text x="{x.last}" y="{y.first - 5}" text-anchor="end">{escape(x_name)}</text>')
    return "".join(parts)


def _decimals(ticks: list[float], times: float) -> int | None:
    """Return how many tell neighbours apart."""
    if len(ticks) < 2:
        return None
    return max(-math.floor(math.log10((ticks[1] - ticks[0]) * times) + 1e-9), 0)


def svg(width: int, height: int, body: str) -> str:
    """Return a drawing."""
    return f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}">{body}</svg>'
