"""An event loop on a thread of its own, beside the one that it was started from."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

_Result = TypeVar("_Result")

_JOIN_S: Final = 15.0


class Ask(Protocol):
    """Runs a question on the loop that has what is asked for."""

    async def __call__(
        self, question: Callable[[], Coroutine[Any, Any, _Result]], seconds: float | None = None
    ) -> _Result:
        """Return the answer."""


class LoopThread:
    """Runs something from `start` to `stop`, which are called on one loop, on another one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._there: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    async def start(
        self, begin: Callable[[], Awaitable[object]], end: Callable[[], Awaitable[object]]
    ) -> None:
        """Start the thread; return when `begin` has returned there, and raise what it raises."""
        self._home = asyncio.get_running_loop()
        begun: asyncio.Future[None] = self._home.create_future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(begin, end, begun)), name=self._name, daemon=True
        )
        self._thread.start()
        await begun

    async def stop(self) -> None:
        """End the thread after `end` there; nothing where it never began."""
        if self._thread is None or self._there is None or self._over is None:
            return
        if self._thread.is_alive():
            self._there.call_soon_threadsafe(self._over.set)
        await asyncio.to_thread(self._thread.join, _JOIN_S)

    async def ask(
        self, question: Callable[[], Coroutine[Any, Any, _Result]], seconds: float | None = None
    ) -> _Result:
        """Return what a coroutine of the first loop returns; called on the thread.

        Raises
        ------
        TimeoutError
            Where it takes longer than so many seconds.
        """
        assert self._home is not None, "called before start"  # noqa: S101
        answer = asyncio.run_coroutine_threadsafe(question(), self._home)
        return await asyncio.wait_for(asyncio.wrap_future(answer), seconds)

    async def _run(
        self,
        begin: Callable[[], Awaitable[object]],
        end: Callable[[], Awaitable[object]],
        begun: "asyncio.Future[None]",
    ) -> None:
        assert self._home is not None  # noqa: S101
        self._there, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            await begin()
        except BaseException as error:  # noqa: BLE001 - whoever started it is told
            self._home.call_soon_threadsafe(_tell, begun, error)
            return
        self._home.call_soon_threadsafe(_tell, begun, None)
        await self._over.wait()
        await end()


def _tell(begun: "asyncio.Future[None]", error: BaseException | None) -> None:
    if begun.done():  # nobody waits any longer
        return
    if error is None:
        begun.set_result(None)
    else:
        begun.set_exception(error)
