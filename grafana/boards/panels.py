"""Single figures, courses over time, text: each with a description, a unit, and what it means to be empty."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.models import (
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    statushistory,
    timeseries,
)
from grafana_foundation_sdk.models import text as text_panel

from grafana.boards import fields
from grafana.boards.colours import BLUE
from grafana.boards.fields import PLAIN, Override, Steps, of_queries, override, palette, ref
from grafana.boards.queries import Query
from grafana.boards.variables import SOURCE


class Says(NamedTuple):
    """What stands behind the `i` of a panel, in plain words.

    Attributes
    ----------
    shows, read : str
        What it shows; how it is read.
    not_ : str
        What it does not mean.
    empty : str
        What is shown in place of data, and so says what that means.
    """

    shows: str
    read: str
    not_: str
    empty: str

    @property
    def description(self) -> str:
        """The three as paragraphs."""
        return f"{self.shows}\n\n**How to read it.** {self.read}\n\n**What it does not mean.** {self.not_}"


def stat_panel(
    title: str,
    says: Says,
    expr: str,
    unit: str,
    *,
    limits: Steps = PLAIN,
    texts: Mapping[int, tuple[str, str]] | None = None,
    link: Mapping[str, Any] | None = None,
    decimals: int | None = None,
    legend: str = "",
) -> dashboard.Panel:
    """Return one figure with its course behind it; the colour is never all that tells."""
    made = panel("stat", title, says, [Query(expr, legend)], unit)
    made.options = stat.Options(
        graph_mode=common.BigValueGraphMode.AREA if texts is None else common.BigValueGraphMode.NONE,
        color_mode=common.BigValueColorMode.VALUE,
        text_mode=common.BigValueTextMode.AUTO,
        reduce_options=common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields=""),
    )
    defaults = defaults_of(made)
    defaults.thresholds, defaults.decimals = fields.steps(limits), decimals
    defaults.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS)
    if texts is not None:
        defaults.mappings = fields.states(texts)
    if link is not None:
        add_overrides(made, [override("byType", "number", links=[link])])
    return made


def course(
    title: str,
    says: Says,
    queries: Sequence[Query],
    unit: str,
    *,
    least: float | None = None,
    most: float | None = None,
    axis: str = "",
    stacked: common.StackingMode = common.StackingMode.NONE,
    colour: str = BLUE,
    link: Mapping[str, Any] | None = None,
    repeat: str | None = None,
) -> dashboard.Panel:
    """Return lines over time; several series of a query are shades, channels have their colours."""
    made = panel("timeseries", title, says, queries, unit)
    is_stacked = stacked != common.StackingMode.NONE
    made.options = timeseries.Options(
        legend=common.VizLegendOptions(
            show_legend=True,
            display_mode=common.LegendDisplayMode.LIST,
            placement=common.LegendPlacement.BOTTOM,
            calcs=[],
        ),
        tooltip=common.VizTooltipOptions(
            mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING
        ),
    )
    defaults = defaults_of(made)
    defaults.color, defaults.min_val, defaults.max_val = palette(colour), least, most
    defaults.custom = timeseries.FieldConfig(
        line_width=1 if is_stacked else 2,
        fill_opacity=70 if is_stacked else 0,
        show_points=common.VisibilityMode.NEVER,
        stacking=common.StackingConfig(mode=stacked, group="A"),
        axis_label=axis,
    )
    add_overrides(made, [*fields.channel_colours(), *of_queries(queries)])
    if link is not None:
        add_overrides(made, [override("byType", "number", links=[link])])
    if repeat is not None:
        made.repeat, made.repeat_direction, made.max_per_row = repeat, "h", 4
    return made


def timeline(
    title: str, says: Says, queries: Sequence[Query], texts: Mapping[int, tuple[str, str]]
) -> dashboard.Panel:
    """Return states over time, as bands that last."""
    made = panel("state-timeline", title, says, queries, fields.NUMBER)
    made.options = statetimeline.Options(
        show_value=common.VisibilityMode.AUTO,
        row_height=0.8,
        align_value=common.TimelineValueAlignment.LEFT,
        legend=_no_legend(),
    )
    _in_states(made, texts)
    defaults_of(made).custom = statetimeline.FieldConfig(line_width=0, fill_opacity=80)
    return made


def history(
    title: str, says: Says, queries: Sequence[Query], texts: Mapping[int, tuple[str, str]]
) -> dashboard.Panel:
    """Return states over time, as samples."""
    made = panel("status-history", title, says, queries, fields.NUMBER)
    made.options = statushistory.Options(
        show_value=common.VisibilityMode.NEVER, row_height=0.8, legend=_no_legend()
    )
    _in_states(made, texts)
    defaults_of(made).custom = statushistory.FieldConfig(line_width=0, fill_opacity=80)
    return made


def words(title: str, description: str, content: str) -> dashboard.Panel:
    """Return text (Markdown)."""
    return dashboard.Panel(
        type_val="text",
        title=title,
        description=description,
        transparent=True,
        options=text_panel.Options(mode=text_panel.TextMode.MARKDOWN, content=content),
    )


def panel(
    kind: str, title: str, says: Says, queries: Sequence[Query], unit: str, *, instant: bool = False
) -> dashboard.Panel:
    """Return what all panels with data have in common."""
    return dashboard.Panel(
        type_val=kind,
        title=title,
        description=says.description,
        datasource=SOURCE,
        targets=[_target(number, query, instant=instant) for number, query in enumerate(queries)],
        field_config=dashboard.FieldConfigSource(
            defaults=dashboard.FieldConfig(unit=unit, no_value=says.empty), overrides=[]
        ),
    )


def defaults_of(made: dashboard.Panel) -> dashboard.FieldConfig:
    """Return how a panel's values look unless said otherwise."""
    if made.field_config is None or made.field_config.defaults is None:
        raise TypeError(f"{made.title} shows no data")
    return made.field_config.defaults


def add_overrides(made: dashboard.Panel, overrides: Sequence[Override]) -> None:
    """Let some columns or series of a panel look otherwise; what comes later wins."""
    if made.field_config is None or made.field_config.overrides is None:
        raise TypeError(f"{made.title} shows no data")
    made.field_config.overrides += overrides


def _target(number: int, query: Query, *, instant: bool) -> prometheus.Dataquery:
    return prometheus.Dataquery(
        datasource=SOURCE,
        ref_id=ref(number),
        expr=query.expr,
        legend_format=query.legend or "__auto",
        instant=instant,
        range_val=not instant,
        format_val=prometheus.PromQueryFormat.TABLE if instant else prometheus.PromQueryFormat.TIME_SERIES,
    )


def _in_states(made: dashboard.Panel, texts: Mapping[int, tuple[str, str]]) -> None:
    defaults = defaults_of(made)
    defaults.mappings = fields.states(texts)
    defaults.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS)
    defaults.thresholds = fields.steps(PLAIN)


def _no_legend() -> common.VizLegendOptions:
    return common.VizLegendOptions(
        show_legend=False,
        display_mode=common.LegendDisplayMode.LIST,
        placement=common.LegendPlacement.BOTTOM,
        calcs=[],
    )
