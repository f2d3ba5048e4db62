"""Points against each other, with lines."""

from collections.abc import Mapping, Sequence

from grafana.preview import axes
from grafana.preview.asking import Series
from grafana.preview.courses import legend
from grafana.preview.looks import look
from grafana.preview.reading import Panel
from grafana.preview.tables import table


def scatter(panel: Panel, answers: Mapping[str, Sequence[Series]], width: int, height: int) -> str:
    """Return the drawing of an XY chart."""
    _, rows = table(panel, answers)
    height -= 20
    drawn, names = [], []
    xs, ys = [], []
    for series in panel["options"]["series"]:
        across, up = (series[axis]["matcher"]["options"] for axis in ("x", "y"))
        pairs = [(row[across], row[up]) for row in rows if across in row and up in row]
        how = look(panel, up)
        drawn.append((pairs, how.colour(), how.get("custom.show", "points")))
        names.append((series["name"]["fixed"], how.colour()))
        xs += [pair[0] for pair in pairs]
        ys += [pair[1] for pair in pairs]
    first = panel["options"]["series"][0]
    x_name, y_name = (first[axis]["matcher"]["options"] for axis in ("x", "y"))
    x, y = axes.across(xs, width), axes.upwards(ys, height)
    x_unit, y_unit = (look(panel, name).get("unit", "none") for name in (x_name, y_name))
    parts = [axes.frame(x, y, y_unit, x_unit=x_unit, name=y_name, x_name=x_name)]
    for pairs, colour, show in drawn:
        if show == "lines":
            path = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in pairs)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        else:
            parts += [
                f'<circle cx="{x.at(a):.1f}" cy="{y.at(b):.1f}" r="4.5" fill="{colour}" fill-opacity="0.6" '
                f'stroke="{colour}"/>'
                for a, b in pairs
            ]
    return axes.svg(width, height, "".join(parts)) + legend(names)
