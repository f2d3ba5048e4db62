"""How late the event loop wakes."""

import asyncio
import time

import pytest

from streams.histogram import Histogram
from streams.loop_lag import BOUNDS, EVERY_S, LoopLag


def watched(*naps: float) -> Histogram:
    """Return the lag of a loop that wakes after these instead of what was asked for, and then no more."""
    lag, left = Histogram(BOUNDS), list(naps)
    now, asked = 100.0, []

    async def run() -> None:
        over = asyncio.Event()

        async def sleep(seconds: float) -> None:
            nonlocal now
            asked.append(seconds)
            if not left:
                over.set()
                await asyncio.Event().wait()
            now += left.pop(0)

        service = LoopLag(lag, clock=lambda: now, sleep=sleep)
        await service.start()
        await over.wait()
        await service.stop()

    asyncio.run(run())
    assert set(asked) == {EVERY_S}
    return lag


def test_the_lag_is_what_a_sleep_took_longer() -> None:
    """Waking in time is no lag, and neither is waking early."""
    lag = watched(EVERY_S, EVERY_S + 0.3, EVERY_S / 2)

    assert lag.total == pytest.approx(0.3)
    assert lag.cumulative()[0] == 2
    assert lag.cumulative()[BOUNDS.index(0.25)] == 2
    assert lag.cumulative()[BOUNDS.index(0.5)] == 3


def test_a_step_that_keeps_the_loop_is_seen() -> None:
    """However it comes about: who sleeps meanwhile wakes that much later."""
    lag = Histogram(BOUNDS)

    async def run() -> None:
        service = LoopLag(lag)
        await service.start()
        await asyncio.sleep(EVERY_S / 2)
        time.sleep(0.2 + EVERY_S)  # noqa: ASYNC251 - the loop is to be kept
        await asyncio.sleep(2 * EVERY_S)
        await service.stop()

    asyncio.run(run())

    later = lag.cumulative()[-1] - lag.cumulative()[BOUNDS.index(0.15)]
    assert later == 1
