"""A board of panels, and the JSON that Grafana loads."""

import json
from collections.abc import Sequence

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from grafana.boards.annotations import annotations
from grafana.boards.layout import Row, laid_out
from grafana.boards.links import TAG, other_boards
from grafana.boards.variables import datasource, job


def board(
    uid: str,
    title: str,
    description: str,
    rows: Sequence[Row],
    *variables: dashboard.VariableModel,
    tags: Sequence[str] = (),
    since: str = "now-7d",
) -> dashboard.Dashboard:
    """Return a board: nobody edits it in Grafana, its cross hair is shared."""
    return dashboard.Dashboard(
        uid=uid,
        title=title,
        description=description,
        tags=[TAG, *tags],
        editable=False,
        graph_tooltip=dashboard.DashboardCursorSync.CROSSHAIR,
        time=dashboard.DashboardDashboardTime(from_val=since, to="now"),
        refresh="1m",
        panels=laid_out(rows),
        templating=dashboard.DashboardDashboardTemplating(list_val=[datasource(), job(), *variables]),
        annotations=dashboard.AnnotationContainer(list_val=annotations()),
        links=other_boards(),
    )


def as_json(made: dashboard.Dashboard) -> str:
    """Return the file's text: the same for the same board, byte for byte."""
    return json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
