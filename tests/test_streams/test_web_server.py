"""The HTTP server: what it serves, what every answer has, and what clients may not take."""

import asyncio
import gzip
import logging
import os
import socket
from contextlib import suppress
from http.client import HTTPConnection
from math import inf
from threading import Thread
from typing import Any

import pytest
from pages import view_of
from served import Answer, answer, ask, asked, at, judging, serving
from taking import HERE, Clocks
from watched import worker

from models.errors import TouchpointError
from models.settings import MEASURES
from streams.config import WorkerConfig
from streams.health import Health
from streams.metrics import Collector, Page
from streams.metrics.catalogue import BY_NAME
from streams.transport import Ends
from streams.web import server
from streams.web.limits import Limits


def told(of: Health, path: str) -> tuple[int, str]:
    """Return status and text of an answer."""
    got = answer(of, path)
    return got.status, got.text


def test_the_page_is_served_as_it_is_asked_for() -> None:
    """Text or OpenMetrics, plain or gzipped, with the names of the catalogue on it."""
    plain, packed, openmetrics = asked(
        at(worker()),
        ("/metrics", {"Accept-Encoding": "identity"}),
        ("/metrics", {"Accept-Encoding": "gzip"}),
        ("/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"}),
    )

    assert [one.status for one in (plain, packed, openmetrics)] == [200, 200, 200]
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"touchpoint_steps_total" in gzip.decompress(packed.body)
    assert openmetrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert "touchpoint_steps_total" in BY_NAME


def test_ready_is_not_alive() -> None:
    """A worker that is still reading the ledger lives, but is not to be trusted yet."""
    health = at(worker(judged=3, follow_to=4))
    health.is_assigned = health.holds_ledger = True

    assert told(health, "/healthz") == (200, "alive\n")
    assert told(health, "/readyz") == (503, "not ready: the ledger is read\n")
    assert health.ownership.judging is not None
    health.ownership.judging.next_offset = 4
    assert told(health, "/readyz") == (200, "ready\n")


def test_a_worker_without_an_assignment_is_not_ready() -> None:
    """Before the first one nothing is read; one without partitions is an assignment too."""
    health = at(worker())
    health.is_assigned = False
    assert told(health, "/readyz") == (503, "not ready: partitions are being assigned\n")
    health.is_assigned = True
    assert told(health, "/readyz") == (200, "ready\n")


def test_a_stalled_worker_is_not_alive() -> None:
    """Who asks is told what waits and for how long, and starts it anew."""
    clocks = Clocks()
    health = at(worker({HERE: Ends(5, 5, inf)}, clocks=clocks))
    for _ in range(3):
        health.look()
        clocks.pass_(WorkerConfig().stall_s)

    assert told(health, "/healthz") == (503, "stalled: records wait and nothing was handled for 240 s\n")


def while_the_loop_stands(of: Health, path: str) -> tuple[int, str]:
    """Return status and text of an answer that came while the worker's own loop did not turn."""
    got: list[tuple[int, str]] = []

    def question(port: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=20.0)
        connection.request("GET", path)
        reply = connection.getresponse()
        got.append((reply.status, reply.read().decode()))
        connection.close()

    async def run() -> None:
        async with serving(of) as here:
            asking = Thread(target=question, args=(here.port,))
            asking.start()
            asking.join(30.0)  # here, on the loop

    asyncio.run(run())
    return got[0]


def test_a_scrape_does_not_wait_for_the_loop() -> None:
    """However long decoding and judging keep it: the page is served beside them."""
    status, page = while_the_loop_stands(at(worker()), "/metrics")

    assert status == 200
    assert "touchpoint_steps_total" in page


