"""A worker's HTTP server on loopback, for as long as some questions take."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import aiohttp
import orjson
from pages import Feed, page_of, rows_of, view_of
from watched import worker

from models.judge import Judge
from streams.health import Health
from streams.http_settings import HttpConfig
from streams.metrics import Page
from streams.web import HttpServer
from streams.web.limits import Limits

LOCAL = "http://127.0.0.1"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return orjson.loads(self.body)

    @property
    def text(self) -> str:
        """The body, read as text."""
        return self.body.decode()


def at(health: Health, *, mode: Any = None, **http: Any) -> Health:
    """Return a worker that is to listen on any port, with these settings of http."""
    config = replace(health.config, http=replace(HttpConfig(port=0), **http))
    if mode is not None:
        config = replace(config, privacy=replace(config.privacy, mode=mode))
    health.config = health.ownership.config = config
    return health


@cache
def _judge() -> Judge:
    """Return the judge of the demo's centre after 40 days: one employee and one stratum are planted."""
    feed = Feed()
    for day in range(40):
        feed.give(rows_of(day))
    feed.judge.finish()
    return feed.judge


def judging(**settings: Any) -> Health:
    """Return a worker whose judge has seen all of it and has caught up."""
    health = worker(judged=40, follow_to=40)
    assert health.ownership.judging is not None
    health.ownership.judging.judge = _judge()
    health.holds_ledger = True
    return at(health, **settings)


@asynccontextmanager
async def serving(
    of: Health, limits: Limits | None = None, page: Page | None = None
) -> AsyncIterator[HttpServer]:
    """Serve for as long as the block lasts."""
    server = HttpServer(of, page or page_of(view_of()), limits=limits or Limits())
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def ask(
    server: HttpServer,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    **options: Any,
) -> Answer:
    """Return the answer to one question, its body as it came."""
    scheme = "https" if "ssl" in options else "http"
    url = f"{scheme}://127.0.0.1:{server.port}{path}"
    async with (
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.request(method, url, headers=headers, **options) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.read())


def asked(of: Health, *questions: str | tuple[str, dict[str, str]]) -> list[Answer]:
    """Return the answers to questions of a path, or of a path and headers, to one server."""

    async def run() -> list[Answer]:
        async with serving(of) as server:
            return [
                await ask(server, *((question,) if isinstance(question, str) else question))
                for question in questions
            ]

    return asyncio.run(run())


def answer(of: Health, path: str, **headers: str) -> Answer:
    """Return the answer to one question."""
    [one] = asked(of, (path, {name.replace("_", "-"): value for name, value in headers.items()}))
    return one
