"""Work in pieces, so that whoever has it done can do something else in between."""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

_T = TypeVar("_T")

Pieces: TypeAlias = Generator[None, None, _T]
"""Work that yields between two pieces and returns its result at the end."""


def done(work: Pieces[_T]) -> _T:
    """Do all that is left of some work and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: _T = end.value
            return result
