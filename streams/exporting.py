"""The way out: a service that renders the page when something has changed, and one that serves it."""

import asyncio
import os
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import faust
import orjson
from aiohttp import web
from faust.types import TP
from mode import Service

from models.errors import TouchpointError
from models.settings import SECOND
from streams.config import Config, MetricsConfig
from streams.document import document
from streams.intake import Intake
from streams.judging import Judging
from streams.metrics import Page, View, WorkerState
from streams.metrics.thresholds import thresholds
from streams.transport import Standing

_TICK_S: Final = 1.0
_REFRESH_S: Final = 15.0
"""A page as old as this is rendered again even if no record came: lag and idleness change without one."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked at to fill the page."""

    config: Config
    intake: Intake
    judging: Judging
    app: faust.App

    @property
    def is_ready(self) -> bool:
        """Whether partitions are assigned and the ledger has been read."""
        return self.judging.caught_up and bool(self.intake.assigned)

    def end(self, tp: TP) -> int | None:
        """Return the offset at which a partition's records end, None where that is not known.

        Behind the last record there may be what Kafka keeps for itself. Where that has been fetched and no
        record waits, the end is where intake stands: else an idle partition would lag for ever.
        """
        position, standing = self.intake.position(tp), self._standing(tp)
        if position is None or standing is None:
            return None
        is_done = standing.last < position and standing.next >= standing.highwater
        return position if is_done else standing.highwater

    def _standing(self, tp: TP) -> Standing | None:
        consumer: Any = self.app.consumer  # the one that `streams.transport` builds
        standing: Standing | None = consumer.standing(tp)
        return standing

    def lag(self) -> dict[tuple[str, int], int]:
        """Return how many records each assigned source partition has that are not in the ledger."""
        lag = {}
        for tp in self.intake.assigned:
            end, position = self.end(tp), self.intake.position(tp)
            if end is not None and position is not None:
                lag[tp.topic, tp.partition] = max(end - position, 0)
        return lag

    def state(self) -> WorkerState:
        """Return what the worker alone knows, as of now."""
        intake, judging = self.intake, self.judging
        ledger = TP(self.config.topics.ledger, 0)
        standing = self._standing(ledger) if intake.assigned else None
        return WorkerState(
            version=version("touchpoint-monitor"),
            config_hash=self.config.fingerprint(),
            thresholds=thresholds(self.config),
            topics=self.config.sources.topics,
            caught_up=judging.caught_up,
            lag=self.lag(),
            last_record=None if intake.last_record is None else int(intake.last_record * SECOND),
            dead_letters=dict(intake.dead_letters),
            alerts_published=judging.published,
            ledger_position=judging.next_offset,
            ledger_lag=None if standing is None else max(standing.highwater - judging.next_offset, 0),
        )


class Exporter(Service):
    """Renders the page once per change, and at most once a second; marks idle partitions."""

    def __init__(self, watched: Watched, page: Page) -> None:
        super().__init__()
        self._watched = watched
        self._page = page
        self._shown: tuple[int, bool, int] | None = None
        self._age_s = 0.0

    async def on_start(self) -> None:
        """Have a page before the first record."""
        await self._render()

    @Service.timer(_TICK_S)
    async def _tick(self) -> None:
        for tp in self._watched.intake.assigned:
            await self._watched.intake.mark_idle(tp, partial(self._watched.end, tp))
        judging = self._watched.judging
        now = (judging.version, judging.caught_up, judging.published)
        self._age_s += _TICK_S
        if now != self._shown or self._age_s >= _REFRESH_S:
            self._shown, self._age_s = now, 0.0
            await self._render()

    async def _render(self) -> None:
        view = View(self._watched.judging.snapshot(), self._watched.state())
        await asyncio.to_thread(self._page.update, view)  # it takes a while and touches nothing of ours


class HttpServer(Service):
    """Serves the page, the document, and whether the worker lives and is ready.

    | path | what |
    |---|---|
    | /metrics | the page, for Prometheus |
    | /document | everything the judge shows, as `touchpoint replay --format json` prints it |
    | /healthz | 200 while the process serves |
    | /readyz | 200 once partitions are assigned and the ledger has been read, 503 before |
    """

    def __init__(self, config: MetricsConfig, page: Page, watched: Watched) -> None:
        super().__init__()
        self._config = config
        self._page = page
        self._watched = watched
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
        told = document(self._watched.judging.snapshot())
        body = await asyncio.to_thread(orjson.dumps, told)
        return web.Response(body=body, content_type="application/json")

    async def _alive(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _ready(self, _: web.Request) -> web.Response:
        if self._watched.is_ready:
            return web.Response(text="ready\n")
        return web.Response(
            status=503, text="not ready: partitions are being assigned or the ledger is read\n"
        )
