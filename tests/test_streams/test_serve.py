"""Serving: it ends when it is asked to, or with the reason of what crashed."""

import asyncio
from typing import Any

import pytest
from mode import Service

from models.errors import TouchpointError
from streams.app import serve
from streams.judging import LedgerError


class Worker:
    """Notes whether it has left on its own account."""

    left = False

    async def leave(self) -> None:
        """Leave."""
        self.left = True


class Quiet(Service):
    """Runs until it is stopped."""


class Crashing(Service):
    """Ends with an error: when it starts, in a task, or in a future that it was given."""

    def __init__(self, error: BaseException, where: str) -> None:
        super().__init__()
        self.error = error
        self.where = where

    async def on_start(self) -> None:
        """Crash, or begin what will."""
        if self.where == "start":
            raise self.error
        if self.where == "future":
            self.add_future(self._fail())

    @Service.task
    async def _task(self) -> None:
        if self.where == "task":
            await self._fail()

    async def _fail(self) -> None:
        await asyncio.sleep(0)
        raise self.error


def served(*services: Service, asked: bool = False) -> Worker:
    """Return the worker after these services have been served, asked to end at once or never."""
    worker: Any = Worker()

    async def run() -> None:
        until = asyncio.Event()
        if asked:
            asyncio.get_running_loop().call_later(0.05, until.set)
        await serve(worker, services, until)

    asyncio.run(run())
    assert isinstance(worker, Worker)
    return worker


def test_it_leaves_when_it_is_asked_to() -> None:
    """What it holds is handed over before everything is stopped."""
    service = Quiet()

    assert served(service, asked=True).left
    assert service._stopped.is_set()


@pytest.mark.parametrize("where", ["start", "task", "future"])
@pytest.mark.parametrize("error", [LedgerError("a sentence for the operator"), ValueError("a bug")])
def test_a_crash_is_raised_as_itself(where: str, error: Exception) -> None:
    """Whoever runs the service tells the operator's errors from bugs, wherever they came up."""
    other = Quiet()
    with pytest.raises(type(error)) as raised:
        served(other, Crashing(error, where))

    assert raised.value is error
    assert isinstance(raised.value, TouchpointError) == isinstance(error, LedgerError)
    assert other._stopped.is_set()
