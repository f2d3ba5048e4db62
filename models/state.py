"""The judge's state as plain data: what a checkpoint holds, and what two states are compared by."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

FORMAT: Final = 1
"""Grows whenever a state that was dumped before can no longer be loaded."""

State: TypeAlias = "Mapping[str, State] | Sequence[State] | NDArray[Any] | str | int | float | bool | None"
"""Mappings under text keys, lists, numbers, text, None and arrays of numbers."""


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
