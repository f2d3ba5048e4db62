"""How fast the worker takes a backlog from a real Kafka to the judge; run by `make bench`."""

import json
import time

import pytest
from kafka.broker import Broker
from kafka.jars import MissingError
from worker import RunningWorker, config_for, publish

from models.simulation import Centre, SimulationSettings

pytestmark = pytest.mark.benchmark

WARM = 5_000
"""Records that are read before the clock starts: what comes before is starting up and joining the group."""


def test_backlog() -> None:
    """Records read a second, CPU a record and memory, over a backlog of eight days of 10,000."""
    centre = Centre(SimulationSettings(employees=300, handlings_per_day=10_000, days=8), 1)
    events = [event for day in centre.days() for event in day.events()]
    try:
        broker = Broker()
    except MissingError as missing:
        pytest.skip(f"no Apache Kafka to measure with: {missing}")
    with broker:
        topic = broker.create_topic("backlog", partitions=4)
        publish(
            broker, topic, ((str(one.get("case_id")).encode(), json.dumps(one).encode()) for one in events)
        )
        with RunningWorker(config_for(broker, topic)) as worker:
            first = worker.until_read(WARM)["events"]["read"]
            begin, cpu = time.perf_counter(), process(worker, "cpu_seconds_total")
            worker.until_read(len(events))
            took, cpu = time.perf_counter() - begin, process(worker, "cpu_seconds_total") - cpu
            read = len(events) - first
            resident = process(worker, "resident_memory_bytes") / 1e6
    print(
        f"\nworker on Kafka: {read / took:,.0f} records a second, {1e6 * cpu / read:.0f} us CPU a record, ",
        end="",
    )
    print(f"{resident:.0f} MB resident ({read:,} records)")


def process(worker: RunningWorker, what: str) -> float:
    """Return a figure of the worker's process."""
    return worker.samples()[f"process_{what}", frozenset()]
