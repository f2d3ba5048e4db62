"""How numbers and times are written on a page, each with its unit."""

from datetime import UTC, datetime, timedelta
from math import exp, isfinite
from typing import Final

from models.settings import DAY, HOUR, SECOND, Kind
from streams.startpage.markup import Markup, tag

NOTHING: Final = "\N{EN DASH}"
"""Stands where a figure cannot be told."""
_SPANS: Final = ((DAY, "day"), (HOUR, "hour"), (60 * SECOND, "minute"), (SECOND, "second"))
_Q_LEAST: Final = 0.0001
_TAU_MAX: Final = 20.0
"""Beyond that a factor says nothing more."""


def count(number: int | None) -> str:
    """Return a number of things."""
    return NOTHING if number is None else f"{number:,}"


def some(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{count(number)} {one if number == 1 else many or f'{one}s'}"


def share(ratio: float) -> str:
    """Return a share in percent."""
    return f"{ratio:.1%}" if isfinite(ratio) else NOTHING


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return _signed(f"{100 * difference:+.1f}") if isfinite(difference) else NOTHING


def level(kind: Kind, mean: float) -> str:
    """Return a mean in the unit of its measure: a share, a score, or the typical time."""
    if not isfinite(mean):
        return NOTHING
    match kind:
        case "binary":
            return share(mean)
        case "duration":
            return _seconds(exp(mean))
        case "score":
            return f"{mean:.2f}"


def spread(kind: Kind, tau: float) -> str:
    """Return what lies between two typical employees: a factor, or a difference of scores."""
    if not isfinite(tau):
        return NOTHING
    return f"{tau:.2f}" if kind == "score" else factor(exp(min(tau, _TAU_MAX)))


def factor(ratio: float) -> str:
    """Return a ratio."""
    return f"\N{MULTIPLICATION SIGN}{ratio:.2f}"


def q_value(q: float) -> str:
    """Return a probability; below one in ten thousand how far below says nothing."""
    if not isfinite(q):
        return NOTHING
    return f"< {_Q_LEAST}" if q < _Q_LEAST else f"{q:.2g}"


def sigmas(z: float) -> str:
    """Return a number of standard deviations, with its sign."""
    return _signed(f"{z:+.1f}") if isfinite(z) else NOTHING


def moment(microseconds: int | None) -> Markup | str:
    """Return a time in UTC to the minute."""
    if microseconds is None:
        return NOTHING
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return tag("time", f"{at:%Y-%m-%d %H:%M} UTC", datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}")


def lasting(microseconds: int) -> str:
    """Return a length of time in words, in its largest unit."""
    for span, word in _SPANS:
        if microseconds >= span:
            return some(microseconds // span, word)
    return "less than a second"


def ago(then: int | None, now: int) -> str:
    """Return how long ago something was, in words."""
    if then is None:
        return NOTHING
    return f"{lasting(now - then)} ago" if then <= now else f"{lasting(then - now)} ahead"


def _seconds(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _signed(text: str) -> str:
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")
