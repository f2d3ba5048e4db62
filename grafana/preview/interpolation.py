"""Variables in an expression, filled in as Grafana's Prometheus data source does.

Reference
---------
Grafana, packages/grafana-prometheus: `interpolateQueryExpr`, `getRateIntervalScopedVariable`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_VARIABLE: Final = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}")
_SPECIAL: Final = re.compile(r"[$^*{}\[\]'+?.()|]")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader has chosen: a text, several texts, or all of them (`pattern`)."""

    values: str | Sequence[str] = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """The time range in seconds since 1970, the step between points, and how often is scraped."""

    begin: float
    end: float
    step: float
    scrape: float

    @property
    def rate_interval(self) -> float:
        """At least four scrapes, so that a rate has what it needs."""
        return max(self.step + self.scrape, 4 * self.scrape)


def filled(text: str, choices: Mapping[str, Choice], times: Times) -> str:
    """Return a text with its variables filled in; raise KeyError for one that the board does not have."""
    built_in = {
        "__interval": f"{times.step:.0f}s",
        "__rate_interval": f"{times.rate_interval:.0f}s",
        "__range": f"{times.end - times.begin:.0f}s",
    }

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return built_in[name] if name in built_in else _as_regex(choices[name])

    return _VARIABLE.sub(value, text)


def _as_regex(choice: Choice) -> str:
    if choice.pattern:
        return choice.pattern
    if isinstance(choice.values, str):
        return choice.values.replace("\\", "\\\\").replace('"', '\\"')
    escaped = [
        _SPECIAL.sub(lambda match: f"\\\\{match[0]}", value.replace("\\", "\\\\\\\\"))
        for value in choice.values
    ]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
