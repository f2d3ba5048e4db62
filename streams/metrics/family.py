"""One family of series: what it is called and what it says."""

from dataclasses import dataclass
from typing import Final, Literal

Type = Literal["counter", "gauge", "gaugehistogram", "histogram"]

_UNITS: Final = ("seconds", "ratio", "bytes")


@dataclass(frozen=True, slots=True)
class Family:
    """One family of series; `unit` is empty where it is a count or a number without a unit."""

    name: str
    type: Type
    labels: tuple[str, ...]
    help: str
    unit: str

    def series_names(self) -> tuple[str, ...]:
        """Return the names under which its series are queried."""
        if self.type == "gaugehistogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "gcount", "gsum"))
        if self.type == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
        return (self.name,)


def _family(kind: Type, name: str, explanation: str, labels: tuple[str, ...]) -> Family:
    unit = name.removesuffix("_total").rpartition("_")[2]
    return Family(name, kind, labels, explanation, unit if unit in _UNITS else "")


def gauge(name: str, explanation: str, *labels: str) -> Family:
    """Return what goes up and down."""
    return _family("gauge", name, explanation, labels)


def counter(name: str, explanation: str, *labels: str) -> Family:
    """Return what only grows."""
    return _family("counter", name, explanation, labels)


def histogram(name: str, explanation: str, *labels: str) -> Family:
    """Return how observations are distributed, counted since the process began."""
    return _family("histogram", name, explanation, labels)


def gauge_histogram(name: str, explanation: str, *labels: str) -> Family:
    """Return how something is distributed now."""
    return _family("gaugehistogram", name, explanation, labels)
