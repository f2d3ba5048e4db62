"""How long records took to the ledger."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0)
"""Upper bounds in seconds; the target is 1 s at the 99th percentile (`design.md` section 5)."""


def delays(timestamps_ms: Sequence[int | None], now: float) -> NDArray[np.float64]:
    """Return the seconds from when records were written to now, never less than 0: clocks differ.

    Kafka writes -1 where a producer gave no time, and formats before 0.10 have none: those are left out.
    """
    written = np.array(timestamps_ms, np.float64) / 1_000
    return np.maximum(now - written[written >= 0], 0.0)
