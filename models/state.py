"""The judge's state as plain data: what a checkpoint holds, and what two states are compared by."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

FORMAT: Final = 1
"""Grows whenever a state that was dumped before can no longer be loaded."""

State: TypeAlias = "Mapping[str, State] | Sequence[State] | NDArray[Any] | str | int | float | bool | None"
"""Mappings under text keys, lists, numbers, text, None and arrays of numbers."""

Fields: TypeAlias = Mapping[str, Any]
"""The parts of a state by name, as they are read back: a list for a tuple, arrays perhaps read-only."""

_T = TypeVar("_T", bound=np.generic)


def digest(state: State) -> str:
    """Return the SHA-256 of a state, in hex: equal only where every number has the same bits.

    The order of a mapping's keys does not matter; an array's dtype and shape do.
    """
    told = sha256()
    for part in _parts(state):
        told.update(part)
    return told.hexdigest()


def _parts(state: State) -> "Sequence[bytes]":
    match state:
        case np.ndarray():
            head = f"array {state.dtype.str} {state.shape} "
            return [head.encode(), np.ascontiguousarray(state).tobytes()]
        case str() | bool() | int() | float() | None:
            text = repr(state).encode()
            return [f"{type(state).__name__} {len(text)} ".encode(), text]
        case Mapping():
            inner = [part for key in sorted(state) for part in (*_parts(key), *_parts(state[key]))]
            return [f"map {len(state)} ".encode(), *inner]
        case _:
            return [f"list {len(state)} ".encode(), *(part for one in state for part in _parts(one))]


def cut(column: NDArray[_T], sizes: NDArray[np.int64]) -> list[NDArray[_T]]:
    """Return the stretches of an array's last axis that have these sizes, each with a memory of its own.

    Many small arrays are slow to write and to read: a state holds them one after the other.

    Raises
    ------
    ValueError
        If the sizes do not add up to the array.
    """
    if int(sizes.sum()) != column.shape[-1]:
        raise ValueError("columns of different lengths")
    return [part.copy() for part in np.split(column, np.cumsum(sizes), axis=-1)[:-1]]


def picked(rows: NDArray[_T], places: Sequence[int | None], fill: float) -> NDArray[_T]:
    """Return rows of a two-dimensional array in another order; where a place is None, one of `fill`."""
    result = np.full((len(places), *rows.shape[1:]), fill, rows.dtype)
    for row, place in enumerate(places):
        if place is not None:
            result[row] = rows[place]
    return result
