"""Every panel says what it is, in a unit, in colours that anybody can tell apart, in its own place."""

import json
import re
from itertools import combinations

import pytest
from grafana_boards import BOARDS, PANELS, WITH_DATA, name_of, of_key
from grafana_foundation_sdk.models import units

from grafana.boards.colours import PALETTE
from grafana.preview.reading import Panel

UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
THEMES = {"light": "#ffffff", "dark": "#181b1f"}
TYPES = {"stat", "timeseries", "table", "xychart", "heatmap", "state-timeline", "status-history", "text"}


@pytest.mark.parametrize("panel", WITH_DATA, ids=name_of)
def test_a_panel_says_what_it_means_and_what_not(panel: Panel) -> None:
    """It has a title, three plain paragraphs, and a text in place of data that says what that means."""
    assert panel["title"]
    shows, read, not_ = panel["description"].split("\n\n")
    assert shows.endswith(".")
    assert read.startswith("**How to read it.** ")
    assert not_.startswith("**What it does not mean.** ")
    assert len(panel["fieldConfig"]["defaults"]["noValue"]) > len("no data")
    assert panel["type"] in TYPES


@pytest.mark.parametrize("panel", WITH_DATA, ids=name_of)
def test_a_panel_has_units(panel: Panel) -> None:
    """Its own and those of single columns are units that Grafana knows."""
    config = panel["fieldConfig"]
    named = [config["defaults"]["unit"]]
    named += [
        one["value"]
        for override in config["overrides"]
        for one in override["properties"]
        if one["id"] == "unit"
    ]
    assert set(named) <= UNITS


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_panels_have_their_own_place_and_number(uid: str) -> None:
    """No two overlap, none is wider than the grid, and numbers are unique."""
    everything = BOARDS[uid]["panels"]
    places = [panel["gridPos"] for panel in everything]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        aside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert aside or above
    numbers = [panel["id"] for row in everything for panel in (row, *row.get("panels", ()))]
    assert len(set(numbers)) == len(numbers)


def test_the_overview_asks_three_questions_and_begins_with_the_customer() -> None:
    """Which touchpoints matter most, how are we doing there, what can we do about it: in this order."""
    panels = BOARDS["touchpoint-overview"]["panels"]
    rows = [panel["title"] for panel in panels if panel["type"] == "row"]
    assert rows == ["Which touchpoints matter most?", "How are we doing there?", "What can we do about it?"]
    assert [panel["title"] for panel in panels[1:3]] == ["Survey score", "Goal attained"]


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_colours_are_of_the_palette(uid: str) -> None:
    """No board has a colour beside those that are told apart with any colour vision."""
    text = json.dumps(BOARDS[uid])
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", text)) <= set(PALETTE)
    modes = {mode for mode in of_key(BOARDS[uid], "mode") if mode.startswith(("palette", "continuous"))}
    assert modes <= {"continuous-blues"}


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("theme", THEMES)
def test_colours_are_seen_in_both_themes(colour: str, theme: str) -> None:
    """Contrast is 3 to 1 at least (WCAG 2.1, 1.4.11)."""
    bright, dim = sorted((_luminance(colour), _luminance(THEMES[theme])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 3


def test_nothing_is_told_by_red_against_green() -> None:
    """No colour of the palette is green, and states have texts."""
    for colour in PALETTE:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert green <= max(red, blue)
    for panel in PANELS:
        for states in of_key(panel, "mappings"):
            assert all(state["text"] for one in states for state in one["options"].values())


def _luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