def test_a_page_that_nobody_looks_after_is_not_served() -> None:
    """Behind a loop that stands a scrape fails: the last page would go on saying that all is well."""
    seconds = iter([0.0, 0.0, 0.0, 60.0, 60.1])
    page = Page(Collector(MEASURES, top_employees=5, series_max=1_000), clock=lambda: next(seconds))
    page.update(view_of())

    async def run() -> list[Answer]:
        async with serving(at(worker()), page=page) as here:
            return [await ask(here, "/metrics") for _ in range(2)]

    good, stale = asyncio.run(run())
    assert good.status == 200
    assert stale.status == 503
    assert "the event loop stands" in stale.text


def test_a_worker_whose_loop_stands_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the loop turns is the first thing that an answer of /healthz says."""
    monkeypatch.setattr(server, "_TURNS_S", 0.1)

    status, why = while_the_loop_stands(at(worker()), "/healthz")
    assert status == 503
    assert "the event loop has not turned" in why


def test_a_port_that_is_taken_is_told() -> None:
    """Another worker on the same port is a sentence with what to do, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        health = at(worker(), port=taken.getsockname()[1])

        with pytest.raises(TouchpointError, match=r"http\.port: .*Name another port"):
            asked(health)


EVERYWHERE = ("/metrics", "/healthz", "/readyz", "/api/v1/health", "/api/v1/document", "/nowhere")


def test_no_answer_may_be_kept_or_run() -> None:
    """Every answer, errors too, forbids scripts, frames, guesses at its type and copies."""
    for got in asked(judging(), *EVERYWHERE):
        assert got.headers["Cache-Control"] == "no-store"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Referrer-Policy"] == "no-referrer"
        policy = got.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in policy
        assert "Python" not in got.headers["Server"]


def each(of: Health, method: str, *paths: str, **options: Any) -> list[Answer]:
    """Return the answers to questions put with another method."""

    async def run() -> list[Answer]:
        async with serving(of) as server:
            return [await ask(server, path, method=method, **options) for path in paths]

    return asyncio.run(run())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_nothing_is_changed_over_http(method: str) -> None:
    """Only GET and HEAD are answered, wherever."""
    for got in each(judging(), method, *EVERYWHERE):
        assert (got.status, got.headers["Allow"]) == (405, "GET, HEAD")


