"""How long a judge takes to fold the ledger from its beginning, as it must where there is no checkpoint."""

from dataclasses import replace
from statistics import median

import pytest
from benchmarks.outside import (
    COMMAND,
    Report,
    config_of,
    contender,
    measured_by_itself,
    measured_from_outside,
    until_ready,
)
from benchmarks.results import EVENTS, middle, table, tell
from benchmarks.upstream import EMPLOYEES, Published

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1_800)]

ROUNDS = 3


def test_refold(events_on_kafka: Published) -> None:
    """The fold alone, and a worker from its start to /readyz, with the ledger and with an empty one."""
    filled = config_of(events_on_kafka, "filled", "intake")
    measured_from_outside(COMMAND, filled, EVENTS)
    ledger = filled.topics.ledger
    alone: list[Report] = []
    ready: dict[str, list[Report]] = {"the ledger": [], "an empty ledger": []}
    for number in range(ROUNDS):
        alone.append(measured_by_itself(contender("fold", events_on_kafka.bootstrap, ledger)))
        empty = config_of(events_on_kafka, f"empty-{number}", "judge")
        ready["an empty ledger"].append(until_ready(empty))
        config = config_of(events_on_kafka, f"refold-{number}", "judge")
        ready["the ledger"].append(until_ready(replace(config, topics=replace(config.topics, ledger=ledger))))
    rows = [("the fold alone, in a process without Kafka", *cells(alone))]
    rows += [
        (f"worker, role judge, from its start to /readyz: {name}", *cells(of)) for name, of in ready.items()
    ]
    with_it, without = (median(one["seconds"] for one in of) for of in ready.values())
    tell(
        "Refold",
        f"A ledger of {EVENTS:,} rows of {EMPLOYEES:,} employees, on {events_on_kafka.broker}, which runs on "
        f"the same cores; no checkpoint. {ROUNDS} rounds in turn, median (range).",
        table(("what", "seconds", "CPU seconds", "peak RSS, MB"), rows),
        f"Through the worker the rows take {with_it - without:.2f} s.",
    )


def cells(of: list[Report]) -> tuple[str, str, str]:
    """Return what the table says of some rounds."""
    return (
        middle([one["seconds"] for one in of], ".2f"),
        middle([one["cpu_s"] for one in of], ".2f"),
        middle([one["peak_rss"] / 1e6 for one in of], ".0f"),
    )
