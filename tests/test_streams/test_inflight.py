"""On the way to the ledger: bounded, acknowledged as a whole, told when it fails, waited for at the end."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.inflight import FETCHES_MAX, InFlight

Future = asyncio.Future[object]


class Sending:
    """Fetches of which a test settles the futures; it notes which were acknowledged and what failed."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.failures: list[BaseException] = []
        self.in_flight = InFlight(self.failures.append)

    def add(self, name: str, count: int = 1) -> tuple[list[Future], "asyncio.Task[None]"]:
        """Put a fetch of so many records on its way; return its futures, and the adding."""
        sent: list[Future] = [asyncio.get_running_loop().create_future() for _ in range(count)]
        adding = asyncio.ensure_future(self.in_flight.add(sent, lambda: self.acknowledged.append(name)))
        return sent, adding


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def run(test: Callable[[Sending], Coroutine[Any, Any, None]]) -> None:
    async def begun() -> None:
        await test(Sending())

    asyncio.run(begun())


def test_a_fetch_is_acknowledged_once_all_of_it_is() -> None:
    """Not before its last record, and once."""

    async def test(sending: Sending) -> None:
        sent, _ = sending.add("a", 3)
        for one in reversed(sent):
            await settle()
            assert sending.acknowledged == []
            one.set_result(None)
        await settle()
        assert sending.acknowledged == ["a"]
        assert len(sending.in_flight) == 0

    run(test)


def test_a_fetch_of_nothing_is_acknowledged_at_once() -> None:
    """Nothing was sent, so nothing is waited for."""

    async def test(sending: Sending) -> None:
        sending.add("a", 0)
        await settle()
        assert sending.acknowledged == ["a"]

    run(test)


def test_fetches_are_acknowledged_as_they_come() -> None:
    """One that takes long holds back no other; what may be committed is for the transport to tell."""

    async def test(sending: Sending) -> None:
        [slow], _ = sending.add("slow")
        [fast], _ = sending.add("fast")
        fast.set_result(None)
        await settle()
        assert sending.acknowledged == ["fast"]
        slow.set_result(None)
        await settle()
        assert sending.acknowledged == ["fast", "slow"]

    run(test)


def test_no_more_are_on_their_way_than_the_bound() -> None:
    """Whoever adds the last there is room for waits until one is done."""

    async def test(sending: Sending) -> None:
        added = [sending.add(str(number)) for number in range(FETCHES_MAX)]
        await settle()
        assert [adding.done() for _, adding in added] == [True] * (FETCHES_MAX - 1) + [False]
        assert len(sending.in_flight) == FETCHES_MAX

        added[3][0][0].set_result(None)
        await settle()
        assert all(adding.done() for _, adding in added)

    run(test)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=60))
def test_the_bound_holds_whatever_the_order(steps: Sequence[tuple[bool, int]]) -> None:
    """Fetches are added one by one and end in any order, some of them failing: never more than the bound."""

    async def test(sending: Sending) -> None:
        waiting: list[Future] = []
        adding: asyncio.Task[None] | None = None
        ended = 0
        for adds, number in steps:
            if adds and (adding is None or adding.done()):
                [future], adding = sending.add("x")
                waiting.append(future)
            elif waiting:
                future = waiting.pop(number % len(waiting))
                ended += 1
                if number % 5:
                    future.set_result(None)
                else:
                    future.set_exception(ConnectionError())
            await settle()
            assert len(sending.in_flight) == len(waiting) <= FETCHES_MAX
            assert adding is None or adding.done() == (len(waiting) < FETCHES_MAX)
        assert len(sending.acknowledged) + len(sending.failures) == ended

    run(test)


def test_a_failure_is_told_and_not_acknowledged() -> None:
    """Of a fetch of which one record was refused; the room it took is free again."""

    async def test(sending: Sending) -> None:
        refused = ConnectionError("the broker said no")
        sent, _ = sending.add("a", 3)
        sent[0].set_result(None)
        sent[1].set_exception(refused)
        await settle()
        sent[2].set_exception(ConnectionError("and again"))  # heard of already
        await settle()
        assert (sending.acknowledged, sending.failures) == ([], [refused])
        assert len(sending.in_flight) == 0

    run(test)


def test_a_failure_to_acknowledge_is_told() -> None:
    """What goes wrong in the acknowledgement itself is no secret either."""

    async def test(sending: Sending) -> None:
        def fail() -> None:
            raise ValueError

        await sending.in_flight.add([], fail)
        await settle()
        assert [type(one) for one in sending.failures] == [ValueError]

    run(test)


def test_draining_waits_for_what_is_on_its_way() -> None:
    """It is over when the last is acknowledged, or at once where there is none."""

    async def test(sending: Sending) -> None:
        assert await sending.in_flight.drain(60)

        [one], _ = sending.add("a")
        await settle()
        draining = asyncio.ensure_future(sending.in_flight.drain(60))
        await settle()
        assert not draining.done()
        one.set_result(None)
        assert await draining
        assert sending.acknowledged == ["a"]

    run(test)


def test_draining_ends_in_time() -> None:
    """What has not been acknowledged by then stays on its way, and is told."""

    async def test(sending: Sending) -> None:
        [one], _ = sending.add("a")
        await settle()
        assert not await sending.in_flight.drain(0.001)
        one.set_result(None)
        await settle()
        assert sending.acknowledged == ["a"]

    run(test)
