"""Canonical records decoded as the tests of this room need it."""

from calendar import timegm
from collections.abc import Sequence

import numpy as np
from builders import line

from models.identity import Identity, Keys
from streams.formats import FORMATS, Decoded

NAMED = Identity(Keys.public(), named=True)
NOON = timegm((2024, 3, 1, 12, 0, 0)) * 1_000_000
MEBIBYTE = 1 << 20
FRAME = b"\0\0\0\0\xc8"


def decoded(
    *values: bytes | None, facts: Sequence[str] = (), identity: Identity = NAMED, latest: int = NOON
) -> Decoded:
    """Decode records at offsets 100, 101, ...; nothing after `latest` passes."""
    return FORMATS["canonical"](
        values,
        np.arange(100, 100 + len(values)),
        facts=tuple(facts),
        identity=identity,
        latest=latest,
        record_bytes_max=MEBIBYTE,
    )


def compact(record: bytes | None) -> bytes | None:
    """Return a record without the spaces that Python writes between its parts."""
    return record and record.replace(b'": ', b'":').replace(b', "', b',"')


def with_json(name: str, text: bytes) -> bytes:
    """Return an event with JSON in a field that Python would not write."""
    return line(**{name: "@"}).replace(b'"@"', text)
