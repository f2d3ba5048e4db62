"""What being scraped every second costs a worker at full rate, and whether its event loop stalls for it."""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from statistics import quantiles

import pytest
from benchmarks.outside import COMMAND, Report, config_of, measured_from_outside
from benchmarks.results import EVENTS, middle, table, tell
from benchmarks.scraping import (
    Buckets,
    at_most,
    at_rest,
    quantile,
    scraper,
    together,
    told_by,
    until_it_rests,
)
from benchmarks.upstream import PARTITIONS, Published, publish
from kafka.broker import Broker
from kafka.jars import VERSION, MissingError

from streams.config import Config

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3_600)]

ROUNDS = 3
EMPLOYEES = 20_000
DAYS = 10
PAGE_S = 20.0
"""The page is at most 15 s old: it rests after a rendering, the longer the longer that took."""
WARM_UP_DAYS = 2
"""Verdicts and the funnel stand on the page from then on."""
ALONE, SCRAPED = "not scraped", "scraped every second"


@pytest.fixture(scope="module")
def large_centre() -> Iterator[Published]:
    """Lend a topic of events of a large centre on a broker of its own."""
    try:
        broker = Broker()
    except MissingError as missing:
        pytest.skip(f"no Apache Kafka to measure with: {missing}")
    with broker:
        topic = broker.create_topic("large-centre", partitions=PARTITIONS)
        per_day = EVENTS // DAYS
        where = (f"Apache Kafka {VERSION}", broker.bootstrap, topic)
        yield publish(*where, EVENTS, employees=EMPLOYEES, per_day=per_day)


class Contender:
    """What was seen of a worker over some rounds."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.lags: list[Buckets] = []
        self.scrapes: list[float] = []
        self.at_rest: list[float] = []

    def run(self, config: Config, *, is_scraped: bool) -> None:
        """Let a worker read the topic from its beginning until it has judged all of it."""
        with scraper(config) if is_scraped else nullcontext([]) as took:
            report = measured_from_outside(COMMAND, config, EVENTS, and_then=partial(self._look, config))
        self.scrapes += took
        self.reports.append(report)

    def _look(self, config: Config, process: int) -> Report:
        """Ask a worker once it rests: the first to ask has the page rendered, and that is not to count."""
        until_it_rests(config, process)
        give_up = time.monotonic() + PAGE_S
        told, lag = told_by(config)
        while told["judged"] < EVENTS and time.monotonic() < give_up:
            time.sleep(1.0)
            told, lag = told_by(config)
        assert told["judged"] == EVENTS, "the worker rests and has not judged all"
        self.lags.append(lag)
        self.at_rest += at_rest(config)
        return told


def test_scrapes(large_centre: Published) -> None:
    """The same worker on the same topic with and without a scraper, in turn."""
    contenders = {ALONE: Contender(), SCRAPED: Contender()}
    for number in range(ROUNDS):
        for name, contender in contenders.items():
            config = config_of(large_centre, f"{name.replace(' ', '-')}-{number}", "both")
            config = replace(config, verdicts=replace(config.verdicts, warm_up_days=WARM_UP_DAYS))
            contender.run(config, is_scraped=name == SCRAPED)
    page = contenders[SCRAPED].reports[-1]
    tell(
        "Scrapes",
        f"{large_centre}, {EMPLOYEES:,} employees, {DAYS} days; the broker and the scraper run on the same "
        f"cores. One worker, intake and judge, from its start until it has judged all. {ROUNDS} rounds in "
        "turn; events/s and CPU as for the intake: median (range), the first tenth left out. How late the "
        "event loop woke is `touchpoint_event_loop_lag_seconds` of all rounds together, which tells a "
        "maximum by its bucket.",
        table(
            (
                "worker",
                "events/s",
                "us CPU an event",
                "loop late: p50, ms",
                "p99, ms",
                "p99.9, ms",
                "max at most, ms",
                "later than 50 ms",
            ),
            [(name, *cells(contender)) for name, contender in contenders.items()],
        ),
        f"The page has {page['series']:,.0f} series, {page['cut']:,.0f} were cut. A scrape of the working "
        f"worker takes {spread(contenders[SCRAPED].scrapes)}; of one that rests "
        f"{spread(contenders[SCRAPED].at_rest)}.",
    )


def cells(contender: Contender) -> Iterator[str]:
    """Yield what the table says of a contender."""
    yield middle([one["records"] / one["seconds"] for one in contender.reports], ",.0f")
    yield middle([1e6 * one["cpu_s"] / one["records"] for one in contender.reports], ".2f")
    lag = together(contender.lags)
    for share in (0.5, 0.99, 0.999):
        yield f"{1e3 * quantile(lag, share):.1f}"
    yield f"{1e3 * at_most(lag):.0f}"
    yield f"{1 - lag[0.05] / lag[math.inf]:.2%}"


def spread(seconds: list[float]) -> str:
    """Return the median and the 99th percentile of scrapes."""
    percentiles = quantiles(seconds, n=100, method="inclusive")
    return (
        f"{1e3 * percentiles[49]:.1f} ms in the median, {1e3 * percentiles[98]:.1f} ms at p99 and "
        f"{1e3 * max(seconds):.1f} ms at most ({len(seconds)} scrapes)"
    )
