"""Perception gap: what the organisation counts as success less what its customers say, by channel."""

from dataclasses import dataclass
from math import ceil, floor, isfinite
from typing import Final

from streams.startpage.look import Look, of_window
from streams.startpage.markup import Content, Markup, tag
from streams.startpage.units import count, points, share

_WITHIN: Final = "goal_attained"
_WITHOUT: Final = "survey"
"""The two measures by their names in the contract."""
_WIDTH, _HEIGHT = 120, 14


@dataclass(frozen=True, slots=True)
class _Gap:
    channel: str
    attained: float
    attained_n: int
    score: float
    score_n: int


def gap_table(look: Look) -> Content:
    """Return both figures of each channel and what lies between them, the widest first."""
    gaps = _gaps(look)
    if not gaps:
        told = f"Needs {_WITHIN} and {_WITHOUT} in the events of a channel; none has both."
        return tag("p", told, class_="quiet")
    caption = (
        f"{look.over.capitalize()}. Gap: goals attained by the centre's own record less the survey score on "
        "a scale of 0 to 100, in points. Only some answer a survey: compare a channel with itself over time."
    )
    low, high = _ends(gaps)
    columns = ("Goals attained", "Handlings", "Survey", "Answers", "Gap")
    head = tag(
        "tr",
        tag("th", "Channel", scope="col"),
        [tag("th", text, scope="col", class_="n") for text in columns],
        tag("th", f"{100 * low:.0f} to {100 * high:.0f}", scope="col", class_="drawn", aria_hidden="true"),
    )
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", head),
        tag("tbody", [_row(gap, low, high) for gap in gaps]),
    )


def _gaps(look: Look) -> list[_Gap]:
    attained = of_window(look.snapshot.by_channel, _WITHIN, look.window)
    survey = of_window(look.snapshot.by_channel, _WITHOUT, look.window)
    if attained is None or survey is None:
        return []
    gaps = [
        _Gap(
            channel,
            float(attained.mean[place]),
            int(attained.handlings[place]),
            float(survey.mean[place]),
            int(survey.handlings[place]),
        )
        for place, channel in enumerate(look.snapshot.channels)
    ]
    gaps = [one for one in gaps if isfinite(one.attained) and isfinite(one.score)]
    return sorted(gaps, key=lambda one: (one.score - one.attained, one.channel))


def _ends(gaps: list[_Gap]) -> tuple[float, float]:
    """Return the tens between which all figures lie."""
    figures = [figure for one in gaps for figure in (one.attained, one.score)]
    low, high = floor(10 * min(figures)) / 10, ceil(10 * max(figures)) / 10
    return low, max(high, low + 0.1)


def _row(one: _Gap, low: float, high: float) -> Markup:
    return tag(
        "tr",
        tag("th", one.channel, scope="row"),
        tag("td", share(one.attained), class_="n"),
        tag("td", count(one.attained_n), class_="n quiet"),
        tag("td", f"{100 * one.score:.1f}", class_="n"),
        tag("td", count(one.score_n), class_="n quiet"),
        tag("td", points(one.attained - one.score), class_="n strong"),
        tag("td", _drawn(one, low, high), class_="drawn", aria_hidden="true"),
    )


def _drawn(one: _Gap, low: float, high: float) -> Markup:
    """Draw both figures on one line: a filled mark for the centre, an open one for the customers."""
    middle = _HEIGHT / 2
    within, without = (
        5 + (value - low) / (high - low) * (_WIDTH - 10) for value in (one.attained, one.score)
    )
    return tag(
        "svg",
        tag("line", class_="base", x1=5, x2=_WIDTH - 5, y1=middle, y2=middle),
        tag("line", class_="between", x1=within, x2=without, y1=middle, y2=middle),
        tag("circle", class_="within", cx=within, cy=middle, r=4),
        tag("circle", class_="without", cx=without, cy=middle, r=4),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=_WIDTH,
        height=_HEIGHT,
    )
