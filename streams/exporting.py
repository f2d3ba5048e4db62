"""The way out: a service that renders the page when something has changed."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from mode import Service

from models.settings import SECOND
from streams.health import Health
from streams.histogram import Histogram
from streams.metrics import Page, View, WorkerState
from streams.metrics.series import Distribution
from streams.metrics.thresholds import thresholds

log: Final = logging.getLogger("touchpoint.exporting")

_TICK_S: Final = 1.0
_REFRESH_S: Final = 15.0
"""A page as old as this is rendered again even if no record came: lag and idleness change without one."""
_REST: Final = 10.0
"""Times what a rendering takes, until the next one: Python runs one thread at a time, and others want to."""


class Exporter(Service):
    """Renders the page once per change, at most once a second and for a small part of the time."""

    def __init__(self, health: Health, page: Page, *, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        self._health = health
        self._page = page
        self._clock = clock
        self._shown: tuple[int, bool, int] | None = None
        self._age_s = 0.0
        self._rest_s = 0.0
        self._is_failing = False

    async def on_start(self) -> None:
        """Have a page before the first record."""
        await self._render()

    @Service.timer(_TICK_S)
    async def _tick(self) -> None:
        health = self._health
        health.look()
        owner = health.ownership
        now = (owner.version, owner.caught_up, owner.published)
        self._age_s += _TICK_S
        if (now != self._shown and self._age_s >= self._rest_s) or self._age_s >= _REFRESH_S:
            self._shown, self._age_s = now, 0.0
            await self._render()

    async def _render(self) -> None:
        """Render the page; where that fails it stays as it was, which is logged once and counted.

        What is shown must not stop what is counted: ledger and judge are right without a page, and a worker
        that ended over one would do so again at the same state. Taking the snapshot is not rendering: for it
        the judge finishes what it has begun, and an error in that ends the worker.
        """
        health, begin = self._health, self._clock()
        view = View(await health.ownership.picture(), state_of(health))
        try:
            with health.intake.durations.stage("page"):
                await asyncio.to_thread(self._page.update, view)  # it takes a while, touches nothing of ours
        except Exception:
            if not self._is_failing:
                log.exception("the page cannot be rendered and stays as it was; intake and judge go on")
            self._is_failing = True
        else:
            self._is_failing = False
        self._rest_s = _REST * (self._clock() - begin)


def state_of(health: Health) -> WorkerState:
    """Return what the worker alone knows, as of now."""
    config, intake, owner = health.config, health.intake, health.ownership
    judging = owner.judging
    return WorkerState(
        version=version("touchpoint-monitor"),
        config_hash=config.fingerprint(),
        privacy_mode=config.privacy.mode,
        thresholds=thresholds(config),
        topics=config.sources.topics,
        caught_up=owner.caught_up,
        assigned=Counter(tp.topic for tp in intake.assigned),
        rebalances=health.rebalances,
        lag=health.lag(),
        last_record=None if intake.last_record is None else int(intake.last_record * SECOND),
        fetches=intake.fetches,
        ack_delay=_distribution(intake.delays),
        stalled_s=health.stalled_s(),
        loop_lag=_distribution(health.loop_lag),
        durations={stage: _distribution(of) for stage, of in intake.durations.stages.items()},
        dead_letters=dict(intake.dead_letters),
        alerts_published=owner.published,
        alert_publish_failures=owner.failures["publish"],
        checkpoint_failures=owner.failures["checkpoint"],
        ledger_position=None if judging is None else judging.next_offset,
        ledger_lag=health.ledger_lag(),
        take_overs=owner.take_overs,
        take_over_s=owner.take_over_s,
        checkpoint_at=None if owner.checkpoint is None else owner.checkpoint.written_at * SECOND,
        checkpoint_position=None if owner.checkpoint is None else owner.checkpoint.next_offset,
        incomplete_since=None if judging is None else _microseconds(judging.incomplete_since),
    )


def _distribution(of: Histogram) -> Distribution:
    bounds = (*(str(bound) for bound in of.bounds), "+Inf")
    return Distribution(tuple(zip(bounds, map(float, of.cumulative()), strict=True)), of.total)


def _microseconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds * (SECOND // 1_000)
