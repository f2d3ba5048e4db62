"""Values as a reader has them: in Grafana's units, roughly as Grafana writes them."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

_LARGE: Final = ((1e9, "G"), (1e6, "M"), (1e3, "K"))
_LONG: Final = ((31_557_600, "years"), (604_800, "weeks"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_KIBI: Final = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def read(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a value with its unit."""
    if math.isnan(value):
        return "NaN"
    return _FORMATS.get(unit, _plain)(value, decimals)


def _number(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:.0f}"


def _plain(value: float, decimals: int | None) -> str:
    return _number(value, decimals)


def _short(value: float, decimals: int | None) -> str:
    for size, name in _LARGE:
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return _number(value, decimals)


def _share(value: float, decimals: int | None) -> str:
    return f"{_number(100 * value, decimals)}%"


def _seconds(value: float, decimals: int | None) -> str:
    for size, name in _LONG:
        if abs(value) >= size:
            return f"{_number(value / size, decimals)} {name}"
    return f"{_number(value * 1_000, decimals)} ms" if value else "0 s"


def _bytes(value: float, decimals: int | None) -> str:
    for size, name in _KIBI:
        if abs(value) >= size:
            return f"{_number(value / size, decimals)} {name}"
    return f"{_number(value, decimals)} B"


def _when(value: float, _: int | None) -> str:
    return f"{datetime.fromtimestamp(value / 1_000, UTC):%Y-%m-%d %H:%M:%S}"


def _scientific(value: float, decimals: int | None) -> str:
    return f"{value:.{1 if decimals is None else decimals}e}"


_FORMATS: Final[Mapping[str, Callable[[float, int | None], str]]] = {
    "short": _short,
    "percentunit": _share,
    "s": _seconds,
    "bytes": _bytes,
    "dateTimeAsIso": _when,
    "sci": _scientific,
    "cps": lambda value, decimals: f"{_short(value, decimals)}/s",
    "ops": lambda value, decimals: f"{_short(value, decimals)}/s",
}
