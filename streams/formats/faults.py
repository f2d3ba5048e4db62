"""Why a record is no handling, in the fixed reasons of `models.rejects` and a JSON path.

msgspec's messages quote the values they complain of, so no text of theirs leaves this module: of a
message only its kind and the path, which names fields of the contract and nothing else, are kept.
"""

import re
from typing import Final, NamedTuple

import msgspec


class Fault(NamedTuple):
    """A reason of `models.rejects.REASONS` and where; `$` is the record itself."""

    reason: str
    path: str = "$"


class Reject(NamedTuple):
    """A record that is no handling."""

    offset: int
    reason: str
    path: str


_REASONS: Final = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"Object missing required field", "missing_field"),
        (r"Invalid enum value", "unknown_value"),
        (r"Invalid RFC3339|Expected `datetime` with a timezone", "bad_time"),
        (r"Number out of range|Integer value out of range", "out_of_range"),
        (r"Expected `(?:int|float)` [<>]", "out_of_range"),
        (r"Expected `str` of length >=", "empty_string"),
        (r"Expected `(?:str|array|object)` of length <=", "too_long"),
    )
)
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_PATH: Final = re.compile(r" - at (?:`key` in )?`(\$[\w.\[\]]*)`\Z")

# Whole pairs and escaped backslashes are taken out first: what is left of \ud800..\udfff stands alone.
_NO_SURROGATE: Final = re.compile(rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def fault_of(error: msgspec.DecodeError | RecursionError, record: bytes) -> Fault:
    """Return why msgspec refused a record that is UTF-8."""
    if isinstance(error, RecursionError):
        return Fault("too_deep")
    if not isinstance(error, msgspec.ValidationError):
        return _fault_of_text(record)
    message = str(error)
    found = _PATH.search(message)
    path = found[1] if found else "$"
    if missing := _MISSING.match(message):
        return Fault("missing_field", f"{path}.{missing[1]}")
    if found and message.startswith("Expected") and "got `null`" in message:
        return Fault("missing_field", path)
    reason = next((reason for kind, reason in _REASONS if kind.match(message)), "wrong_type")
    if reason in {"unknown_value", "bad_time"} and _is_blank(record, path):
        return Fault("empty_string", path)
    return Fault(reason, path)


def _fault_of_text(record: bytes) -> Fault:
    if not record.strip():
        return Fault("empty")
    if _SURROGATE.search(_NO_SURROGATE.sub(b" ", record)):
        return Fault("not_utf8")
    return Fault("not_json")


def _is_blank(record: bytes, path: str) -> bool:
    """Tell whether the string at this path is empty: a word and a time are refused before that is asked."""
    try:
        found = msgspec.json.decode(record)
        for name in path.split(".")[1:]:
            found = found[name]
    except (msgspec.DecodeError, RecursionError, LookupError, TypeError):
        return False  # something later in the record is broken too, or a key stands twice
    return isinstance(found, str) and not found.strip()
