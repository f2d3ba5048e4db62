"""Names to small integers, in order of first appearance, up to a bound."""

from collections.abc import Iterable
from itertools import repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.grouping import pairs
from models.handling import NO_CODE
from models.state import Fields, State

_UNKNOWN: Final = NO_CODE - 1


class Codes:
    """Dense codes for names.

    Parameters
    ----------
    limit : int
        Most names that get a code of their own.
    overflow : str, optional
        The name under which all further ones are counted; without it they get no code (-1).
    """

    def __init__(self, limit: int, overflow: str | None = None) -> None:
        self._limit = limit
        self._overflow = overflow
        self._code: dict[str, int] = {}
        self.names: list[str] = []
        self.refused = 0
        """How many times a name beyond the limit was asked for."""

    def __len__(self) -> int:
        return len(self.names)

    def assign(self, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the code of each name; new names get theirs in the order given."""
        names = list(names)
        codes = np.fromiter(map(self._code.get, names, repeat(_UNKNOWN)), np.int32, len(names))
        for place in np.flatnonzero(codes == _UNKNOWN).tolist():
            codes[place] = self._code_of(names[place])
        return codes

    def dump(self) -> State:
        """Return the state."""
        return {"names": list(self.names), "refused": self.refused}

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped; beyond a smaller limit names keep their codes."""
        self.names, self.refused = list(state["names"]), state["refused"]
        self._code = {name: code for code, name in enumerate(self.names)}

    def _code_of(self, name: str) -> int:
        code = self._code.get(name)
        if code is not None:
            return code
        if len(self.names) < self._limit:
            return self._append(name)
        self.refused += 1
        if self._overflow is None:
            return NO_CODE
        code = self._code.get(self._overflow)
        return self._append(self._overflow) if code is None else code

    def _append(self, name: str) -> int:
        self.names.append(name)
        self._code[name] = len(self.names) - 1
        return self._code[name]


class PairCodes:
    """Dense codes for pairs of small codes, in the order in which they are given first."""

    def __init__(self) -> None:
        self._sorted = np.empty(0, np.int64)
        self._code = np.empty(0, np.int32)
        self.left = np.empty(0, np.int32)
        self.right = np.empty(0, np.int32)

    def __len__(self) -> int:
        return len(self.left)

    def assign(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the code of each pair, int32[n]; neither member may be negative."""
        appears, group = pairs(left, right)
        unique: NDArray[np.int64] = left[appears].astype(np.int64) << 32 | right[appears]
        at = np.searchsorted(self._sorted, unique)
        known = np.zeros(len(unique), np.bool_)
        inside = at < len(self._sorted)
        known[inside] = self._sorted[at[inside]] == unique[inside]
        code = np.empty(len(unique), np.int32)
        code[known] = self._code[at[known]]

        new = np.flatnonzero(~known)
        new_in_order = new[np.argsort(appears[new], kind="stable")]
        code[new_in_order] = len(self) + np.arange(len(new), dtype=np.int32)
        self.left = np.concatenate((self.left, left[appears[new_in_order]]))
        self.right = np.concatenate((self.right, right[appears[new_in_order]]))
        self._sorted = np.insert(self._sorted, at[new], unique[new])
        self._code = np.insert(self._code, at[new], code[new])
        return code[group]

    def dump(self) -> State:
        """Return the state."""
        return {"left": self.left, "right": self.right}

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        self.assign(state["left"], state["right"])
