"""Points against each other, and histograms over time."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.models import common, dashboard, heatmap, prometheus, xychart

from grafana.boards.colours import BLUE, GREY
from grafana.boards.fields import fixed, override
from grafana.boards.panels import Says, add_overrides, defaults_of, panel
from grafana.boards.queries import Query
from grafana.boards.tables import Column, joined


class Line(NamedTuple):
    """A straight line through the points: horizontal where it gives y, vertical where it gives x.

    `expr` gives the same value for every point: a line of its own would be a table of its own, and rows that
    lack a column are drawn at 0.
    """

    name: str
    expr: str
    is_vertical: bool = False
    colour: str = GREY


def scatter(
    title: str,
    says: Says,
    x: Column,
    y: Column,
    labels: Mapping[str, str],
    *,
    lines: Sequence[Line] = (),
    link: Mapping[str, Any] | None = None,
) -> dashboard.Panel:
    """Return one point a combination of labels; x and y must both be there for a point."""
    columns, series, styles = [x, y], [_series(x.name, y.name)], []
    for line in lines:
        unit = x.unit if line.is_vertical else y.unit
        columns.append(Column(line.name, line.expr, unit))
        across, up = x.name, line.name
        if line.is_vertical:  # how a line looks belongs to its y, so the points' y is taken once more
            across, up = line.name, f"{line.name} "
            columns.append(Column(up, y.expr, y.unit))
        series.append(_series(across, up, line.name))
        styles.append(
            override("byName", up, color=fixed(line.colour), custom__show="lines", custom__lineWidth=2)
        )
    queries = [Query(column.expr, column.name) for column in columns]
    made = panel("xychart", title, says, queries, y.unit, instant=True)
    made.transformations = joined(columns, labels)
    made.options = xychart.Options(
        mapping=xychart.SeriesMapping.MANUAL,
        series=series,
        legend=common.VizLegendOptions(
            show_legend=True,
            display_mode=common.LegendDisplayMode.LIST,
            placement=common.LegendPlacement.BOTTOM,
            calcs=[],
        ),
        tooltip=common.VizTooltipOptions(mode=common.TooltipDisplayMode.SINGLE, sort=common.SortOrder.NONE),
    )
    defaults_of(made).custom = xychart.FieldConfig(
        show=xychart.XYShowMode.POINTS,
        point_size=xychart.XychartFieldConfigPointSize(fixed=8),
        fill_opacity=60,
    )
    for column in columns:
        add_overrides(
            made,
            [override("byName", column.name, unit=column.unit, custom__axisLabel=column.name.strip())],
        )
    points: dict[str, Any] = {"color": fixed(BLUE)} | ({"links": [link]} if link else {})
    add_overrides(made, [override("byName", y.name, **points), *styles])
    return made


def histogram(title: str, says: Says, expr: str, *, axis: str, unit: str) -> dashboard.Panel:
    """Return buckets over time: the bluer, the more are in it."""
    made = panel("heatmap", title, says, [Query(expr, "{{le}}")], "short")
    for target in made.targets or ():
        if isinstance(target, prometheus.Dataquery):
            target.format_val = prometheus.PromQueryFormat.HEATMAP
    made.options = heatmap.Options(
        calculate=False,
        color=heatmap.HeatmapColorOptions(
            mode=heatmap.HeatmapColorMode.SCHEME,
            scheme="Blues",
            fill=BLUE,
            scale=heatmap.HeatmapColorScale.EXPONENTIAL,
            exponent=0.5,
            steps=32,
        ),
        cell_gap=1,
        y_axis=heatmap.YAxisConfig(unit=unit, axis_label=axis, axis_placement=common.AxisPlacement.LEFT),
        legend=heatmap.HeatmapLegend(show=True),
        tooltip=heatmap.HeatmapTooltip(mode=common.TooltipDisplayMode.SINGLE, y_histogram=True),
        exemplars=heatmap.ExemplarConfig(color=GREY),
        filter_values=heatmap.FilterValueRange(le=1e-9),
    )
    return made


def _series(x: str, y: str, name: str | None = None) -> xychart.XYSeriesConfig:
    def by_name(column: str) -> xychart.MatcherConfig:
        return xychart.MatcherConfig(id_val="byName", options=column)

    return xychart.XYSeriesConfig(
        frame=xychart.XychartXYSeriesConfigFrame(matcher=xychart.MatcherConfig(id_val="byIndex", options=0)),
        name=xychart.XychartXYSeriesConfigName(fixed=name or y),
        x=xychart.XychartXYSeriesConfigX(matcher=by_name(x)),
        y=xychart.XychartXYSeriesConfigY(matcher=by_name(y)),
    )
