"""What a reader chooses at the top of a board; the names are those that links carry."""

from typing import Final

from grafana_foundation_sdk.models import common, dashboard

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The data source that was chosen: no board names one."""

_ALL: Final = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])


def datasource() -> dashboard.VariableModel:
    """Return the choice of a Prometheus."""
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.DATASOURCE,
        name="datasource",
        label="Data source",
        query="prometheus",
        refresh=dashboard.VariableRefresh.ON_DASHBOARD_LOAD,
    )


def job() -> dashboard.VariableModel:
    """Return the choice of scrape jobs: one an installation."""
    return _several("job", "Job", "label_values(touchpoint_build_info, job)", all_value=".+")


def instance() -> dashboard.VariableModel:
    """Return the choice of workers."""
    return _several(
        "instance", "Instance", 'label_values(touchpoint_build_info{job=~"$job"}, instance)', all_value=".+"
    )


def channel() -> dashboard.VariableModel:
    """Return the choice of channels."""
    return _several("channel", "Channel", 'label_values(touchpoint_channel_handlings{job=~"$job"}, channel)')


def issue_type() -> dashboard.VariableModel:
    """Return the choice of issue types, of those that the channels have."""
    query = 'label_values(touchpoint_stratum_handlings{job=~"$job", channel=~"$channel"}, issue_type)'
    return _several("issue_type", "Issue type", query)


def measure() -> dashboard.VariableModel:
    """Return the choice of one measure; first what customers say of their goal."""
    query = 'label_values(touchpoint_channel_handlings{job=~"$job"}, measure)'
    return _single("measure", "Measure", query, "goal_attained")


def window() -> dashboard.VariableModel:
    """Return the choice of one window; verdicts are reached on the longest."""
    query = 'label_values(touchpoint_channel_handlings{job=~"$job"}, window)'
    return _single("window", "Window", query, "28d")


def employee() -> dashboard.VariableModel:
    """Return the choice of one employee, of those who stand out; another can be typed."""
    return _single(
        "employee", "Employee", 'label_values(touchpoint_employee_z_score{job=~"$job"}, employee)', None
    )


def _several(name: str, label: str, query: str, *, all_value: str = ".*") -> dashboard.VariableModel:
    variable = _query(name, label, query)
    variable.multi = variable.include_all = True
    variable.all_value = all_value
    variable.current = _ALL
    return variable


def _single(name: str, label: str, query: str, first: str | None) -> dashboard.VariableModel:
    variable = _query(name, label, query)
    if first is not None:
        variable.current = dashboard.VariableOption(selected=True, text=first, value=first)
    return variable


def _query(name: str, label: str, query: str) -> dashboard.VariableModel:
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.QUERY,
        name=name,
        label=label,
        query=query,
        definition=query,
        datasource=SOURCE,
        refresh=dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=dashboard.VariableSort.NATURAL_ASC,
    )
