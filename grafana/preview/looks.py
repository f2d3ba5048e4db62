"""How a field looks: the panel's defaults, changed by the overrides that match it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from grafana.preview.reading import Panel
from grafana.preview.units import read

_SHADES: Final = (0.0, 0.35, -0.3, 0.55, -0.15, 0.2, -0.45)
"""How far the next series of a query is from its colour towards white (or black, where negative)."""
_BLUES: Final = ("#deebf7", "#08519c")
"""Both ends of Grafana's continuous blues."""


@dataclass(frozen=True, slots=True)
class Look:
    """The properties of one field, by the names that overrides use (`custom.lineStyle`, `unit`, ...)."""

    properties: Mapping[str, Any]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Return a property."""
        value = self.properties.get(name)
        return otherwise if value is None else value

    def read(self, value: float) -> str:
        """Return a value as it is read: its state's text, or the number with its unit."""
        state = self.state(value)
        return state["text"] if state else read(value, self.get("unit", "none"), self.get("decimals"))

    def state(self, value: float) -> Mapping[str, Any] | None:
        """Return the text and colour of a value that is a state."""
        for mapping in self.get("mappings", ()):
            if f"{value:g}" in mapping["options"]:
                found: Mapping[str, Any] = mapping["options"][f"{value:g}"]
                return found
        return None

    def colour(self, value: float | None = None, place: int = 0) -> str:
        """Return the colour of a value, or of the series in this place of its query."""
        mode = self.get("color", {}).get("mode", "thresholds")
        if value is not None and (state := self.state(value)):
            return str(state["color"])
        if mode == "fixed":
            return str(self.get("color")["fixedColor"])
        if mode == "shades":
            return mixed(self.get("color")["fixedColor"], _SHADES[place % len(_SHADES)])
        if value is None:
            return "#7F7F7F"
        if mode == "continuous-blues":
            low, high = self.get("min", 0.0), self.get("max", 1.0)
            return between(*_BLUES, (value - low) / (high - low))
        steps = self.get("thresholds", {}).get("steps", ())
        reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
        return str(reached[-1]) if reached else "#7F7F7F"


def look(panel: Panel, name: str, ref: str = "", *, is_number: bool = True) -> Look:
    """Return how the field of this name, from the query of this letter, looks."""
    config = panel.get("fieldConfig", {})
    defaults = config.get("defaults", {})
    properties = {key: value for key, value in defaults.items() if key != "custom"}
    properties |= {f"custom.{key}": value for key, value in defaults.get("custom", {}).items()}
    for override in config.get("overrides", ()):
        if _matches(override["matcher"], name, ref, is_number=is_number):
            properties |= {one["id"]: one["value"] for one in override["properties"]}
    return Look(properties)


def _matches(matcher: Mapping[str, str], name: str, ref: str, *, is_number: bool) -> bool:
    wanted = matcher["options"]
    match matcher["id"]:
        case "byName":
            return wanted == name
        case "byRegexp":
            return re.search(wanted[1:-1], name) is not None
        case "byFrameRefID":
            return wanted == ref
        case "byType":
            return is_number
        case other:
            raise ValueError(f"no preview of the matcher {other}")


def mixed(colour: str, share: float) -> str:
    """Return a colour nearer to white, or to black where the share is negative."""
    return between(colour, "#ffffff" if share > 0 else "#000000", abs(share))


def between(first: str, second: str, share: float) -> str:
    """Return the colour at a share of the way from one to another."""
    share = min(max(share, 0.0), 1.0)
    parts = [
        round((1 - share) * int(first[at : at + 2], 16) + share * int(second[at : at + 2], 16))
        for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


def on(background: str) -> str:
    """Return black or white, whichever is easier to read on a background."""
    red, green, blue = (int(background[at : at + 2], 16) for at in (1, 3, 5))
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"
