"""From board to board, with what was chosen carried along."""

from typing import Any, Final

from grafana_foundation_sdk.models import dashboard

OVERVIEW: Final = "touchpoint-overview"
STRATA: Final = "touchpoint-strata"
EMPLOYEE: Final = "touchpoint-employee"
FUNNEL: Final = "touchpoint-funnel"
PIPELINE: Final = "touchpoint-pipeline"
WORKERS: Final = "touchpoint-workers"
ALERTS: Final = "touchpoint-alerts"

TAG: Final = "touchpoint"
"""Boards that bear it are in the list at the top of each."""

_ALWAYS: Final = "var-datasource=${datasource}&${job:queryparam}&${__url_time_range}"


def field(name: str) -> str:
    """Return the value of a column in the row that was clicked, fit for a URL."""
    return f'${{__data.fields["{name}"]:percentencode}}'


def label(name: str) -> str:
    """Return a label of the series that was clicked, fit for a URL."""
    return f"${{__field.labels.{name}:percentencode}}"


def chosen(name: str) -> str:
    """Return what is chosen on this board for a variable, as the other board takes it."""
    return f"${{{name}:queryparam}}"


def to_board(title: str, uid: str, *keep: str, **values: str) -> dict[str, Any]:
    """Return a data link: `keep` are variables taken along as they are, `values` those set by the click."""
    parts = [_ALWAYS, *(chosen(name) for name in keep)]
    parts += [f"var-{name}={value}" for name, value in values.items()]
    return {"title": title, "url": f"/d/{uid}?{'&'.join(parts)}", "targetBlank": False}


def to_touchpoint() -> dict[str, Any]:
    """Return the data link from a row to its channel and issue type, for what is chosen."""
    return to_board(
        "This touchpoint",
        STRATA,
        "measure",
        "window",
        channel=field("Channel"),
        issue_type=field("Issue type"),
    )


def other_boards() -> list[dashboard.DashboardLink]:
    """Return the list of all boards that stands at the top of each."""
    return [
        dashboard.DashboardLink(
            title="Boards",
            type_val=dashboard.DashboardLinkType.DASHBOARDS,
            icon="external link",
            tags=[TAG],
            as_dropdown=True,
            include_vars=True,
            keep_time=True,
        )
    ]
