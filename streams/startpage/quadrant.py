"""Level and spread of every stratum: whether it goes well, and whether it goes alike for everybody."""

from collections.abc import Iterator
from math import isfinite, log
from typing import Final

from models.settings import Kind
from streams.startpage.look import Look
from streams.startpage.markup import Content, Markup, tag
from streams.startpage.plot import Axis, Plot, axis, axis_at, diamond, picture
from streams.startpage.strata import Stratum
from streams.startpage.units import count, level, some, spread

_DRAWN: Final = 250
_LABELS: Final = 8
_OTHERS_LABELLED: Final = 4
_FACTORS: Final = (1.0, 1.1, 1.2, 1.3, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
# fmt: off
_TIMES_S: Final = (
    1, 2, 5, 10, 20, 30, 60, 120, 180, 300, 480, 720, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200,
)
# fmt: on
_TAU_MAX: Final = log(20.0)
"""What lies beyond is drawn at the edge."""
_UP: Final[dict[Kind, str]] = {
    "binary": "odds factor between two typical employees",
    "duration": "time factor between two typical employees",
    "score": "difference between two typical employees",
}
_ACROSS: Final[dict[Kind, str]] = {
    "binary": "level: share of handlings",
    "duration": "level: typical time",
    "score": "level: mean score",
}
_KEPT_FREE: Final = 60
"""So many marks are not written over."""
_RADIUS: Final = 11.0


def quadrant(look: Look, strata: list[Stratum]) -> Content:
    """Return the picture, the largest strata in it."""
    drawn = [one for one in strata if isfinite(one.tau) and isfinite(one.level)]
    if not drawn:
        return tag(
            "p", "In no stratum is there enough evidence to tell how far employees lie apart.", class_="quiet"
        )
    drawn = sorted(drawn, key=lambda one: (one.alert is None, -one.handlings))[:_DRAWN]
    kind, tolerance = look.measure.kind, look.tolerance
    plot = Plot(_across(kind, drawn), _up(kind, drawn, tolerance))
    most = max(one.handlings for one in drawn)
    radii = {one.name: 3.0 + _RADIUS * (one.handlings / most) ** 0.5 for one in drawn}
    left_out = len(strata) - len(drawn)
    return (
        picture(
            "quadrant",
            f"Level and spread by stratum: {look.measure.name}",
            _told(look, drawn),
            *plot.frame(),
            [_mark(plot, kind, one, radii[one.name], look.employees_min) for one in reversed(drawn)],
            _tolerated(plot, kind, tolerance),
            list(_labels(plot, drawn, radii, tolerance)),
        ),
        tag(
            "figcaption",
            "A circle is a stratum, its area the handlings; ◆ an alert stands. Above the dashed line it "
            "may depend on who answers, with ◆ it surely does. Hollow: not judged, fewer than "
            f"{look.employees_min} employees.",
            f" {some(left_out, 'stratum is', 'strata are')} not drawn: too little evidence, or too small."
            if left_out
            else "",
        ),
    )


def _mark(plot: Plot, kind: Kind, one: Stratum, r: float, few: int) -> Markup:
    x, y = plot.x(one.level), plot.y(one.tau)
    told = (
        f"{one.name}: {level(kind, one.level)}, {spread(kind, one.tau)}, {count(one.handlings)} handlings\n"
    )
    if one.alert is not None:
        return diamond(x, y, r, tag("title", told))
    class_ = "calm thin" if one.employees < few else "calm"
    return tag("circle", tag("title", told), class_=class_, cx=x, cy=y, r=r)


def _labels(
    plot: Plot, drawn: list[Stratum], radii: dict[str, float], tolerance: float | None
) -> Iterator[Markup | None]:
    """Yield the names of those that alert, and of the largest others beyond what is tolerated."""
    for one in drawn[:_KEPT_FREE]:
        x, y, r = plot.x(one.level), plot.y(one.tau), radii[one.name]
        plot.keep_free(x - r, y - r, x + r, y + r)
    beyond = [one for one in drawn if one.alert is None and one.tau > (tolerance or 0.0)]
    for one in [*(one for one in drawn if one.alert is not None), *beyond[:_OTHERS_LABELLED]]:
        class_ = "name" if one.alert is None else "name strong"
        yield plot.label(plot.x(one.level), plot.y(one.tau), radii[one.name] + 4, one.name, class_)


def _tolerated(plot: Plot, kind: Kind, tolerance: float | None) -> Content:
    if tolerance is None:
        return None
    return plot.level(tolerance, f"{spread(kind, tolerance)} is tolerated", "limit")


def _up(kind: Kind, drawn: list[Stratum], tolerance: float | None) -> Axis:
    reach = 1.15 * max(*(one.tau for one in drawn), 1.3 * (tolerance or 0.0), 0.01)
    if kind == "score":
        return axis(_UP[kind], 0.0, reach, lambda value: f"{value:.2f}")
    top = min(reach, _TAU_MAX)
    factors = [factor for factor in _FACTORS if log(factor) <= top]
    kept: list[float] = []
    for factor in factors:  # no closer than an eighth of the axis
        if not kept or log(factor / kept[-1]) >= top / 8:
            kept.append(factor)
    ticks = ((log(factor), f"\N{MULTIPLICATION SIGN}{factor:g}") for factor in kept)
    return axis_at(_UP[kind], -0.07 * top, top, ticks)


def _across(kind: Kind, drawn: list[Stratum]) -> Axis:
    low, high = min(one.level for one in drawn), max(one.level for one in drawn)
    margin = max(0.12 * (high - low), 0.01)
    if kind == "duration":
        low, high = low - 2 * margin, high + 2 * margin
        ticks = [(log(seconds), _time(seconds)) for seconds in _TIMES_S if low <= log(seconds) <= high]
        ticks = ticks or [(value, level(kind, value)) for value in (low, high)]
        return axis_at(_ACROSS[kind], low, high, ticks)
    low, high = max(low - margin, 0.0), min(high + margin, 1.0)
    write = (
        (lambda value: f"{value:.0%}")
        if kind == "binary" and high - low > 0.05
        else (lambda value: level(kind, value))
    )
    return axis(_ACROSS[kind], low, high, write)


def _time(seconds: int) -> str:
    for unit, many in (("h", 3_600), ("min", 60)):
        if seconds >= many:
            return f"{seconds // many} {unit}"
    return f"{seconds} s"


def _told(look: Look, drawn: list[Stratum]) -> str:
    kind = look.measure.kind
    alerting = [one for one in drawn if one.alert is not None]
    named = "; ".join(
        f"{one.name} at {level(kind, one.level)}, {spread(kind, one.tau)}" for one in alerting[:_LABELS]
    )
    alerts = f"{len(alerting)} with an alert{': ' if named else ''}{named}"
    return f"{some(len(drawn), 'stratum', 'strata')} drawn, {alerts}. The table has the figures."
