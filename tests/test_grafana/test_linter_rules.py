"""The rules of grafana/dashboard-linter 0.2, which cannot be installed here, with its own file of exclusions.

Reference
---------
https://github.com/grafana/dashboard-linter/blob/main/docs/index.md
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import promql_parser
import pytest
import yaml
from grafana_boards import BOARDS, matchers, nodes, of_key, parsed, selectors
from promql_parser import Call, MatrixSelector, VectorSelector

from grafana.preview.reading import DASHBOARDS, Board, Panel, label_values, panels, variables

EXCLUSIONS: dict[str, Any] = yaml.safe_load((DASHBOARDS / ".lint").read_text())["exclusions"]
RATES = {"rate", "irate", "increase"}


class Offence(NamedTuple):
    """Where a rule is broken; without a panel it is the board."""

    dashboard: str
    panel: str | None = None


def with_variable(board: Board, name: str) -> dict[str, Any]:
    """Return a variable of a board, empty where it has none."""
    return next((one for one in variables(board) if one["name"] == name), {})


def asked_by(board: Board) -> Iterator[tuple[Panel, promql_parser.Expr, str]]:
    """Yield every panel's expressions, as trees and as they are written."""
    for panel in panels(board):
        for target in panel.get("targets", ()):
            yield panel, parsed(board["uid"], target["expr"]), target["expr"]


def template_datasource(board: Board) -> Iterator[Offence]:
    """Yield boards without a choice of the data source under the usual name."""
    chosen = with_variable(board, "datasource")
    if (chosen.get("type"), chosen.get("query"), chosen.get("label")) != (
        "datasource",
        "prometheus",
        "Data source",
    ):
        yield Offence(board["title"])


def _template(name: str) -> Callable[[Board], Iterator[Offence]]:
    def rule(board: Board) -> Iterator[Offence]:
        chosen = with_variable(board, name)
        if (
            chosen.get("type") != "query"
            or chosen["label"] != name.capitalize()
            or chosen["datasource"]["uid"] != "${datasource}"
            or not chosen["multi"]
            or chosen["allValue"] != ".+"
        ):
            yield Offence(board["title"])

    return rule


def template_label_promql(board: Board) -> Iterator[Offence]:
    """Yield boards with a variable whose selector is no PromQL."""
    for variable in variables(board):
        if variable["type"] == "query":
            selector, _ = label_values(variable["query"])
            parsed(board["uid"], selector)  # raises where it is none
            if not isinstance(parsed(board["uid"], selector), VectorSelector):
                yield Offence(board["title"])


def template_on_time_change_reload(board: Board) -> Iterator[Offence]:
    """Yield boards with a variable that keeps the values of another time."""
    if any(variable["type"] == "query" and variable["refresh"] != 2 for variable in variables(board)):
        yield Offence(board["title"])


def panel_datasource(board: Board) -> Iterator[Offence]:
    """Yield panels that name a data source of their own."""
    for panel in panels(board):
        if any(source["uid"] != "${datasource}" for source in of_key(panel, "datasource")):
            yield Offence(board["title"], panel["title"])


def panel_title_description(board: Board) -> Iterator[Offence]:
    """Yield panels that do not say what they are."""
    for panel in panels(board):
        if not panel["title"] or not panel["description"]:
            yield Offence(board["title"], panel["title"])


def panel_no_targets(board: Board) -> Iterator[Offence]:
    """Yield panels that ask nothing."""
    for panel in panels(board):
        if not panel.get("targets") and panel["type"] != "text":
            yield Offence(board["title"], panel["title"])


def target_rate_interval(board: Board) -> Iterator[Offence]:
    """Yield panels with a rate over another time than $__rate_interval."""
    for panel, tree, written in asked_by(board):
        rates = [node for node in nodes(tree) if isinstance(node, Call) and node.func.name in RATES]
        if len(rates) != written.count("[$__rate_interval]"):
            yield Offence(board["title"], panel["title"])


def _target(label: str) -> Callable[[Board], Iterator[Offence]]:
    def rule(board: Board) -> Iterator[Offence]:
        for panel, tree, _ in asked_by(board):
            if any(matchers(one).get(label) != f'{label}=~"chosen"' for one in selectors(tree)):
                yield Offence(board["title"], panel["title"])

    return rule


def target_counter_agg(board: Board) -> Iterator[Offence]:
    """Yield panels that show a counter as it stands."""
    for panel, tree, _ in asked_by(board):
        counters = [one for one in selectors(tree) if str(one.name).endswith("_total")]
        ranged = [
            one
            for one in nodes(tree)
            if isinstance(one, MatrixSelector) and str(one.vector_selector.name).endswith("_total")
        ]
        if len(counters) != len(ranged):
            yield Offence(board["title"], panel["title"])


def uneditable_dashboard(board: Board) -> Iterator[Offence]:
    """Yield boards that can be edited."""
    if board["editable"]:
        yield Offence(board["title"])


RULES: dict[str, Callable[[Board], Iterator[Offence]]] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": _template("job"),
    "template-instance-rule": _template("instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-no-targets-rule": panel_no_targets,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": _target("job"),
    "target-instance-rule": _target("instance"),
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard-rule": uneditable_dashboard,
}
"""Units are held in `test_boards_panels.py`; PromQL is parsed by every rule about targets."""


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_holds_but_for_exclusions_with_a_reason(rule: str) -> None:
    """What breaks it is excluded with a reason, and what is excluded breaks it."""
    exclusion = EXCLUSIONS.get(rule, {"reason": "none", "entries": []})
    excluded = {Offence(entry["dashboard"], entry.get("panel")) for entry in exclusion["entries"]}
    offences = {offence for board in BOARDS.values() for offence in RULES[rule](board)}
    covered = {offence for offence in offences if excluded & {offence, Offence(offence.dashboard)}}
    assert exclusion["reason"]
    assert offences == covered
    assert excluded <= offences | {Offence(offence.dashboard) for offence in offences}


def test_exclusions_are_of_rules_that_there_are() -> None:
    """A misspelt rule would exclude nothing."""
    assert set(EXCLUSIONS) <= set(RULES)
