"""The boards for tests: their JSON, and their expressions as trees."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import promql_parser

from grafana.preview.interpolation import Choice, Times, filled
from grafana.preview.reading import Asked, Board, asked, boards, panels, variables

ANY_TIME = Times(0.0, 3_600.0, 15.0, 15.0)

BOARDS = {board["uid"]: board for board in boards()}
PANELS = [panel for board in BOARDS.values() for panel in panels(board)]
WITH_DATA = [panel for panel in PANELS if panel["type"] != "text"]
ASKED = [one for board in BOARDS.values() for one in asked(board)]


def name_of(one: object) -> str:
    """Return how a parametrised case is called."""
    match one:
        case Asked():
            return f"{one.board}-{one.place}-{one.ref}"
        case {"title": str(title)}:
            return title
        case _:
            return str(one)


def in_place(board: Board) -> dict[str, Choice]:
    """Return something chosen for each variable of a board."""
    return {variable["name"]: Choice("chosen") for variable in variables(board)}


@cache
def parsed(uid: str, expr: str) -> promql_parser.Expr:
    """Return an expression as a tree, with the board's variables filled in."""
    return promql_parser.parse(filled(expr, in_place(BOARDS[uid]), ANY_TIME))


def of_key(tree: Any, key: str) -> Iterator[Any]:
    """Yield what stands under a key, however deep."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for one in tree:
            yield from of_key(one, key)


def nodes(expr: promql_parser.Expr) -> Iterator[Any]:
    """Yield every node of an expression, those above first."""
    found: list[promql_parser.Expr] = []
    promql_parser.walk(expr, found.append)
    yield from found


def selectors(expr: promql_parser.Expr) -> Iterator[promql_parser.VectorSelector]:
    """Yield every selector of an expression."""
    yield from (node for node in nodes(expr) if isinstance(node, promql_parser.VectorSelector))


def matchers(selector: promql_parser.VectorSelector) -> Mapping[str, str]:
    """Return what a selector asks of each label, as it is written."""
    return {matcher.name: str(matcher) for matcher in selector.matchers.matchers}


def grouping(expr: promql_parser.Expr) -> Iterator[str]:
    """Yield every label that an expression groups or joins by."""
    for node in nodes(expr):
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql_parser.AggregateExpr) and modifier is not None:
            yield from modifier.labels
        if isinstance(node, promql_parser.BinaryExpr) and modifier is not None:
            if modifier.matching is not None:
                yield from modifier.matching.labels
            yield from getattr(modifier.card, "labels", None) or ()
