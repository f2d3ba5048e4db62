"""The way out: what is rendered when, and what a worker answers over HTTP."""

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from itertools import pairwise
from math import inf
from typing import Any

import aiohttp
import pytest
from pages import page_of, view_of
from taking import HERE, Clocks
from watched import LEDGER, worker

from models.errors import TouchpointError
from streams.config import MetricsConfig, WorkerConfig
from streams.exporting import Exporter, HttpServer, state_of
from streams.health import Health
from streams.metrics import View
from streams.metrics.catalogue import BY_NAME
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
    """A page that keeps what it was to show."""

    def __init__(self) -> None:
        self.views: list[View] = []

    def update(self, view: View) -> None:
        """Take a view."""
        self.views.append(view)


def rendered(health: Health, *moments: Callable[[], object]) -> list[int]:
    """Return how many pages were rendered at the start and in each second, this happening before it."""
    recorder, seconds = Recorder(), iter(moments)
    counts: list[int] = []

    async def run() -> None:
        page: Any = recorder
        over = asyncio.Event()
        exporter: Any = Exporter(health, page)

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


def test_a_page_grows_old() -> None:
    """Lag and idleness change without a record: after 15 s it is rendered again all the same."""
    assert rendered(worker(), *[nothing] * 31) == [1, 1, *[0] * 14, 1, *[0] * 14, 1]


def test_every_second_it_is_seen_whether_work_is_done() -> None:
    """What waits while nothing is handled is found by looking, be there anything new to show or not."""
    clocks = Clocks()
    health = worker({HERE: Ends(5, 5, inf)}, clocks=clocks)
    rendered(health, *[lambda: clocks.pass_(50.0)] * 4)

    assert health.stalled_s() == 100.0


Answer = tuple[int, Any, bytes]


def served(config: MetricsConfig, of: Health, *requests: tuple[str, dict[str, str]]) -> list[Answer]:
    """Return status, headers and undecoded body of each request to a server that runs for so long."""

    async def run() -> list[Answer]:
        server = HttpServer(config, page_of(view_of()), of)
        await server.start()
        try:
            async with aiohttp.ClientSession(auto_decompress=False) as client:
                answers = []
                for path, headers in requests:
                    async with client.get(f"http://127.0.0.1:{server.port}{path}", headers=headers) as answer:
                        answers.append((answer.status, answer.headers, await answer.read()))
                return answers
        finally:
            await server.stop()

    return asyncio.run(run())


ANY_PORT = MetricsConfig(port=0)


def test_the_page_is_served_as_it_is_asked_for() -> None:
    """Text or OpenMetrics, plain or gzipped, with the names of the catalogue on it."""
    plain, packed, openmetrics = served(
        ANY_PORT,
        worker(),
        ("/metrics", {"Accept-Encoding": "identity"}),
        ("/metrics", {"Accept-Encoding": "gzip"}),
        ("/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"}),
    )

    assert [answer[0] for answer in (plain, packed, openmetrics)] == [200, 200, 200]
    assert plain[1]["Content-Type"].startswith("text/plain; version=0.0.4")
    assert packed[1]["Content-Encoding"] == "gzip"
    assert b"touchpoint_steps_total" in gzip.decompress(packed[2])
    assert openmetrics[1]["Content-Type"].startswith("application/openmetrics-text")
    assert "touchpoint_steps_total" in BY_NAME


def answers(of: Health, path: str) -> tuple[int, str]:
    """Return status and text of one answer."""
    [(status, _, body)] = served(ANY_PORT, of, (path, {}))
    return status, body.decode()


def test_the_document_is_served() -> None:
    """/document is what `replay --format json` prints."""
    [(status, headers, body)] = served(ANY_PORT, worker(judged=0), ("/document", {}))

    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)["version"] == 1


def test_a_worker_without_the_judge_has_no_document() -> None:
    """Its owner has it: that is told, and nothing that looks like one."""
    assert answers(worker(), "/document") == (503, "the judge is not in this worker\n")


def test_ready_is_not_alive() -> None:
    """A worker that is still reading the ledger lives, but is not to be trusted yet."""
    health = worker(judged=3, follow_to=4)
    health.is_assigned = health.holds_ledger = True

    assert answers(health, "/healthz") == (200, "alive\n")
    assert answers(health, "/readyz") == (503, "not ready: the ledger is read\n")
    assert health.ownership.judging is not None
    health.ownership.judging.next_offset = 4
    assert answers(health, "/readyz") == (200, "ready\n")


def test_a_worker_without_an_assignment_is_not_ready() -> None:
    """Before the first one nothing is read; one without partitions is an assignment too."""
    health = worker()
    health.is_assigned = False
    assert answers(health, "/readyz") == (503, "not ready: partitions are being assigned\n")
    health.is_assigned = True
    assert answers(health, "/readyz") == (200, "ready\n")


def test_a_stalled_worker_is_not_alive() -> None:
    """Who asks is told what waits and for how long, and starts it anew."""
    clocks = Clocks()
    health = worker({HERE: Ends(5, 5, inf)}, clocks=clocks)
    for _ in range(3):
        health.look()
        clocks.pass_(WorkerConfig().stall_s)
    status, why = answers(health, "/healthz")

    assert (status, why) == (503, "stalled: records wait and nothing was handled for 240 s\n")


def test_a_port_that_is_taken_is_told() -> None:
    """Another worker on the same port is a sentence with what to do, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = MetricsConfig(port=taken.getsockname()[1])

        with pytest.raises(TouchpointError, match=r"metrics\.port: .*Name another port"):
            served(config, worker())
