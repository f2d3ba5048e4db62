"""Strings of white space only: refused like empty ones, since neither names anything."""

import re
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

# Outside ASCII the spaces are U+0085 and U+00A0, U+1680, U+2000 to U+205F, U+3000.
_LONG_SPACE: Final = re.compile(rb'"(?:\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2[\x80\x81]|\xe3\x80\x80)')

# Numbers: `32 in record` takes 0.03 us where `b" " in record` takes 0.18.
SPACE: Final = ord(" ")
ESCAPE: Final = ord("\\")

_WITHOUT_TEXT: Final = frozenset((bool, int, float, datetime))


def may_hold_blanks(record: bytes) -> bool:
    """Tell whether the strings are worth a look: a blank one opens with a space or an escape."""
    # One byte is found ten times faster than two, and compact JSON rarely holds either.
    return (
        (SPACE in record and b'" ' in record)
        or (ESCAPE in record and b'"\\' in record)
        or not (record.isascii() or _LONG_SPACE.search(record) is None)
    )


def path_of_blank(event: Struct, path: str = "$") -> str | None:
    """Return the JSON path of the first blank string of an event."""
    for place, value in enumerate(astuple(event)):
        if value is None or value.__class__ in _WITHOUT_TEXT:
            continue
        within = _blank_within(value)
        if within is not None:
            return f"{path}.{event.__struct_fields__[place]}{within}"
    return None


def _blank_within(value: object) -> str | None:
    """Return where in a field's value the blank is, and no name that upstream chose."""
    if isinstance(value, str):
        return "" if value.isspace() else None
    if isinstance(value, dict):
        if any(name.isspace() for name in value):
            return ""
        return "[...]" if any(part.isspace() for part in value.values()) else None
    if isinstance(value, list):
        return next((f"[{place}]" for place, part in enumerate(value) if part.isspace()), None)
    return path_of_blank(value, "") if isinstance(value, Struct) else None
