"""Rolling windows: sums of blocks of time by entity.

A block is a pane or a step. It holds only the entities that appear in it; a window merges its blocks and
spreads them over all entities. A block is replaced whole when its rows change, never corrected in place.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.grouping import count_by_group, sum_by_group
from models.moments import Moments, concatenate, from_flags, from_groups, merge_groups
from models.pieces import Pieces, done
from models.settings import Kind
from models.state import Fields, State, cut, picked


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What k entities did.

    Attributes
    ----------
    handlings : int64[k]
        All accepted handlings, whatever they say.
    moments : tuple of Moments[k], one a measure
        Of the handlings that say something for it.
    """

    handlings: NDArray[np.int64]
    moments: tuple[Moments, ...]

    def regroup(self, group: NDArray[np.int32], size: int) -> "Sums":
        """Return the sums of `size` groups of these entities, for instance of strata by channel."""
        return Sums(
            handlings=sum_by_group(group, self.handlings, size).astype(np.int64),
            moments=tuple(merge_groups(group, moments, size) for moments in self.moments),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    entity: NDArray[np.int32]
    sums: Sums


class Windows:
    """Blocks of sums by their place in time (a pane index or a step)."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._blocks: dict[int, _Block] = {}

    def put(self, at: int, entity: NDArray[np.signedinteger], values: Iterable[NDArray[np.float64]]) -> None:
        """Set the block at `at` to the sums of n rows.

        Parameters
        ----------
        entity : int[n]
            Rows with a negative one are left out.
        values : float64[n], one a measure
            NaN where the row says nothing; 0 or 1 where the measure is binary.
        """
        done(self.putting(at, entity, values))

    def putting(
        self, at: int, entity: NDArray[np.signedinteger], values: Iterable[NDArray[np.float64]]
    ) -> Pieces[None]:
        """Set a block as `put` does, a measure a piece."""
        handlings = count_by_group(entity + 1, 1)[1:]
        present = np.flatnonzero(handlings)
        size = len(present)
        place = np.full(len(handlings) + 1, size)  # the last one answers whoever is left out
        place[present] = np.arange(size)
        group, moments = place[entity], []
        for kind, value in zip(self._kinds, values, strict=True):
            summed = from_flags if kind == "binary" else from_groups
            moments.append(summed(group, value, size + 1)[:size])
            yield
        self._blocks[at] = _Block(present.astype(np.int32), Sums(handlings[present], tuple(moments)))

    def window(self, inside: Callable[[int], bool], size: int) -> Sums:
        """Return the sums over the blocks whose place is `inside`, for entities 0 to size - 1."""
        entity, sums = self._stacked([self._blocks[at] for at in sorted(self._blocks) if inside(at)])
        return sums.regroup(entity, size)

    def forget_before(self, at: int) -> None:
        """Drop all blocks that lie before a place in time."""
        for old in [place for place in self._blocks if place < at]:
            del self._blocks[old]

    def dump(self) -> State:
        """Return the state: all blocks, one after the other; of moments a row a measure."""
        places = sorted(self._blocks)
        entity, sums = self._stacked([self._blocks[at] for at in places])
        return {
            "at": np.array(places, np.int64),
            "entities": np.array([len(self._blocks[at].entity) for at in places], np.int64),
            "entity": entity,
            "handlings": sums.handlings,
            "count": np.stack([moments.count for moments in sums.moments]),
            "mean": np.stack([moments.mean for moments in sums.moments]),
            "m2": np.stack([moments.m2 for moments in sums.moments]),
            "mean_low": np.stack([moments.mean_low for moments in sums.moments]),
        }

    def load(self, state: Fields, kept: Sequence[int | None]) -> None:
        """Take over a state that was dumped; `kept` says where each measure stood then, None if nowhere."""
        sizes = state["entities"]
        names = ("count", "mean", "m2", "mean_low")
        columns = [cut(picked(state[name], kept, 0), sizes) for name in names]
        entity, handlings = cut(state["entity"], sizes), cut(state["handlings"], sizes)
        for place, at in enumerate(state["at"].tolist()):
            moments = zip(*(column[place] for column in columns), strict=True)
            sums = Sums(handlings[place], tuple(Moments(*parts) for parts in moments))
            self._blocks[at] = _Block(entity[place], sums)

    def _stacked(self, blocks: Sequence[_Block]) -> tuple[NDArray[np.int32], Sums]:
        """Return the entities and sums of all blocks, one block after the other."""
        nothing = from_groups(np.empty(0, np.intp), np.empty(0), 0)
        entity = np.concatenate([np.empty(0, np.int32), *(block.entity for block in blocks)])
        handlings = np.concatenate([np.empty(0, np.int64), *(block.sums.handlings for block in blocks)])
        moments = (
            concatenate([nothing, *(block.sums.moments[index] for block in blocks)])
            for index in range(len(self._kinds))
        )
        return entity, Sums(handlings, tuple(moments))
