"""Prometheus over HTTP: what a panel, a variable or an annotation gets."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from grafana.preview.interpolation import Choice, Times, filled
from grafana.preview.reading import Board, label_values, variables

_PATIENCE_S: Final = 30.0


class AnswerError(Exception):
    """Prometheus refused an expression; says which and why."""


class Series(NamedTuple):
    """One series: its labels, and (seconds since 1970, value) by time."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


def instant(url: str, expr: str, times: Times) -> list[Series]:
    """Return what an expression gives at the end of the range."""
    result = _ask(url, "query", {"query": expr, "time": str(times.end)})
    if result["resultType"] in {"scalar", "string"}:
        return [Series({}, (_point(result["result"]),))]
    return [Series(one["metric"], (_point(one["value"]),)) for one in result["result"]]


def course(url: str, expr: str, times: Times) -> list[Series]:
    """Return what an expression gives over the range."""
    limits = {"start": str(times.begin), "end": str(times.end), "step": str(times.step)}
    result = _ask(url, "query_range", {"query": expr, **limits})
    return [
        Series(one["metric"], tuple(_point(point) for point in one["values"])) for one in result["result"]
    ]


def choices(
    url: str, board: Board, times: Times, chosen: Mapping[str, str] | None = None
) -> dict[str, Choice]:
    """Return what stands in a board's variables when it is opened, or by a link with some of them chosen."""
    found: dict[str, Choice] = {}
    for variable in variables(board):
        name = variable["name"]
        if chosen is not None and name in chosen:
            found[name] = Choice((chosen[name],) if variable.get("multi") else chosen[name])
        elif variable.get("includeAll"):
            found[name] = Choice(pattern=variable["allValue"])
        elif variable["type"] == "query":
            current = variable.get("current", {}).get("value")
            found[name] = Choice(current or first_value(url, variable["query"], found, times))
    return found


def first_value(url: str, query: str, found: Mapping[str, Choice], times: Times) -> str:
    """Return the first value of a variable, "" where it has none."""
    return next(iter(values(url, query, found, times)), "")


def values(url: str, query: str, found: Mapping[str, Choice], times: Times) -> list[str]:
    """Return the values that a variable offers."""
    selector, label = label_values(query)
    expr = filled(f"count by ({label}) ({selector})", found, times)
    return sorted(series.labels[label] for series in instant(url, expr, times) if label in series.labels)


def _ask(url: str, what: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    body = urlencode(arguments).encode()
    try:
        with urlopen(f"{url}/api/v1/{what}", body, timeout=_PATIENCE_S) as answer:  # noqa: S310 - http, ours
            data: dict[str, Any] = json.load(answer)["data"]
    except HTTPError as error:
        raise AnswerError(f"{arguments['query']}: {error.read().decode(errors='replace')[:500]}") from error
    return data


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
