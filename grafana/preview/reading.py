"""What stands in the JSON of a board: its panels, and everything that is asked of Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

Board = dict[str, Any]
Panel = dict[str, Any]

DASHBOARDS: Final = Path(__file__).resolve().parents[1] / "dashboards"

_LABEL_VALUES: Final = re.compile(r"label_values\((?P<selector>.+), (?P<label>\w+)\)")


class Asked(NamedTuple):
    """One expression of a board, and where it stands.

    Attributes
    ----------
    board : str
        Its uid.
    place : str
        Title of the panel; name of the variable or annotation.
    ref : str
        Letter of the query; "variable", "annotation".
    expr : str
    instant : bool
    """

    board: str
    place: str
    ref: str
    expr: str
    instant: bool


def boards() -> list[Board]:
    """Return every board, by uid."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))]


def panels(board: Board) -> Iterator[Panel]:
    """Yield every panel in reading order, those of collapsed rows too, without the headings."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", ())
        else:
            yield panel


def variables(board: Board) -> list[dict[str, Any]]:
    """Return the variables of a board."""
    found: list[dict[str, Any]] = board["templating"]["list"]
    return found


def label_values(query: str) -> tuple[str, str]:
    """Return selector and label of what a variable asks."""
    match = _LABEL_VALUES.fullmatch(query)
    if match is None:
        raise ValueError(f"not label_values(selector, label): {query}")
    return match["selector"], match["label"]


def asked(board: Board) -> Iterator[Asked]:
    """Yield every expression of a board."""
    uid = board["uid"]
    for panel in panels(board):
        for target in panel.get("targets", ()):
            yield Asked(uid, panel["title"], target["refId"], target["expr"], bool(target.get("instant")))
    for variable in variables(board):
        if variable["type"] == "query":
            selector, label = label_values(variable["query"])
            yield Asked(uid, variable["name"], "variable", f"count by ({label}) ({selector})", instant=True)
    for annotation in board["annotations"]["list"]:
        yield Asked(uid, annotation["name"], "annotation", annotation["expr"], instant=False)
