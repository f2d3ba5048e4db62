"""What the ledger holds: segments (the accepted rows of one stretch of one partition) and idle marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.handling import Handlings

ROWS_MAX: Final = 8_192
"""A pane close works on whole segments; more rows a segment save nothing (`ledger.md` section 1)."""


class Source(NamedTuple):
    """A partition that handlings are read from; the epoch tells a re-created topic from its forerunner."""

    topic: str
    partition: int
    epoch: int


Roster = Mapping[str, int]
"""Number of partitions of every source topic: all of them must have spoken before the first close."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The records of `source` from position `start` up to, not including, position `end`.

    Attributes
    ----------
    rows : Handlings
        The accepted ones, in offset order.
    offsets : int64[len(rows)]
        The offset of each, ascending.
    reject_offsets, reject_reasons : int64[m], uint8[m]
        The rejected ones: offset, ascending, and index into `models.rejects.REASONS`.
    key_id : str
        Names the key under which case and employee were hashed.
    lost_until : int
        Positions from `start` up to, not including, this one were gone upstream before they could be read;
        none were where it does not lie beyond `start`.

    Offsets may jump (compaction, transaction markers), so there can be fewer rows and rejects
    than positions.
    """

    source: Source
    start: int
    end: int
    roster: Roster
    rows: Handlings
    offsets: NDArray[np.int64]
    reject_offsets: NDArray[np.int64]
    reject_reasons: NDArray[np.uint8]
    key_id: str
    lost_until: int = 0


@dataclass(frozen=True, slots=True)
class IdleMark:
    """Intake's word that `source` had nothing left at `position` and had been silent for the idle grace.

    `wall_time` is in microseconds since 1970 UTC, read before the position was checked.
    """

    source: Source
    position: int
    roster: Roster
    wall_time: int


LedgerRecord = Segment | IdleMark
