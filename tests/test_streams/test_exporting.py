"""The way out: what is rendered when, and from what."""

import asyncio
from collections.abc import Callable, Collection
from itertools import count, pairwise
from math import inf
from typing import Any

import pytest
from taking import HERE, Clocks
from watched import LEDGER, worker

from streams.exporting import Exporter, state_of
from streams.health import Health
from streams.metrics import View
from streams.transport import Ends


def test_the_page_shows_what_the_worker_knows() -> None:
    """Lag of the sources and of the judge, where it stands, whether it has caught up, what it published."""
    health = worker({HERE: Ends(15, 14, inf), LEDGER: Ends(8, 8, inf)}, taken=10, judged=5, follow_to=6)
    health.ownership.published = 3
    state = state_of(health)

    assert state.lag == {("events", 0): 4}
    assert (state.ledger_position, state.ledger_lag, state.caught_up) == (5, 3, False)
    assert state.alerts_published == 3
    assert state.last_record is not None


def test_a_worker_without_the_judge_shows_no_position_of_it() -> None:
    """The judge's owner exports them; here there is nothing to tell."""
    state = state_of(worker({HERE: Ends(15, 15, inf)}))

    assert (state.ledger_position, state.ledger_lag, state.caught_up) == (None, None, False)


class Recorder:
    """A page that keeps what it was to show, and cannot show the views of these numbers."""

    def __init__(self, fails: Collection[int] = ()) -> None:
        self.views: list[View] = []
        self._fails = fails

    def update(self, view: View) -> None:
        """Take a view, or fail."""
        self.views.append(view)
        if len(self.views) - 1 in self._fails:
            raise ZeroDivisionError


def rendered(
    health: Health, *moments: Callable[[], object], page: Recorder | None = None, takes_s: float = 0.0
) -> list[int]:
    """Return how many pages were rendered at the start and in each second, this happening before it."""
    recorder, seconds, readings = page or Recorder(), iter(moments), count()
    counts: list[int] = []

    async def run() -> None:
        shown: Any = recorder
        over = asyncio.Event()
        exporter: Any = Exporter(health, shown, clock=lambda: takes_s * next(readings))

        async def a_second(_: float) -> None:
            counts.append(len(recorder.views))
            happens = next(seconds, None)
            if happens is None:
                over.set()
                await asyncio.Event().wait()
            else:
                happens()

        exporter.sleep = a_second
        await exporter.start()
        await over.wait()
        await exporter.stop()

    asyncio.run(run())
    return [counts[0], *(now - before for before, now in pairwise(counts))]


def nothing() -> None:
    """Let a second pass."""


def test_the_page_is_rendered_once_per_change() -> None:
    """At the start, and then when the judge's state, its standing or what was published is another."""
    health = worker(judged=5, follow_to=6)
    owner = health.ownership
    assert owner.judging is not None
    changes = (
        lambda: setattr(owner, "version", 7),
        lambda: setattr(owner.judging, "next_offset", 6),
        lambda: setattr(owner, "published", 2),
    )

    assert rendered(health, nothing, nothing, *changes, nothing) == [1, 1, 0, 1, 1, 1, 0]


def test_who_renders_long_rests_long() -> None:
    """At most a tenth of the time goes into a page, however fast the state changes."""
    health = worker(judged=5, follow_to=6)
    changes = [lambda version=version: setattr(health.ownership, "version", version) for version in range(8)]

    assert rendered(health, *changes, takes_s=0.25) == [1, 0, 0, 1, 0, 0, 1, 0, 0]


def test_a_page_grows_old() -> None:
    """Lag and idleness change without a record: after 15 s it is rendered again all the same."""
    assert rendered(worker(), *[nothing] * 31) == [1, 1, *[0] * 14, 1, *[0] * 14, 1]


def test_every_second_it_is_seen_whether_work_is_done() -> None:
    """What waits while nothing is handled is found by looking, be there anything new to show or not."""
    clocks = Clocks()
    health = worker({HERE: Ends(5, 5, inf)}, clocks=clocks)
    rendered(health, *[lambda: clocks.pass_(50.0)] * 4)

    assert health.stalled_s() == 100.0


def test_a_page_that_cannot_be_rendered_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Intake and judge go on, and the next change is rendered again; what is wrong is logged once."""
    health = worker()
    changes = [lambda version=version: setattr(health.ownership, "version", version) for version in (1, 2, 3)]
    page = Recorder(fails=(0, 1, 3))

    assert rendered(health, nothing, *changes, page=page) == [1, 1, 1, 1, 1]
    logged = [record for record in caplog.records if record.name == "touchpoint.exporting"]
    assert [record.exc_info[0] for record in logged if record.exc_info] == [ZeroDivisionError] * 2
    assert health.intake.durations.stages["page"].cumulative()[-1] == 2


def test_a_judge_that_cannot_be_asked_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finishes what it has begun when it is: an error in that is no matter of the page."""
    health = worker(judged=5)
    monkeypatch.setattr(health.ownership, "shown", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        rendered(health)
