"""The way out: a service that renders the page when something has changed, and one that serves it."""

import asyncio
import os
from importlib.metadata import version
from typing import Final

import orjson
from aiohttp import web
from mode import Service

from models.errors import TouchpointError
from models.settings import SECOND
from streams.config import MetricsConfig
from streams.delays import BOUNDS, Delays
from streams.document import document
from streams.health import Health
from streams.metrics import Page, View, WorkerState
from streams.metrics.series import Distribution
from streams.metrics.thresholds import thresholds

_TICK_S: Final = 1.0
_REFRESH_S: Final = 15.0
"""A page as old as this is rendered again even if no record came: lag and idleness change without one."""


class Exporter(Service):
    """Renders the page once per change, and at most once a second."""

    def __init__(self, health: Health, page: Page) -> None:
        super().__init__()
        self._health = health
        self._page = page
        self._shown: tuple[int, bool, int] | None = None
        self._age_s = 0.0

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
        if now != self._shown or self._age_s >= _REFRESH_S:
            self._shown, self._age_s = now, 0.0
            await self._render()

    async def _render(self) -> None:
        judging = self._health.ownership.judging
        view = View(None if judging is None else judging.snapshot(), state_of(self._health))
        await asyncio.to_thread(self._page.update, view)  # it takes a while and touches nothing of ours


def state_of(health: Health) -> WorkerState:
    """Return what the worker alone knows, as of now."""
    config, intake, owner = health.config, health.intake, health.ownership
    judging = owner.judging
    return WorkerState(
        version=version("touchpoint-monitor"),
        config_hash=config.fingerprint(),
        thresholds=thresholds(config),
        topics=config.sources.topics,
        caught_up=owner.caught_up,
        lag=health.lag(),
        last_record=None if intake.last_record is None else int(intake.last_record * SECOND),
        fetches=intake.fetches,
        ack_delay=_distribution(intake.delays),
        stalled_s=health.stalled_s(),
        dead_letters=dict(intake.dead_letters),
        alerts_published=owner.published,
        ledger_position=None if judging is None else judging.next_offset,
        ledger_lag=health.ledger_lag(),
        take_overs=owner.take_overs,
        checkpoint_at=None if owner.checkpoint is None else owner.checkpoint.written_at * SECOND,
        checkpoint_position=None if owner.checkpoint is None else owner.checkpoint.next_offset,
        incomplete_since=None if judging is None else _microseconds(judging.incomplete_since),
    )


def _distribution(delays: Delays) -> Distribution:
    bounds = (*(str(bound) for bound in BOUNDS), "+Inf")
    return Distribution(tuple(zip(bounds, map(float, delays.cumulative()), strict=True)), delays.total)


def _microseconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds * (SECOND // 1_000)


class HttpServer(Service):
    """Serves the page, the document, and whether the worker lives and is ready.

    | path | what |
    |---|---|
    | /metrics | the page, for Prometheus |
    | /document | everything the judge shows, as `touchpoint replay --format json` prints it; 503 elsewhere |
    | /healthz | 200 while waiting records are handled, 503 when this worker should be started anew |
    | /readyz | 200 once partitions are assigned and, where the judge is here, it has caught up; 503 before |
    """

    def __init__(self, config: MetricsConfig, page: Page, health: Health) -> None:
        super().__init__()
        self._config = config
        self._page = page
        self._health = health
        self._runner: web.AppRunner | None = None
        self.port = config.port

    async def on_start(self) -> None:
        """Listen.

        Raises
        ------
        TouchpointError
            Where the address is taken.
        """
        site = web.Application()
        site.router.add_get("/metrics", self._metrics)
        site.router.add_get("/document", self._document)
        site.router.add_get("/healthz", self._alive)
        site.router.add_get("/readyz", self._ready)
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._config.host, self._config.port).start()
        except OSError as error:
            why = os.strerror(error.errno or 0)
            raise TouchpointError(
                f"metrics.port: cannot listen on {self._config.host}:{self._config.port} ({why}); is another "
                "worker or demo running? Name another port"
            ) from None
        self.port = self._runner.addresses[0][1]

    async def on_stop(self) -> None:
        """Close the listener."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        wanted = request.headers
        reply = self._page.get(wanted.get("Accept", ""), wanted.get("Accept-Encoding", ""))
        headers = {"Content-Type": reply.content_type}
        if reply.content_encoding:
            headers["Content-Encoding"] = reply.content_encoding
        return web.Response(body=reply.body, headers=headers)

    async def _document(self, _: web.Request) -> web.Response:
        judging = self._health.ownership.judging
        if judging is None:
            return web.Response(status=503, text="the judge is not in this worker\n")
        told = document(judging.snapshot())
        body = await asyncio.to_thread(orjson.dumps, told)
        return web.Response(body=body, content_type="application/json")

    async def _alive(self, _: web.Request) -> web.Response:
        problem = self._health.problem()
        if problem is None:
            return web.Response(text="alive\n")
        return web.Response(status=503, text=f"stalled: {problem}\n")

    async def _ready(self, _: web.Request) -> web.Response:
        if self._health.is_ready:
            return web.Response(text="ready\n")
        why = "the ledger is read" if self._health.is_assigned else "partitions are being assigned"
        return web.Response(status=503, text=f"not ready: {why}\n")
