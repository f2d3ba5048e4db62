"""The routes of /api/v1: what the judge shows, as versioned JSON."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any
from zlib import crc32

import orjson
from aiohttp import web

from models.snapshot import Snapshot
from streams import document
from streams.health import Health
from streams.web import answers
from streams.web.alert_query import AlertQuery
from streams.web.loop_thread import Ask
from streams.web.refusal import Refusal
from streams.web.replies import API, VERSION, as_json, encoded
from streams.web.shown import Window

_NAMELESS: str = 'privacy.mode is "team": employees are not shown. Ask for strata'


class Api:
    """Answers from one snapshot each."""

    def __init__(self, health: Health, window: Window, ask: Ask) -> None:
        self._health = health
        self._window = window
        self._ask = ask
        self._one = asyncio.Semaphore(1)
        self._boot = secrets.token_hex(4)  # versions begin at 0 in every process

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered, by path."""
        return [
            web.get(f"{API}document", self._document),
            web.get(f"{API}alerts", self._alerts),
            web.get(f"{API}alerts/{{id}}", self._alert),
            web.get(f"{API}strata/{{channel}}/{{issue_type}}", self._stratum),
            web.get(f"{API}employees/{{employee}}", self._employee),
            web.get(f"{API}health", self._state),
        ]

    async def _document(self, request: web.Request) -> web.Response:
        async with self._one:  # of 20,000 employees it is 80 MB
            return await self._answer(request, document.encoded)

    async def _alerts(self, request: web.Request) -> web.Response:
        query = AlertQuery.of(request.query)
        return await self._answer(request, lambda shown: _json(query.answer(shown)))

    async def _alert(self, request: web.Request) -> web.Response:
        config, asked = self._health.config, request.match_info["id"]
        return await self._answer(request, lambda shown: _json(answers.alert(shown, config, asked)))

    async def _stratum(self, request: web.Request) -> web.Response:
        asked = (request.match_info["channel"], request.match_info["issue_type"])
        return await self._answer(request, lambda shown: _json(answers.stratum(shown, asked)))

    async def _employee(self, request: web.Request) -> web.Response:
        if self._health.config.privacy.mode == "team":
            raise Refusal(404, "employees_not_shown", _NAMELESS)
        asked = request.match_info["employee"]
        return await self._answer(request, lambda shown: _json(answers.employee(shown, asked)))

    async def _state(self, _: web.Request) -> web.Response:
        return as_json(await self._ask(self._told_of_health))

    async def _told_of_health(self) -> dict[str, Any]:
        shown = await self._window.look() if self._health.ownership.caught_up else None
        return answers.health(self._health, None if shown is None else shown.snapshot)

    async def _answer(self, request: web.Request, tell: Callable[[Snapshot], bytes]) -> web.Response:
        """Return what is told of the snapshot, made on a thread; nothing where the client has it already."""
        shown = await self._ask(self._window.look)
        tag = f"{self._boot}-{shown.version}-{crc32(request.path_qs.encode()):x}"
        headers = {"ETag": f'"{tag}"'}
        if any(one.value == tag for one in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return encoded(await asyncio.to_thread(tell, shown.snapshot), headers=headers)


def _json(told: dict[str, Any]) -> bytes:
    return orjson.dumps({"version": VERSION, **told})
