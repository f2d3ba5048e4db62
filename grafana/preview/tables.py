"""Tables as Grafana makes them of instant queries: one row a series, then the panel's transformations."""

from collections.abc import Mapping, Sequence
from typing import Any

from grafana.preview.asking import Series
from grafana.preview.reading import Panel

Row = dict[str, Any]


def table(panel: Panel, answers: Mapping[str, Sequence[Series]]) -> tuple[list[str], list[Row]]:
    """Return the names of the columns, in order, and the rows."""
    single = len(answers) == 1
    frames = [
        [
            {**series.labels, ("Value" if single else f"Value #{ref}"): series.points[-1][1]}
            for series in found
        ]
        for ref, found in answers.items()
    ]
    rows = [row for frame in frames for row in frame]
    for step in panel.get("transformations", ()):
        options = step.get("options", {})
        match step["id"]:
            case "merge":
                rows = _merged(frames)
            case "organize":
                rows = [_organized(row, options) for row in rows]
            case "groupingToMatrix":
                rows = _matrix(rows, options)
            case other:
                raise ValueError(f"no preview of the transformation {other}")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    order = _order(panel)
    columns.sort(key=lambda name: order.get(name, len(order)))
    return columns, _sorted(panel, rows)


def _merged(frames: Sequence[Sequence[Row]]) -> list[Row]:
    joined: dict[tuple[tuple[str, str], ...], Row] = {}
    for frame in frames:
        for row in frame:
            key = tuple(sorted((name, value) for name, value in row.items() if isinstance(value, str)))
            joined.setdefault(key, {}).update(row)
    return list(joined.values())


def _organized(row: Row, options: Mapping[str, Any]) -> Row:
    excluded, names = options["excludeByName"], options["renameByName"]
    return {names.get(name, name): value for name, value in row.items() if not excluded.get(name)}


def _matrix(rows: Sequence[Row], options: Mapping[str, Any]) -> list[Row]:
    across, down, value = options["columnField"], options["rowField"], options["valueField"]
    lines: dict[str, Row] = {}
    for row in rows:
        line = lines.setdefault(row[down], {f"{down}\\{across}": row[down]})
        line[row[across]] = row[value]
    return list(lines.values())


def _order(panel: Panel) -> dict[str, int]:
    """Return the place of each column, by its readable name."""
    for step in panel.get("transformations", ()):
        if step["id"] == "organize":
            names = step["options"]["renameByName"]
            return {names[name]: place for name, place in step["options"]["indexByName"].items()}
    return {}


def _sorted(panel: Panel, rows: list[Row]) -> list[Row]:
    for by in panel.get("options", {}).get("sortBy", ()):
        name, descending = by["displayName"], by.get("desc", False)
        known = [row for row in rows if row.get(name) is not None]
        unknown = [row for row in rows if row.get(name) is None]
        rows = sorted(known, key=lambda row: row[name], reverse=descending) + unknown
    return rows
