"""How long each stage of the work takes, one observation a piece of work: a fetch, a record, a page."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal, get_args

from streams.histogram import Histogram

Stage = Literal["intake", "judge", "publish", "checkpoint", "page"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds: a ledger record takes milliseconds, a checkpoint of a large centre seconds."""


class Durations:
    """Seconds that pieces of work took by the wall, those included in which others had the loop."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.stages: Mapping[Stage, Histogram] = {stage: Histogram(BOUNDS) for stage in STAGES}
        self._clock = clock

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Time the block; one that fails is not counted."""
        begin = self._clock()
        yield
        self.stages[stage].observe(self._clock() - begin)
