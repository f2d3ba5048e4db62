"""Tables of the moment: one query a column, joined by their labels."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.models import common, dashboard, table

from grafana.boards import fields
from grafana.boards.fields import PLAIN, Override, Steps, override, ref
from grafana.boards.panels import Says, add_overrides, defaults_of, panel
from grafana.boards.queries import Query


class Column(NamedTuple):
    """A column of figures.

    Attributes
    ----------
    name, expr, unit : str
    limits : sequence of (float or None, str)
        Colours by value; none leaves the cell plain.
    decimals : int or None
    """

    name: str
    expr: str
    unit: str
    limits: Steps = ()
    decimals: int | None = None


def table_panel(
    title: str,
    says: Says,
    columns: Sequence[Column],
    labels: Mapping[str, str],
    *,
    sort_by: str,
    links: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    texts: Mapping[str, Mapping[int, tuple[str, str]]] | None = None,
) -> dashboard.Panel:
    """Return a table: `labels` name the columns of labels, `links` lead on from a column."""
    made = panel("table", title, says, _queries(columns), fields.NUMBER, instant=True)
    made.transformations = joined(columns, labels)
    _as_table(made, sort_by)
    add_overrides(made, [_of_column(column) for column in columns])
    for name, targets in (links or {}).items():
        add_overrides(made, [override("byName", name, links=list(targets))])
    for name, states in (texts or {}).items():
        add_overrides(made, [override("byName", name, mappings=fields.states(states))])
    return made


def matrix(
    title: str,
    says: Says,
    expr: str,
    unit: str,
    *,
    limits: Steps | None = None,
    rows: str = "issue_type",
    columns: str = "channel",
    decimals: int | None = None,
    links: Sequence[Mapping[str, Any]] = (),
) -> dashboard.Panel:
    """Return a table of one figure, a label across and a label down, the cells coloured by value.

    Without limits the cells are shades of blue, from 0 to 1: nobody has said what is good.
    """
    made = panel("table", title, says, [Query(expr, title)], unit, instant=True)
    made.transformations = [
        dashboard.DataTransformerConfig(
            id_val="groupingToMatrix",
            options={"columnField": columns, "rowField": rows, "valueField": "Value", "emptyValue": "null"},
        )
    ]
    corner = f"{rows}\\{columns}"
    _as_table(made, corner, descending=False)
    defaults = defaults_of(made)
    defaults.decimals, defaults.custom = decimals, _coloured()
    if limits is None:
        defaults.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.CONTINUOUS_BLUES)
        defaults.min_val, defaults.max_val = 0.0, 1.0
    else:
        defaults.color = dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS)
        defaults.thresholds = fields.steps(limits)
    plain = common.TableAutoCellOptions()
    add_overrides(made, [override("byName", corner, custom__cellOptions=plain, links=list(links))])
    return made


def joined(columns: Sequence[Column], labels: Mapping[str, str]) -> list[dashboard.DataTransformerConfig]:
    """Return what makes one table of the columns' queries, with readable names, in this order."""
    single = len(columns) == 1
    names = dict(labels) | {
        "Value" if single else f"Value #{ref(number)}": column.name for number, column in enumerate(columns)
    }
    organized = dashboard.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": {"Time": True},
            "indexByName": {name: place for place, name in enumerate(names)},
            "renameByName": names,
        },
    )
    merged = dashboard.DataTransformerConfig(id_val="merge", options={})
    return [organized] if single else [merged, organized]


def _queries(columns: Sequence[Column]) -> list[Query]:
    return [Query(column.expr, column.name) for column in columns]


def _of_column(column: Column) -> Override:
    properties: dict[str, Any] = {"unit": column.unit}
    if column.decimals is not None:
        properties["decimals"] = column.decimals
    if column.limits:
        properties |= {
            "thresholds": fields.steps(column.limits),
            "color": dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS),
            "custom__cellOptions": common.TableColorTextCellOptions(),
        }
    return override("byName", column.name, **properties)


def _coloured() -> common.TableFieldOptions:
    return common.TableFieldOptions(
        cell_options=common.TableColoredBackgroundCellOptions(
            mode=common.TableCellBackgroundDisplayMode.BASIC
        )
    )


def _as_table(made: dashboard.Panel, sort_by: str, *, descending: bool = True) -> None:
    made.options = table.Options(
        show_header=True,
        cell_height=common.TableCellHeight.SM,
        sort_by=[common.TableSortByFieldState(display_name=sort_by, desc=descending)],
    )
    defaults = defaults_of(made)
    defaults.thresholds = fields.steps(PLAIN)
    defaults.custom = common.TableFieldOptions(
        align=common.FieldTextAlignment.AUTO, cell_options=common.TableAutoCellOptions()
    )
