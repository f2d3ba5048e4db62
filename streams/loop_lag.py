"""How late the event loop wakes: what no stage shows, such as Python's lock, its collector, a long step."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from mode import Service

from streams.histogram import Histogram

EVERY_S: Final = 0.02
"""A stall is seen less by up to so much; looking costs 0.2 % of a core."""

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds in seconds; the target is that no close of a pane takes 0.15 s (`design.md` section 5)."""


class LoopLag(Service):
    """Sleeps for a moment, again and again, and takes note of how much longer it was."""

    def __init__(
        self,
        lag: Histogram,
        *,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._lag = lag
        self._clock = clock
        self._sleep = sleep

    @Service.task
    async def _watch(self) -> None:
        while not self.should_stop:
            due = self._clock() + EVERY_S
            await self._sleep(EVERY_S)
            self._lag.observe(max(self._clock() - due, 0.0))
