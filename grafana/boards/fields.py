"""How values look: units, thresholds, texts for states, and what is said of single columns or series."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from grafana_foundation_sdk.models import common, dashboard

from grafana.boards.colours import BLUE, GREY, OF_CHANNEL, VERMILLION
from grafana.boards.queries import Query

SHARE: Final = "percentunit"
COUNT: Final = "short"
NUMBER: Final = "none"
SECONDS: Final = "s"
BYTES: Final = "bytes"
PER_SECOND: Final = "cps"
WHEN: Final = "dateTimeAsIso"
YES_NO: Final = "bool_yes_no"

Override = dashboard.DashboardFieldConfigSourceOverrides
Steps = Sequence[tuple[float | None, str]]

PLAIN: Final[Steps] = ((None, BLUE),)


def steps(limits: Steps) -> dashboard.ThresholdsConfig:
    """Return colours by value: each from its bound upwards, the first from minus infinity."""
    return dashboard.ThresholdsConfig(
        mode=dashboard.ThresholdsMode.ABSOLUTE,
        steps=[dashboard.Threshold(value=value, color=colour) for value, colour in limits],
    )


def states(texts: Mapping[int, tuple[str, str]]) -> list[dashboard.ValueMapping]:
    """Return what is read instead of a number: (text, colour) by value."""
    return [
        dashboard.ValueMap(
            options={
                str(value): dashboard.ValueMappingResult(text=text, color=colour, index=place)
                for place, (value, (text, colour)) in enumerate(texts.items())
            }
        )
    ]


YES: Final = {1: ("yes", BLUE), 0: ("no", VERMILLION)}
"""Where yes is as it should be."""


def palette(colour: str) -> dashboard.FieldColor:
    """Return shades of a colour: one a series."""
    return dashboard.FieldColor(mode=dashboard.FieldColorModeId.SHADES, fixed_color=colour)


def override(matcher: str, options: str, **properties: Any) -> Override:
    """Return what differs for some columns or series; in names `__` stands for a dot."""
    return Override(
        matcher=dashboard.MatcherConfig(id_val=matcher, options=options),
        properties=[
            dashboard.DynamicConfigValue(id_val=name.replace("__", "."), value=value)
            for name, value in properties.items()
        ],
    )


def fixed(colour: str) -> dashboard.FieldColor:
    """Return one colour."""
    return dashboard.FieldColor(mode=dashboard.FieldColorModeId.FIXED, fixed_color=colour)


def channel_colours() -> list[Override]:
    """Return each channel's colour, and shades of it for the touchpoints of a channel ("voice / refund")."""
    return [
        override("byRegexp", f"/^{channel}{rest}/", color=colours)
        for channel, colour in OF_CHANNEL.items()
        for rest, colours in (("$", fixed(colour)), (" \\/ ", palette(colour)))
    ]


def of_queries(queries: Sequence[Query]) -> list[Override]:
    """Return the colours of queries that have one, and how limits are drawn."""
    found = []
    for number, query in enumerate(queries):
        properties: dict[str, Any] = {}
        if query.colour:
            properties["color"] = fixed(query.colour)
        if query.limit:
            properties |= {
                "color": fixed(query.colour or GREY),
                "custom__lineStyle": common.LineStyle(fill="dash", dash=[10, 6]),
                "custom__fillOpacity": 0,
                "custom__lineWidth": 2,
                "custom__stacking": common.StackingConfig(mode=common.StackingMode.NONE, group="limits"),
            }
        if properties:
            found.append(override("byFrameRefID", ref(number), **properties))
    return found


def ref(number: int) -> str:
    """Return the letter of a query."""
    return chr(ord("A") + number)
