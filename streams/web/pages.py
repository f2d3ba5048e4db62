"""The pages for people: the start page, and one for each alert."""

import asyncio
import time
from typing import Final

from aiohttp import web

from models.settings import SECOND
from streams.exporting import state_of
from streams.health import Health
from streams.metrics import View
from streams.startpage import absent_page, alert_page, start_page
from streams.web.answers import site_of
from streams.web.loop_thread import Ask
from streams.web.shown import Window

_HTML: Final = "text/html"


class Pages:
    """Each from one look at the snapshot and the worker."""

    def __init__(self, health: Health, window: Window, ask: Ask) -> None:
        self._health = health
        self._window = window
        self._ask = ask
        self._site = site_of(health.config)

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered, by path."""
        return [web.get("/", self._start), web.get("/alerts/{id}", self._alert)]

    async def _start(self, request: web.Request) -> web.Response:
        view, measure = await self._ask(self._view), request.query.get("measure")
        page = await asyncio.to_thread(start_page, view, self._site, now=_now(), measure=measure)
        return web.Response(text=page, content_type=_HTML)

    async def _alert(self, request: web.Request) -> web.Response:
        view, now = await self._ask(self._view), _now()
        page = await asyncio.to_thread(alert_page, view, self._site, request.match_info["id"], now=now)
        if page is not None:
            return web.Response(text=page, content_type=_HTML)
        status = 404 if view.worker.caught_up else 503
        return web.Response(text=absent_page(view, now=now), status=status, content_type=_HTML)

    async def _view(self) -> View:
        picture = await self._window.picture()
        return View(None if picture is None else picture.snapshot, state_of(self._health))


def _now() -> int:
    return int(time.time() * SECOND)
