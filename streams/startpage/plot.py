"""The frame of a picture: axes with round ticks, places of values, labels that do not cover each other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import Final

from streams.startpage.markup import Content, Markup, join, tag

WIDTH: Final = 460
HEIGHT: Final = 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 30, 40
_CHARACTER: Final = 6.1
"""Mean width of a character of a label, a little more than it takes."""
_LINE: Final = 13
_LABEL_MAX: Final = 26
_SIDES: Final = ((1, "start"), (-1, "end"))


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs along one side: the ends, and what is written where."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def axis(title: str, low: float, high: float, write: Callable[[float], str]) -> Axis:
    """Return an axis that begins and ends at round values."""
    step = _round_step((high - low) / 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    places = [number * step for number in range(first, last + 1)]
    return Axis(title, places[0], places[-1], tuple((place, write(place)) for place in places))


def axis_at(title: str, low: float, high: float, ticks: Iterable[tuple[float, str]]) -> Axis:
    """Return an axis with ticks at given values, those of them that lie on it."""
    return Axis(title, low, high, tuple((value, text) for value, text in ticks if low <= value <= high))


@dataclass(slots=True)
class Plot:
    """Values to places within the picture, and what is drawn."""

    across: Axis
    up: Axis
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def x(self, value: float) -> float:
        """Return where a value of the lower axis lies; beyond its ends at the end."""
        return _LEFT + _part(self.across, value) * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return where a value of the other axis lies."""
        return HEIGHT - _BOTTOM - _part(self.up, value) * (HEIGHT - _TOP - _BOTTOM)

    def frame(self) -> Iterator[Markup]:
        """Yield the grid, the ticks and the titles of the axes."""
        for value, text in self.up.ticks:
            y = self.y(value)
            yield tag("line", class_="grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y)
            yield written(_LEFT - 7, y + 4, text, anchor="end", class_="tick")
        base = HEIGHT - _BOTTOM
        yield tag("line", class_="base", x1=_LEFT, x2=WIDTH - _RIGHT, y1=base, y2=base)
        for value, text in self.across.ticks:
            x = self.x(value)
            yield tag("line", class_="base", x1=x, x2=x, y1=base, y2=base + 4)
            yield written(x, base + 17, text, anchor="middle", class_="tick")
        yield written(_LEFT - 40, 13, self.up.title, class_="axis")
        yield written(WIDTH - _RIGHT, HEIGHT - 7, self.across.title, anchor="end", class_="axis")

    def level(self, value: float, text: str, class_: str) -> Markup:
        """Return a line at a value of the upward axis, its text at the right end above it."""
        y = self.y(value)
        line = tag("line", class_=class_, x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y)
        self.keep_free(WIDTH - _RIGHT - _CHARACTER * len(text), y - _LINE, WIDTH - _RIGHT, y)
        return join(line, written(WIDTH - _RIGHT, y - 4, text, anchor="end", class_="note"))

    def keep_free(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Let no label cover this."""
        self._taken.append((x1, y1, x2, y2))

    def label(self, x: float, y: float, gap: float, name: str, class_: str) -> Markup | None:
        """Return a name beside a point, nothing where no room is left for it."""
        text = name if len(name) <= _LABEL_MAX else f"{name[: _LABEL_MAX - 1]}…"
        width = _CHARACTER * len(text)
        places = (
            (x + gap, y, "start"),
            (x - gap, y, "end"),
            (x, y - gap - 4, "middle"),
            (x, y + gap + 6, "middle"),
            *((x + side * 4, y + up * (gap + 5), anchor) for side, anchor in _SIDES for up in (-1, 1)),
        )
        for at, middle, anchor in places:
            left = at - {"start": 0.0, "end": width, "middle": width / 2}[anchor]
            box = (left, middle - _LINE / 2, left + width, middle + _LINE / 2)
            if (
                box[0] >= _LEFT
                and box[2] <= WIDTH
                and box[1] >= _TOP - _LINE
                and box[3] <= HEIGHT - _BOTTOM
                and not self._covers(box)
            ):
                self._taken.append(box)
                return written(at, middle + 4, text, anchor=anchor, class_=class_)
        return None

    def _covers(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        return any(left < x2 and x1 < right and top < y2 and y1 < bottom for x1, y1, x2, y2 in self._taken)


def picture(key: str, title: str, told: str, *drawn: Content) -> Markup:
    """Return a picture with what a reader who does not see it is told."""
    return tag(
        "svg",
        tag("title", title, "\n", id=f"{key}-title"),
        tag("desc", told, "\n", id=f"{key}-desc"),
        *drawn,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )


def written(x: float, y: float, text: str, *, class_: str, anchor: str = "start") -> Markup:
    """Return a text within a picture."""
    return join(tag("text", text, x=x, y=y, text_anchor=anchor, class_=class_), "\n")


def diamond(x: float, y: float, r: float, *content: Content) -> Markup:
    """Return the mark of an alert."""
    edge = f"{r:.1f}"
    return tag(
        "path", *content, class_="alarm", d=f"M{x:.1f} {y - r:.1f}l{edge} {edge}-{edge} {edge}-{edge}-{edge}z"
    )


def _part(along: Axis, value: float) -> float:
    return min(max((value - along.low) / (along.high - along.low), 0.0), 1.0)


def _round_step(least: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is not smaller."""
    power = 10.0 ** floor(log10(least))
    steps: Sequence[float] = (1, 2, 5, 10)
    return next(step * power for step in steps if step * power >= least * (1 - 1e-9))
