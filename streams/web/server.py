"""The server: listening, over TLS where there is a certificate; what every answer has in common."""

import asyncio
import logging
import os
import ssl
from importlib.metadata import version
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from mode import Service

from models.errors import TouchpointError
from streams.health import Health
from streams.http_settings import HttpConfig
from streams.metrics import Page
from streams.security import is_loopback
from streams.startpage import STYLE_SOURCE
from streams.web.access import AccessLog, Guard
from streams.web.api import Api
from streams.web.limits import Doorkeeper, Limits
from streams.web.loop_thread import LoopThread
from streams.web.pages import Pages
from streams.web.refusal import Refusal
from streams.web.shown import Window
from streams.web.tls import server_context

log: Final = logging.getLogger("touchpoint.http")

_UNHEARD: Final = logging.getLogger("touchpoint.http.protocol")
"""aiohttp's own: it would log what clients send that is no HTTP."""
_UNHEARD.disabled = True

_LIMITS: Final = Limits()
_STOP_S: Final = 5.0
_STALE_S: Final = 60.0
"""The page is looked after every 15 s; where it is not, a scrape fails, and Prometheus' rules tell."""
_TURNS_S: Final = 5.0
"""A loop that turns more slowly does not live."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {STYLE_SOURCE}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Server": f"touchpoint/{version('touchpoint-monitor')}",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer: nothing of it is kept, and a page loads and runs nothing."""

_PATHS: Final = (
    "/",
    "/metrics",
    "/healthz",
    "/readyz",
    *(
        f"/api/v1/{what}"
        for what in ("document", "alerts", "strata/CHANNEL/ISSUE_TYPE", "employees/ID", "health")
    ),
)
_SHOWN: Final = {
    "team": "metrics and findings, no employees",
    "pseudonym": "metrics, findings and the figures of employees under their pseudonyms",
    "named": "metrics, findings and the figures of employees under their names",
}


class HttpServer(Service):
    """Serves the page, the API, and whether the worker lives and is ready; on a thread of its own.

    A scrape waits for no decoding and no judging. What belongs to the worker's loop is asked there.

    | path | what |
    |---|---|
    | /, /alerts/ID | pages for people |
    | /metrics | the page, for Prometheus |
    | /api/v1/... | what the judge shows, as JSON: `streams/web/README.md` |
    | /healthz | 200 while waiting records are handled, 503 when this worker should be started anew |
    | /readyz | 200 once partitions are assigned and, where the judge is here, it has caught up; 503 before |
    """

    def __init__(self, health: Health, page: Page, *, limits: Limits = _LIMITS) -> None:
        super().__init__()
        self._health = health
        self._page = page
        self._door = Doorkeeper(limits)
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._thread = LoopThread("http")
        self.port = health.config.http.port

    @property
    def connections(self) -> int:
        """How many there are."""
        server = None if self._runner is None else self._runner.server
        return 0 if server is None else len(server.connections)

    async def on_start(self) -> None:
        """Listen.

        Raises
        ------
        TouchpointError
            Where the address is taken, or a file does not hold what it must.
        """
        http = self._health.config.http
        context, guard = server_context(http.tls), Guard(http.auth)
        await self._thread.start(lambda: self._listen(self._site(guard), context), self._close)
        self._warn_of_readers(http, guard)

    async def on_stop(self) -> None:
        """Close the listener."""
        await self._thread.stop()

    async def _listen(self, site: web.Application, context: ssl.SSLContext | None) -> None:
        http, limits = self._health.config.http, self._door.limits
        runner = web.AppRunner(
            site,
            logger=_UNHEARD,
            access_log=None,
            shutdown_timeout=_STOP_S,
            keepalive_timeout=limits.request_s,  # it runs from when a connection comes about
            lingering_time=0,
            max_line_size=limits.line_bytes,
            max_field_size=limits.field_bytes,
            max_headers=limits.fields,
        )
        self._runner = runner
        await runner.setup()
        # Not by aiohttp's TCPSite: it would give a handshake a minute.
        seconds = None if context is None else limits.handshake_s
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: self._connection(runner),
                http.host,
                http.port,
                ssl=context,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=seconds,
            )
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise TouchpointError(
                f"http.port: cannot listen on {http.host}:{http.port} ({why}); is another "
                "worker or demo running? Name another port"
            ) from None
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _site(self, guard: Guard) -> web.Application:
        access, window = AccessLog(self._health.config), Window(self._health)
        around = (self._door.bound, _tell_refusals, guard.admit, access.note)
        site = web.Application(middlewares=around)
        site.on_response_prepare.append(_add_headers)
        site.on_cleanup.append(access.closed)
        site.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._alive),
                web.get("/readyz", self._ready),
                *Api(self._health, window, self._thread.ask).routes(),
                *Pages(self._health, window, self._thread.ask).routes(),
            ]
        )
        return site

    def _connection(self, runner: web.AppRunner) -> asyncio.BaseProtocol:
        server = runner.server
        assert server is not None  # noqa: S101 - it listens only while it is set up
        self._door.make_room(server)
        return server()

    def _warn_of_readers(self, http: HttpConfig, guard: Guard) -> None:
        if is_loopback(http.host):
            return
        shown = _SHOWN[self._health.config.privacy.mode]
        if guard.is_open and not http.tls.client_ca_file:
            log.warning(
                "http: whoever reaches %s reads %s. Set http.auth or http.tls.client_ca_file, or http.host "
                "to 127.0.0.1",
                http.url,
                shown,
            )
        if not http.tls.certificate_file:
            also = "" if guard.is_open else ", passwords and tokens"
            log.warning(
                "http: whoever is on the way to %s reads along: %s%s. Set http.tls.certificate_file, or let "
                "a proxy on this machine speak TLS",
                http.url,
                shown,
                also,
            )

    async def _metrics(self, request: web.Request) -> web.Response:
        if (age := self._page.age_s) > _STALE_S:  # it would go on saying that all is well
            return web.Response(status=503, text=f"nothing new for {age:.0f} s: the event loop stands\n")
        wanted = request.headers
        reply = self._page.get(wanted.get("Accept", ""), wanted.get("Accept-Encoding", ""))
        headers = {"Content-Type": reply.content_type}
        if reply.content_encoding:
            headers["Content-Encoding"] = reply.content_encoding
        return web.Response(body=reply.body, headers=headers)

    async def _alive(self, _: web.Request) -> web.Response:
        try:
            problem = await self._thread.ask(self._problem, _TURNS_S)
        except TimeoutError:
            problem = f"the event loop has not turned for {_TURNS_S:.0f} s"
        if problem is None:
            return web.Response(text="alive\n")
        return web.Response(status=503, text=f"stalled: {problem}\n")

    async def _problem(self) -> str | None:
        return self._health.problem()

    async def _ready(self, _: web.Request) -> web.Response:
        if self._health.is_ready:
            return web.Response(text="ready\n")
        why = "the ledger is read" if self._health.is_assigned else "partitions are being assigned"
        return web.Response(status=503, text=f"not ready: {why}\n")


@web.middleware
async def _tell_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever comes up on the way to an answer."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal.reply(request.path)
    except web.HTTPNotFound:
        message = f"nothing is served under this path; what is: {', '.join(_PATHS)}"
        return Refusal(404, "not_found", message).reply(request.path)
    except web.HTTPException as error:
        return Refusal(error.status, "refused", error.reason).reply(request.path)
    except Exception:
        log.exception("an answer failed")
        return Refusal(500, "failed", "the answer failed; the worker's log says why").reply(request.path)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
