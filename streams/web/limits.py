"""What clients may take: so many connections and answers at once, and so much time for each.

| who | what happens |
|---|---|
| begins TLS and does not go on | is cut off after `handshake_s`; nobody waits for it |
| sends no whole request, or a byte now and then | is cut off after `request_s` |
| does not read its answer | is cut off after `send_s` |
| opens one connection after the other | the oldest idle one gives way, else the oldest |
| asks for too much at once | 503; the page and the probes are never refused |
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from streams.web.access import PROBES
from streams.web.refusal import Refusal

_METHODS: Final = ("GET", "HEAD")
_AT_ONCE: Final = PROBES | {"/metrics"}
"""Rendered already."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is borne.

    Attributes
    ----------
    handshake_s, request_s, send_s : float
        Seconds for a TLS handshake, for a request from the end of the one before, for an answer to be read.
        Prometheus asks every 15 s by default and keeps its connection open between.
    connections, answers : int
        Connections that have come about; answers of the API and pages that are under way.
    line_bytes, field_bytes, fields : int
        The request's first line, one header field, how many fields.
    """

    handshake_s: float = 5.0
    request_s: float = 30.0
    send_s: float = 30.0
    connections: int = 128
    answers: int = 16
    line_bytes: int = 4_096
    field_bytes: int = 4_096
    fields: int = 64


@dataclass(slots=True)
class Doorkeeper:
    """Sees to it that the limits hold."""

    limits: Limits
    _busy: set[web.RequestHandler] = field(default_factory=set)
    _answers: int = 0

    def make_room(self, server: web.Server) -> None:
        """Close a connection if there are as many as may be, before the next one comes about."""
        there = [one for one in server.connections if one.connected]
        if len(there) >= self.limits.connections:
            idle = (one for one in there if one not in self._busy)
            next(idle, there[0]).force_close()

    @web.middleware
    async def bound(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer, and see the answer off."""
        counts = request.path not in _AT_ONCE
        refusal = self._refusal(request, counts=counts)
        self._busy.add(request.protocol)
        self._answers += counts
        try:
            response = await handler(request) if refusal is None else refusal.reply(request.path)
            if request.body_exists:
                response.force_close()  # what is still to come is not read
            await self._send(request, response)
        finally:
            self._answers -= counts
            self._busy.discard(request.protocol)
        return response

    def _refusal(self, request: web.Request, *, counts: bool) -> Refusal | None:
        if request.method not in _METHODS:
            allowed = ", ".join(_METHODS)
            return Refusal(
                405, "method_not_allowed", f"only {allowed}: nothing is changed here", {"Allow": allowed}
            )
        if request.body_exists:
            return Refusal(413, "body_not_allowed", "a request here has no body")
        if counts and self._answers >= self.limits.answers:
            message = "too many answers are under way; ask again in a moment"
            return Refusal(503, "busy", message, {"Retry-After": "1"})
        return None

    async def _send(self, request: web.Request, response: web.StreamResponse) -> None:
        transport = request.transport
        try:
            async with asyncio.timeout(self.limits.send_s):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if transport is not None:
                transport.abort()  # closing would wait until the rest is read
