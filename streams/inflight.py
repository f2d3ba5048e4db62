"""What is on its way to the ledger: a bounded number of fetches whose acknowledgement is awaited."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

FETCHES_MAX: Final = 8
"""More in flight save nothing (`ledger.md` section 1) and are more to repeat after a crash."""


class InFlight:
    """Fetches that were produced and are not acknowledged yet.

    Parameters
    ----------
    failed : callable
        Told the exception of a fetch that could not be produced: it stays unacknowledged.
    """

    def __init__(self, failed: Callable[[BaseException], object]) -> None:
        self._failed = failed
        self._room = asyncio.Semaphore(FETCHES_MAX - 1)  # beside the one that comes
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    async def add(self, sent: Sequence["asyncio.Future[object]"], done: Callable[[], object]) -> None:
        """Call `done` once all of `sent` is acknowledged; returns when there is room for one more."""
        task = asyncio.ensure_future(self._await(sent, done))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        await self._room.acquire()

    async def drain(self, seconds: float) -> bool:
        """Wait until nothing is on its way, at most so long; return whether that came about."""
        if not self._tasks:
            return True
        _, left = await asyncio.wait(self._tasks, timeout=seconds)
        return not left

    async def _await(self, sent: Sequence["asyncio.Future[object]"], done: Callable[[], object]) -> None:
        try:
            await asyncio.gather(*sent)
            done()
        finally:
            self._room.release()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
