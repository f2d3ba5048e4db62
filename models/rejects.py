"""Why a record is not a handling: a fixed set of reasons, so that counts by reason are bounded.

A reason is coded by its place in `REASONS` (uint8). The order is part of the ledger's format: new
reasons go to the end.
"""

from typing import Final

REASONS: Final = (
    "empty",          # no value at all, or only white space
    "too_large",      # more bytes than intake.record_bytes_max
    "not_utf8",       # bytes that are no UTF-8, or a lone surrogate
    "avro",           # framed by a schema registry, and not JSON inside
    "not_json",       # truncated, trailing bytes, NaN, anything the JSON grammar forbids
    "too_deep",       # nested beyond what a handling could need
    "missing_field",  # a required field is absent, or null where it must not be
    "wrong_type",     # a known field of another type
    "unknown_value",  # a word outside its enumeration
    "empty_string",   # "" (or only white space) in a known field
    "too_long",       # a string or a map beyond its bound
    "out_of_range",   # a number that is negative, infinite or beyond its bound
    "bad_time",       # not RFC 3339, or without a zone
    "future",         # further ahead of the clock than the skew allows
)  # fmt: skip
CODE_OF_REASON: Final = {reason: code for code, reason in enumerate(REASONS)}
