"""A worker that is scraped while it works, and what its page says once it rests."""

import json
import math
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Final

from benchmarks.contenders.scraper import scraped
from benchmarks.outside import Report, contender, cpu_seconds, environment, is_ready
from pages import series_on

from streams.config import Config

_LOAD: Final = 0.15
"""Share of a core below which a worker rests: it has nothing left to read and nothing to judge."""
_LOOK_S: Final = 2.5
_TOO_LONG_S: Final = 300.0
_SCRAPES: Final = 100

Buckets = Mapping[float, float]
"""How many observations are at most so large."""


@contextmanager
def scraper(config: Config) -> Iterator[list[float]]:
    """Scrape a worker every second for the block; lend what becomes the seconds that the answers took."""
    argv, took = contender("scraper", config.http.host, config.http.port), list[float]()
    with subprocess.Popen(argv, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield took
        finally:
            told, _ = process.communicate()
            took += json.loads(told)


def until_it_rests(config: Config, process: int) -> None:
    """Wait until a worker has the judge and nothing left to do, without having it render its page."""
    begin = time.monotonic()
    while time.monotonic() - begin < _TOO_LONG_S:
        used, ready = cpu_seconds(process), is_ready(config)
        time.sleep(_LOOK_S)
        if ready and cpu_seconds(process) - used < _LOAD * _LOOK_S:
            return
    raise TimeoutError("the worker never came to rest")


def told_by(config: Config) -> tuple[Report, Buckets]:
    """Return what a page says: records judged, series on it; and how late the event loop has woken."""
    url = f"http://{config.http.host}:{config.http.port}/metrics"
    with urllib.request.urlopen(url, timeout=30) as response:
        series = series_on(response.read().decode())
    lag = {
        float(dict(labels)["le"]): count
        for labels, count in series["touchpoint_event_loop_lag_seconds_bucket"].items()
    }
    [on_page] = series["touchpoint_export_series"].values()
    judged = sum(series["touchpoint_events_received_total"].values())
    cut = sum(series["touchpoint_export_series_dropped"].values())
    return {"judged": judged, "series": on_page, "cut": cut}, lag


def at_rest(config: Config) -> list[float]:
    """Return how long scrapes of a worker that rests take; the first, which renders the page, is left out."""
    connection = HTTPConnection(config.http.host, config.http.port, timeout=30)
    try:
        return [scraped(connection) for _ in range(_SCRAPES + 1)][1:]
    finally:
        connection.close()


def together(lags: list[Buckets]) -> Buckets:
    """Return several histograms as one."""
    return {bound: sum(lag[bound] for lag in lags) for bound in lags[0]}


def quantile(buckets: Buckets, share: float) -> float:
    """Return a quantile as `histogram_quantile` does: within a bucket observations are spread evenly."""
    wanted, below, lower = share * buckets[math.inf], 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= wanted:
            return lower + (bound - lower) * (wanted - below) / (count - below)
        below, lower = count, bound
    raise AssertionError("the last bucket holds all")


def at_most(buckets: Buckets) -> float:
    """Return the bound of the last bucket with an observation of its own."""
    return min(bound for bound, count in buckets.items() if count == buckets[math.inf])
