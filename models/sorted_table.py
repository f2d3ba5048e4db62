"""A table of columns under a 64-bit key, for millions of keys that come and go by time.

Three sorted runs, each a fraction of the one before. New keys go into the smallest; a run that has outgrown
its fraction goes into the next. A single run would be copied whole at every insertion: 3.7 us a key against
1.25 us at 15-minute panes (`ledger.md` 2.2).

    large     [      piece      |      piece      |      piece      ]     by range of keys
    middle    [    |    |    ]  -> one piece after the other takes in what falls into its range
    recent    [  ]              -> middle

The large run lies in pieces, and one at a time is merged and rid of expired keys: however large the table,
no insertion stops the loop for long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from models.state import Fields, State

_SMALL_RUN_MIN: Final = 1_024
_RECENT_SHARE: Final = 4
_MIDDLE_SHARE: Final = 8
"""A run moves on when it holds more than this part of the next."""

_PIECE_MAX: Final = 1 << 20
"""Keys that one merge may touch: 20 ms."""

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Ascending keys, uint64[n], and their columns."""

    keys: NDArray[np.uint64]
    columns: Columns

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the place of each key, -1 where it is not held."""
        at = np.searchsorted(self.keys, keys)
        at[at == len(self)] = 0
        return np.where(self.keys[at] == keys, at, -1)

    def chosen(self, rows: slice | NDArray[np.bool_]) -> "_Run":
        return _Run(self.keys[rows], {name: column[rows] for name, column in self.columns.items()})

    def alive(self, since: int) -> "_Run":
        """Return what was used at a time or after it."""
        kept = self.columns["time"] >= since
        return self if kept.all() else self.chosen(kept)

    def merged(self, more: "_Run") -> "_Run":
        """Return both in one; no key may be in both."""
        if len(more) == 0 or len(self) == 0:
            return self if len(self) else more
        size = len(self) + len(more)
        new = np.searchsorted(self.keys, more.keys) + np.arange(len(more))
        is_old = np.ones(size, np.bool_)
        is_old[new] = False

        def woven(old: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
            column = np.empty(size, old.dtype)
            column[is_old], column[new] = old, added
            return column

        columns = {name: woven(column, more.columns[name]) for name, column in self.columns.items()}
        return _Run(woven(self.keys, more.keys), columns)


class SortedTable:
    """Columns under a uint64 key; one of them, `time` (int64 microseconds), says when a key was last used."""

    def __init__(self, **dtypes: DTypeLike) -> None:
        self._dtypes = {"time": np.dtype(np.int64)} | {
            name: np.dtype(dtype) for name, dtype in dtypes.items()
        }
        nothing = self._run(np.empty(0, np.uint64), {name: np.empty(0) for name in self._dtypes})
        self._recent, self._middle, self._pieces = nothing, nothing, [nothing]
        self._lows = np.zeros(1, np.uint64)  # where the range of each piece begins
        self._next = 0  # the piece whose turn it is

    def __len__(self) -> int:
        return sum(map(len, self._runs()))

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the place of each key, -1 where it is not held. Places hold until the next `insert`."""
        place = np.full(len(keys), -1, np.int64)
        for start, run in self._placed():
            here = np.flatnonzero((place < 0) & (keys >= run.keys[0]) & (keys <= run.keys[-1]))
            found = run.find(keys[here])
            place[here] = np.where(found >= 0, found + start, -1)
        return place

    def read(self, name: str, places: NDArray[np.int64]) -> NDArray[Any]:
        """Return a column at places that `find` gave (none of them -1)."""
        result = np.empty(len(places), self._dtypes[name])
        for here, run, at in self._at(places):
            result[here] = run.columns[name][at]
        return result

    def write(self, places: NDArray[np.int64], columns: Columns) -> None:
        """Overwrite columns at places that `find` gave (none of them -1, none twice)."""
        for here, run, at in self._at(places):
            for name, column in columns.items():
                run.columns[name][at] = column[here]

    def insert(self, keys: NDArray[np.uint64], columns: Columns, *, expire_before: int) -> None:
        """Add keys that are not held (each once), with all columns.

        Keys whose `time` lies before `expire_before` may be dropped, now or later: whoever finds one must
        take it for unknown.
        """
        order = np.argsort(keys, kind="stable")
        new = self._run(keys[order], {name: columns[name][order] for name in self._dtypes})
        self._recent = self._recent.merged(new)
        if len(self._recent) > max(_SMALL_RUN_MIN, len(self._middle) // _RECENT_SHARE):
            self._middle, self._recent = self._middle.merged(self._recent), self._recent.chosen(slice(0))
        while len(self._middle) > max(_SMALL_RUN_MIN, sum(map(len, self._pieces)) // _MIDDLE_SHARE):
            self._take_in(self._next % len(self._pieces), expire_before)

    def used_since(self, time: int) -> int:
        """Return how many keys were used at a time or after it."""
        return sum(int((run.columns["time"] >= time).sum()) for run in self._runs())

    def dump(self, since: int) -> State:
        """Return the keys that were used at a time or after it: what is held, not in which run."""
        alive = [run.alive(since) for run in self._pieces]
        keys = np.concatenate([run.keys for run in alive])
        columns = {name: np.concatenate([run.columns[name] for run in alive]) for name in self._dtypes}
        small = self._middle.alive(since).merged(self._recent.alive(since))
        together = _Run(keys, columns).merged(self._run(small.keys, small.columns))
        return {"key": together.keys, **together.columns}

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        whole = _Run(state["key"], {name: state[name] for name in self._dtypes})
        parts = [whole.chosen(slice(at, at + _PIECE_MAX)) for at in range(0, max(len(whole), 1), _PIECE_MAX)]
        self._pieces = [self._run(part.keys, part.columns) for part in parts]
        self._lows = np.array([0, *(run.keys[0] for run in self._pieces[1:])], np.uint64)

    def _run(self, keys: NDArray[np.uint64], columns: Columns) -> _Run:
        """Return a run with a memory of its own."""
        return _Run(keys.copy(), {name: columns[name].astype(dtype) for name, dtype in self._dtypes.items()})

    def _runs(self) -> list[_Run]:
        return [*self._pieces, self._middle, self._recent]

    def _placed(self) -> Iterator[tuple[int, _Run]]:
        """Yield every run that is not empty with the place of its first key."""
        start = 0
        for run in self._runs():
            if len(run) > 0:
                yield start, run
                start += len(run)

    def _at(self, places: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.intp], _Run, NDArray[np.int64]]]:
        """Yield for every run which of some places lie in it, and where."""
        for start, run in self._placed() if len(places) > 0 else ():
            here = np.flatnonzero((places >= start) & (places < start + len(run)))
            if len(here) > 0:
                yield here, run, places[here] - start

    def _take_in(self, number: int, expire_before: int) -> None:
        """Merge what the middle run holds of the range of one piece into it; halve it if it has grown."""
        ends = np.append(np.searchsorted(self._middle.keys, self._lows), len(self._middle))
        first, end = ends[number], ends[number + 1]
        taken = self._middle.chosen(slice(first, end)).alive(expire_before)
        rest = np.ones(len(self._middle), np.bool_)
        rest[first:end] = False
        self._middle = self._middle.chosen(rest)
        piece = self._pieces[number].alive(expire_before).merged(taken)
        halves = [piece]
        if len(piece) > _PIECE_MAX:
            half = len(piece) // 2
            halves = [piece.chosen(slice(half)), piece.chosen(slice(half, None))]
            halves = [self._run(part.keys, part.columns) for part in halves]
            self._lows = np.insert(self._lows, number + 1, halves[1].keys[0])
        self._pieces[number : number + 1] = halves
        self._next = number + len(halves)
