"""Boards speak of metrics that exist, by labels that those have."""

from collections.abc import Mapping
from itertools import chain

import pytest
from grafana_boards import ASKED, grouping, matchers, name_of, nodes, parsed, selectors
from promql_parser import MatrixSelector

from grafana.preview.reading import Asked
from streams.config import Config
from streams.metrics.catalogue import FAMILIES
from streams.metrics.thresholds import thresholds

LABELS: Mapping[str, frozenset[str]] = {
    name: frozenset({*family.labels, *(("le",) if name.endswith("_bucket") else ())})
    for family in FAMILIES
    for name in family.series_names()
} | {
    "up": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate", "severity"}),
}
"""Labels of every series that can be asked for, besides those of the scrape."""

OF_THE_SCRAPE = {"job", "instance"}


@pytest.mark.parametrize("one", ASKED, ids=name_of)
def test_names_and_labels_are_of_the_catalogue(one: Asked) -> None:
    """Every metric is exported, every label that is matched is one of that metric's."""
    for selector in selectors(parsed(one.board, one.expr)):
        assert set(matchers(selector)) <= LABELS[str(selector.name)] | OF_THE_SCRAPE


@pytest.mark.parametrize("one", ASKED, ids=name_of)
def test_figures_are_grouped_and_joined_by_labels_that_are_there(one: Asked) -> None:
    """What is grouped or joined by is a label of a metric of the expression."""
    tree = parsed(one.board, one.expr)
    there = set(chain.from_iterable(LABELS[str(selector.name)] for selector in selectors(tree)))
    assert set(grouping(tree)) <= there | OF_THE_SCRAPE


@pytest.mark.parametrize(
    "one", [one for one in ASKED if "touchpoint_config_threshold" in one.expr], ids=name_of
)
def test_thresholds_that_are_drawn_are_in_force(one: Asked) -> None:
    """Each is one that a worker exports."""
    known = {f'name="{name}"' for name in thresholds(Config())}
    drawn = [
        matchers(selector)["name"]
        for selector in selectors(parsed(one.board, one.expr))
        if selector.name == "touchpoint_config_threshold"
    ]
    assert set(drawn) <= known


@pytest.mark.parametrize("one", ASKED, ids=name_of)
def test_a_gauge_histogram_is_not_rated(one: Asked) -> None:
    """Its buckets are counts at a time: a rate of them says nothing."""
    ranged = [
        node.vector_selector.name
        for node in nodes(parsed(one.board, one.expr))
        if isinstance(node, MatrixSelector)
    ]
    assert not any("funnel_z" in str(name) for name in ranged)
