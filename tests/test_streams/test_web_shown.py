"""The picture of the judge that HTTP shows: how often it is taken, and what an error in it means."""

import asyncio

import pytest
from served import answer, judging
from taking import Clocks

from streams.judging import Judging
from streams.web.refusal import Refusal
from streams.web.shown import Shown, Window


def test_a_picture_is_taken_once_a_second_at_most() -> None:
    """However many ask; where nothing has changed the last one stands. Another judge is another picture."""
    health, clocks = judging(), Clocks()
    window = Window(health, lambda: clocks.monotonic)

    def look() -> Shown:
        return asyncio.run(window.look())

    first = look()
    clocks.pass_(60.0)
    assert look() is first
    health.ownership.version += 1
    anew = look()
    assert anew.version == first.version + 1
    health.ownership.version += 1
    assert look() is anew
    clocks.pass_(1.0)
    assert look().version == first.version + 2
    judge = health.ownership.judging
    assert judge is not None
    health.ownership.judging = Judging(judge.judge, judge.next_offset)
    health.ownership.version += 1
    assert look().version == first.version + 3


def test_who_asks_while_a_picture_is_taken_gets_that_one() -> None:
    """However many come while the judge applies a record, it is asked once."""
    health = judging()
    window, judge = Window(health), health.ownership.judging
    assert judge is not None

    async def run() -> list[Shown]:
        async with judge._applying:
            looks = [asyncio.ensure_future(window.look()) for _ in range(5)]
            await asyncio.sleep(0)
        return await asyncio.gather(*looks)

    first, *others = asyncio.run(run())
    assert all(other is first for other in others)


def test_a_judge_that_was_let_go_is_not_kept() -> None:
    """Its picture would keep all of its state beside that of the next one, while clients ask on."""
    health = judging()
    window = Window(health)
    asyncio.run(window.look())
    health.ownership.judging = None

    with pytest.raises(Refusal):
        asyncio.run(window.look())
    assert window._taken is None


def test_a_judge_that_cannot_be_asked_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finishes what it has begun when it is: an error in that is no matter of who asked."""
    health = judging()
    monkeypatch.setattr(health.ownership, "shown", lambda: 1 / 0)

    assert answer(health, "/api/v1/document").status == 500
    assert isinstance(health.ownership.crash_reason, ZeroDivisionError)