def test_head_tells_how_long_the_answer_is() -> None:
    """What GET would say, without the body."""
    for path in ("/metrics", "/healthz", "/api/v1/document", "/api/v1/alerts"):
        [head] = each(judging(), "HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["Content-Length"]) > 0


def test_a_question_has_no_body() -> None:
    """What somebody sends along is not read."""
    [got] = each(judging(), "GET", "/api/v1/health", data=b"x" * 100_000)

    assert got.status == 413


def test_an_unknown_path_is_told_as_its_surroundings_are() -> None:
    """JSON for programs below /api, text elsewhere."""
    page, api = asked(judging(), "/nowhere", "/api/v1/nowhere")

    assert (page.status, api.status) == (404, 404)
    assert page.headers["Content-Type"].startswith("text/plain")
    assert api.json["error"]["code"] == "not_found"


def test_an_answer_that_fails_says_nothing_of_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the traceback, who asked has not."""
    health = judging()
    monkeypatch.setattr(type(health), "problem", lambda _: os.environ["SECRET OF OURS"])
    [got] = asked(health, "/api/v1/health")

    assert (got.status, got.json["error"]["code"]) == (500, "failed")
    assert "SECRET OF OURS" not in got.text
    assert "KeyError" in caplog.text


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(port: int) -> Connection:
    """Open a connection and say nothing."""
    return await asyncio.open_connection("127.0.0.1", port)


async def hang_up(*connections: Connection) -> None:
    """Close connections that may be closed already."""
    for _, writer in connections:
        writer.transport.abort()
    await asyncio.sleep(0)


def test_who_sends_nothing_blocks_nobody() -> None:
    """Twenty connections on which nothing comes, and the page is served."""

    async def run() -> Answer:
        async with serving(at(worker())) as server:
            silent = [await connect(server.port) for _ in range(20)]
            got = await ask(server, "/metrics")
            await hang_up(*silent)
            return got

    assert asyncio.run(run()).status == 200


@pytest.mark.parametrize("begin", [b"", b"GET /healthz HTTP/1.1\r\nHost: here\r\n"], ids=["silent", "slow"])
def test_who_sends_no_whole_request_is_cut_off(begin: bytes) -> None:
    """A byte now and then keeps no connection open; it is closed without an answer."""

    async def run() -> bytes:
        async with serving(at(worker()), Limits(request_s=0.3)) as server:
            reader, writer = await connect(server.port)
            answered = asyncio.ensure_future(reader.read())
            writer.write(begin)
            while not answered.done():
                if begin:
                    writer.write(b"X")
                await asyncio.sleep(0.02)
            await hang_up((reader, writer))
            with suppress(ConnectionResetError):  # it was closed while a byte was on its way
                return answered.result()
            return b""

    assert asyncio.run(run()) == b""


def test_who_does_not_read_is_cut_off() -> None:
    """An answer that nobody takes is given up: the rest of it never comes."""
    asks, begin = 40, b"GET /api/v1/document HTTP/1.1\r\nHost: here\r\n"

    async def run() -> tuple[int, int]:
        async with serving(judging(), Limits(send_s=0.2)) as server:
            whole = len((await ask(server, "/api/v1/document")).body) * asks
            with socket.socket() as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                deaf.connect(("127.0.0.1", server.port))
                deaf.sendall((begin + b"\r\n") * asks)
                while server.connections:  # noqa: ASYNC110 - seen from outside
                    await asyncio.sleep(0.02)
                deaf.setblocking(False)  # noqa: FBT003 - its name
                return len(await everything(deaf)), whole

    came, whole = asyncio.run(run())
    assert came < whole


async def everything(of: socket.socket) -> bytes:
    """Return what still comes over a connection until it ends, however it does."""
    loop, came = asyncio.get_running_loop(), b""
    with suppress(ConnectionError):
        while some := await loop.sock_recv(of, 65_536):
            came += some
    return came


def test_the_oldest_idle_connection_gives_way() -> None:
    """Whoever opens more connections than there may be closes his own, and shuts nobody out."""

    async def run() -> tuple[bytes, int, bool]:
        async with serving(at(worker()), Limits(connections=3)) as server:
            silent = [await connect(server.port) for _ in range(3)]
            await asyncio.sleep(0.05)
            got = await ask(server, "/healthz")
            first = await silent[0][0].read()
            newest = silent[2][0].at_eof()
            await hang_up(*silent)
            return first, got.status, newest

    assert asyncio.run(run()) == (b"", 200, False)


def test_too_much_at_once_is_refused_but_the_page_is_not() -> None:
    """Whoever loads the API hears when to ask again; Prometheus and the probes do not notice."""

    async def run() -> list[Answer]:
        async with serving(judging(), Limits(answers=0)) as server:
            return [await ask(server, path) for path in ("/api/v1/health", "/metrics", "/healthz", "/readyz")]

    busy, *others = asyncio.run(run())
    assert (busy.status, busy.json["error"]["code"], busy.headers["Retry-After"]) == (503, "busy", "1")
    assert [one.status for one in others] == [200, 200, 200]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 5_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: here\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        b"\x16\x03\x01\x02\x00 TLS to a port that speaks none\r\n\r\n",
    ],
    ids=["line", "field", "fields", "no HTTP"],
)
def test_what_is_too_long_or_no_http_is_refused(request_: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """With 400 and a closed connection; what was sent is not in the log."""

    async def run() -> bytes:
        async with serving(at(worker())) as server:
            reader, writer = await connect(server.port)
            writer.write(request_)
            got = await reader.read()
            await hang_up((reader, writer))
            return got

    with caplog.at_level(logging.DEBUG):
        assert asyncio.run(run()).startswith(b"HTTP/1.0 400 ")
    assert not [record for record in caplog.records if record.name.startswith(("touchpoint", "aiohttp"))]
