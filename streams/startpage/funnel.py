"""All employees against their peers: how far from them, on how much evidence; only who alerts is named."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.snapshot import EmployeeFigures
from streams.startpage.look import Look
from streams.startpage.markup import Content, Markup, tag
from streams.startpage.plot import Plot, axis, axis_at, diamond, picture
from streams.startpage.shape import shape
from streams.startpage.units import count, sigmas, some

_LIMITS: Final = ((1.96, "95%"), (3.09, "99.8%"))
"""Within them so many lie by chance alone (Spiegelhalter 2005, Statistics in Medicine 24: 1185)."""
_REACH: Final = (4.0, 10.0)
"""The axis shows at least and at most so much; who is further out is drawn at its edge."""
_POINTS_MAX: Final = 600
_OUTLIERS_MAX: Final = 200
_ALERTS_MAX: Final = 200
_BINS: Final = (66, 44)
_SHADES: Final = 5

Floats = NDArray[np.float64]


def funnel(look: Look) -> Content:
    """Return the picture of the measure."""
    found = look.snapshot.employees_found
    of = next((f for f in found if (f.measure, f.window) == (look.measure.name, look.window)), None)
    judged = np.flatnonzero(~np.isnan(of.z)) if of is not None else np.empty(0, np.intp)
    if of is None or len(judged) == 0:
        return tag(
            "p", "Too few employees have enough evidence to be held against their peers.", class_="quiet"
        )
    if not of.first_contacts.any():  # nobody is to be told apart
        return shape(look, of.z[judged])
    return _funnel(look, of, judged)


def _funnel(look: Look, of: EmployeeFigures, judged: NDArray[np.intp]) -> Content:
    x, z = of.first_contacts[judged].astype(np.float64), of.z[judged]
    reach = float(np.clip(np.ceil(np.abs(z).max()), *_REACH))
    plot = Plot(
        axis("first contacts", 0.0, float(x.max()), lambda value: count(round(value))),
        axis_at("standard deviations from peers", -reach, reach, _sigma_ticks(reach)),
    )
    names, alerts = look.snapshot.employees, look.alerting_employees()
    is_alerting = np.array([names[place] in alerts for place in judged.tolist()], np.bool_)
    alerting = np.flatnonzero(is_alerting)
    alerting = alerting[np.argsort(-np.abs(z[alerting]), kind="stable")][:_ALERTS_MAX]
    others = np.flatnonzero(~is_alerting)
    limits = [
        plot.level(sign * z_limit, text if sign > 0 else "", class_="limit" if z_limit > 3 else "limit faint")
        for z_limit, text in _LIMITS
        for sign in (1, -1)
    ]
    marks = [
        diamond(plot.x(x[one]), plot.y(z[one]), 6.0, tag("title", _title(names[judged[one]], x[one], z[one])))
        for one in alerting.tolist()
    ]
    outside, inside = int((np.abs(z) > _LIMITS[1][0]).sum()), len(names) - len(judged)
    return (
        picture(
            "funnel",
            f"Employees against peers: {look.measure.name}",
            f"{some(len(judged), 'employee', 'employees')}; {count(outside)} beyond the 99.8% limits, "
            f"{count(len(alerts))} with an alert.",
            *plot.frame(),
            limits,
            _crowd(plot, x[others], z[others]),
            marks,
            list(_labels(plot, alerting, x, z, [names[place] for place in judged[alerting].tolist()])),
        ),
        tag(
            "figcaption",
            "A point is an employee, held against peers with the same mix of cases; ◆ an alert stands, and "
            "only then is there a name. Dashed: within these limits chance alone keeps so many.",
            f" Not drawn for want of evidence: {some(inside, 'employee', 'employees')}." if inside else "",
        ),
    )


def _crowd(plot: Plot, x: Floats, z: Floats) -> Content:
    """Draw single points where they are few; else the outermost as points, the others as shades."""
    if len(x) <= _POINTS_MAX:
        return _points(plot, x, z)
    far = np.flatnonzero(np.abs(z) > _LIMITS[1][0])
    far = far[np.argsort(-np.abs(z[far]), kind="stable")][:_OUTLIERS_MAX]
    near = np.ones(len(x), np.bool_)
    near[far] = False
    return [_density(plot, x[near], z[near]), _points(plot, x[far], z[far])]


def _points(plot: Plot, x: Floats, z: Floats) -> Content:
    if len(x) == 0:
        return None
    places = zip(x.tolist(), z.tolist(), strict=True)
    drawn = "".join(f"M{plot.x(one):.1f} {plot.y(other):.1f}h0" for one, other in places)
    return tag("path", class_="points", d=drawn)


def _density(plot: Plot, x: Floats, z: Floats) -> Content:
    ends = ((plot.across.low, plot.across.high), (plot.up.low, plot.up.high))
    inside = np.clip(z, *ends[1])
    crowd, columns, rows = np.histogram2d(x, inside, bins=_BINS, range=ends)
    shade = np.ceil(np.log1p(crowd) / np.log1p(crowd.max()) * _SHADES).astype(int)
    width, height = plot.x(columns[1]) - plot.x(columns[0]), plot.y(rows[0]) - plot.y(rows[1])
    tile = f"h{width:.1f}v{height:.1f}h-{width:.1f}z"
    paths = []
    for number in range(1, _SHADES + 1):
        across, up = np.nonzero(shade == number)
        places = zip(columns[across].tolist(), rows[up + 1].tolist(), strict=True)
        drawn = "".join(f"M{plot.x(one):.1f} {plot.y(other):.1f}{tile}" for one, other in places)
        paths.append(tag("path", class_=f"shade d{number}", d=drawn) if drawn else None)
    return paths


def _labels(
    plot: Plot, alerting: NDArray[np.intp], x: Floats, z: Floats, names: list[str]
) -> Iterator[Markup | None]:
    for one, name in zip(alerting.tolist(), names, strict=True):
        yield plot.label(plot.x(x[one]), plot.y(z[one]), 9.0, name, "name strong")


def _title(name: str, contacts: float, z: float) -> str:
    return f"{name}: {sigmas(z)} standard deviations from peers, {count(int(contacts))} first contacts\n"


def _sigma_ticks(reach: float) -> list[tuple[float, str]]:
    step = 2 if reach <= 8 else 5
    return [(float(value), sigmas(value).removesuffix(".0")) for value in range(-10, 11) if value % step == 0]
