"""What a centre of a size needs: the figures of the README's sizing table."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from kafka.broker import Broker
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Upstream, centre_of, published

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(2_400)]

EMPLOYEES_PER_DAY = 1 / 50  # handlings that an employee has on a day


@pytest.mark.parametrize("per_day", SIZES.sizing_per_day)
def test_what_a_centre_needs(kafka: Broker, tmp_path: Path, per_day: int) -> None:
    """One worker does it all; when it is started again it judges soon, with a checkpoint or without."""
    centre = centre_of(employees=int(per_day * EMPLOYEES_PER_DAY), per_day=per_day, days=SIZES.sizing_days)
    upstream = Upstream.simulated(tmp_path, centre, 4)
    topic = kafka.create_topic("sized", partitions=4)
    none = kafka.create_topic("no-checkpoint", partitions=2, config={"cleanup.policy": "compact"})
    config = config_on(kafka, topic)
    with fleet(config) as workers:
        worker = workers.join()
        published(kafka.bootstrap, topic, upstream)
        workers.until_read(upstream.count, 1_200.0)
        samples = worker.samples()
        workers.leave_all()

        def until_judging(checkpoints: str) -> float:
            begun = time.monotonic()
            workers.join(topics=replace(config.topics, checkpoints=checkpoints))
            workers.until_read(upstream.count, 600.0)
            took = time.monotonic() - begun
            workers.leave_all()
            return took

        restored = until_judging(config.topics.checkpoints)
        refolded = until_judging(none)
    cpu_s = samples["process_cpu_seconds_total", frozenset()]
    tell(
        f"sizing, {per_day:,} handlings a day",
        f"one worker; {centre.settings.employees:,} employees, {upstream.count:,} handlings of "
        f"{SIZES.sizing_days} days",
        f"{samples['process_resident_memory_bytes', frozenset()] / 1e6:.0f} MB resident; "
        f"{1e6 * cpu_s / upstream.count:.1f} us CPU a handling, start included; "
        f"{kafka.bytes_of(config.topics.ledger) / upstream.count:.0f} bytes of ledger a handling; judges "
        f"{restored:.1f} s after a start with its checkpoint, {refolded:.1f} s without",
    )
