"""The way out: what the worker knows of its partitions, and what it answers over HTTP."""

import asyncio
import gzip
import json
import socket
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from faust.types import TP
from pages import page_of, view_of
from taking import HERE, THERE, FakeBroker, good, intake

from models.errors import TouchpointError
from streams.config import Config, MetricsConfig
from streams.exporting import HttpServer, Watched
from streams.judging import Judging
from streams.metrics.catalogue import BY_NAME
from streams.transport import Standing

LEDGER = TP(Config().topics.ledger, 0)


def watched(standing: Mapping[TP, Standing], *, taken: int = 10) -> Watched:
    """Return what is seen of a worker that has both source partitions and took ten records of the first."""
    of = intake(FakeBroker())
    asyncio.run(of.take(good(range(taken))))
    app: Any = SimpleNamespace(consumer=SimpleNamespace(standing=standing.get))
    return Watched(Config(), of, Judging(Config(), nowhere, caught_up_at=0), app)


async def nowhere(topic: str, value: bytes, key: bytes) -> None:
    """Publish nothing."""


@pytest.mark.parametrize(
    ("standing", "lag"),
    [
        pytest.param(Standing(10, 9, 10), 0, id="at the end"),
        pytest.param(Standing(10, 9, 15), 5, id="to be fetched"),
        pytest.param(Standing(15, 14, 15), 5, id="fetched and waiting"),
        pytest.param(Standing(11, 9, 11), 0, id="a marker behind"),
        pytest.param(Standing(13, 9, 14), 4, id="something behind the marker"),
        pytest.param(Standing(-1, -1, 12), 2, id="not fetched yet"),
    ],
)
def test_lag_is_what_is_not_in_the_ledger(standing: Standing, lag: int) -> None:
    """Records that wait anywhere count; markers of transactions behind the last record do not."""
    assert watched({HERE: standing}).lag() == {("events", 0): lag}


def test_a_partition_without_a_record_has_no_lag() -> None:
    """At its end from the beginning, or with nothing but markers in it."""
    for standing in (Standing(0, -1, 0), Standing(7, -1, 7)):
        assert watched({THERE: standing}).lag() == {("events", 1): 0}


def test_what_is_not_held_has_no_lag() -> None:
    """During a rebalance, and in a worker without the judge, there is nothing to tell, and no error."""
    state = watched({}).state()

    assert state.lag == {}
    assert state.ledger_lag is None


def test_the_ledgers_lag_is_that_of_the_judge() -> None:
    """Ledger records that the judge has yet to apply."""
    assert watched({LEDGER: Standing(5, 4, 8)}).state().ledger_lag == 8


Answer = tuple[int, Any, bytes]


def served(config: MetricsConfig, of: Watched, *requests: tuple[str, dict[str, str]]) -> list[Answer]:
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
        watched({}),
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


def test_the_document_is_served() -> None:
    """/document is what `replay --format json` prints."""
    [(status, headers, body)] = served(ANY_PORT, watched({}), ("/document", {}))

    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)["version"] == 1


@pytest.mark.parametrize(("caught_up_at", "ready"), [(0, 200), (1, 503), (None, 503)])
def test_ready_is_not_alive(caught_up_at: int | None, ready: int) -> None:
    """A worker that is still reading the ledger lives, but is not to be trusted yet."""
    of = watched({})
    of.judging.caught_up_at = caught_up_at
    alive, is_ready = served(ANY_PORT, of, ("/healthz", {}), ("/readyz", {}))

    assert (alive[0], is_ready[0]) == (200, ready)


def test_a_worker_without_partitions_is_not_ready() -> None:
    """Before the first assignment nothing is read."""
    of = watched({})
    of.intake.assign({})

    assert [answer[0] for answer in served(ANY_PORT, of, ("/readyz", {}))] == [503]


def test_a_port_that_is_taken_is_told() -> None:
    """Another worker on the same port is a sentence with what to do, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = MetricsConfig(port=taken.getsockname()[1])

        with pytest.raises(TouchpointError, match=r"metrics\.port: .*Name another port"):
            served(config, watched({}))
