"""The shape of all employees, where nobody is to be told apart: how many lie how far from peers."""

import numpy as np

from models.snapshot import Floats
from streams.metrics.employees import BOUNDS
from streams.startpage.look import Look
from streams.startpage.markup import Content, Markup, tag
from streams.startpage.plot import Plot, axis, axis_at, picture
from streams.startpage.units import count, sigmas, some

_TICKS = (-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0)


def shape(look: Look, z: Floats) -> Content:
    """Return the histogram of z: float64[employees], in the buckets of /metrics and none finer."""
    edges = (BOUNDS[0] - 1.0, *BOUNDS, BOUNDS[-1] + 1.0)
    # As in a histogram of Prometheus an upper bound belongs to its bucket.
    crowd = np.bincount(np.searchsorted(BOUNDS, z), minlength=len(BOUNDS) + 1)
    density = crowd / np.diff(edges)
    ticks = ((value, sigmas(value).removesuffix(".0")) for value in _TICKS)
    plot = Plot(
        axis_at("standard deviations from peers", edges[0], edges[-1], ticks),
        axis(
            "employees per standard deviation", 0.0, float(density.max()), lambda value: count(round(value))
        ),
    )
    bars = [
        _bar(plot, low, high, number)
        for low, high, number in zip(edges, edges[1:], crowd.tolist(), strict=False)
        if number
    ]
    far = int((np.abs(z) > 3.0).sum())
    return (
        picture(
            "funnel",
            f"Employees against peers: {look.measure.name}",
            f"{some(len(z), 'employee')}; {count(far)} further than 3 standard deviations from peers.",
            *plot.frame(),
            bars,
        ),
        tag(
            "figcaption",
            "How many employees lie how far from peers with the same mix of cases; the outermost bars hold "
            "all beyond. Privacy mode team: nobody is named.",
        ),
    )


def _bar(plot: Plot, low: float, high: float, number: int) -> Markup:
    top = plot.y(number / (high - low))
    return tag(
        "rect",
        tag("title", f"{some(number, 'employee')}\n"),
        class_="bar",
        x=plot.x(low) + 0.5,
        y=top,
        width=plot.x(high) - plot.x(low) - 1.0,
        height=plot.y(0.0) - top,
    )
