"""How soon a live record is in the ledger, with the judge in the same worker."""

from pathlib import Path

import pytest
from kafka.broker import Broker
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Publishing, Upstream, centre_of
from worker import Samples

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

DELAY = "touchpoint_ledger_ack_delay_seconds_bucket"
TARGET_S = 1.0


def test_live_records_are_soon_in_the_ledger(kafka: Broker, tmp_path: Path) -> None:
    """Of live records, 99 of 100 are acknowledged by the ledger within a second of being written."""
    count = int(SIZES.live_rate * SIZES.live_s)
    upstream = Upstream.simulated(tmp_path, centre_of(employees=2_000, per_day=100_000), 4, count)
    topic = kafka.create_topic("live", partitions=4)
    with fleet(config_on(kafka, topic)) as workers:
        worker = workers.join()
        workers.until(worker.is_ready, "the worker is ready")
        with Publishing(kafka.bootstrap, topic, upstream.records(), SIZES.live_rate) as publishing:
            publishing.wait()
        workers.until_read(count, 60.0)
        workers.until(lambda: within(worker.samples(), "+Inf") == count, "all are acknowledged")
        samples = worker.samples()
    share = within(samples, str(TARGET_S)) / count
    bound = next(
        bound for bound in sorted(bounds(samples)) if within(samples, spelled(bound)) >= 0.99 * count
    )
    tell(
        "freshness",
        f"{SIZES.live_rate:,} events/s for {SIZES.live_s:.0f} s into 4 partitions, judge in the same worker",
        f"{share:.2%} of records acknowledged by the ledger within {TARGET_S:.0f} s; p99 at most {bound:g} s",
    )
    assert share >= 0.99


def within(samples: Samples, bound: str) -> float:
    """Return how many records were acknowledged at most so late."""
    return samples.get((DELAY, frozenset({("le", bound)})), 0.0)


def bounds(samples: Samples) -> list[float]:
    """Return the upper bounds of the histogram."""
    return [float(dict(labels)["le"]) for name, labels in samples if name == DELAY]


def spelled(bound: float) -> str:
    """Return a bound as the page spells it."""
    return "+Inf" if bound == float("inf") else str(bound)
