"""The judge's owner dies: another one judges, and readers of the alerts topic notice nothing."""

import time
from pathlib import Path

import pytest
from kafka.broker import Broker
from soak import states
from soak.alerts import alerts_told, assert_told_well
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Upstream, centre_of, published

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(2_400)]

AFTER_SESSION_S = 15.0
MORE_DAYS = 4


def test_another_worker_judges_soon(kafka: Broker, tmp_path: Path) -> None:
    """Within 15 s after the session of a killed owner another one judges; no alert is told twice or lost."""
    centre = centre_of(
        employees=SIZES.take_over_employees,
        per_day=SIZES.take_over_per_day,
        days=SIZES.take_over_days + MORE_DAYS,
        planted="demo",
    )
    per_partition = Upstream.simulated(tmp_path, centre, 4)
    before, after = per_partition.split(SIZES.take_over_days / (SIZES.take_over_days + MORE_DAYS))
    topic = kafka.create_topic("taken-over", partitions=4)
    config = config_on(kafka, topic)
    with fleet(config) as workers:
        workers.join()
        workers.join()
        published(kafka.bootstrap, topic, before)
        workers.until_read(before.count, 1_200.0)
        owner = workers.owner()
        assert owner is not None
        killed_at = time.monotonic()
        workers.kill(owner)
        workers.until(lambda: workers.read() >= before.count, "another worker judges", 120.0)
        took = time.monotonic() - killed_at - config.kafka.session_timeout_s
        published(kafka.bootstrap, topic, after)
        workers.until_read(per_partition.count, 600.0)
        workers.leave_all()
    told = alerts_told(config)
    ended = states.of_checkpoint(config)
    assert ended.fingerprint == states.of_replay(per_partition, config).fingerprint
    assert set(told) <= set(ended.alerts), "what was told is what is known"
    assert told, "there was something to tell"
    for records in told.values():
        assert_told_well(records)
    tell(
        "take-over",
        f"owner killed with -9 at {SIZES.take_over_employees:,} employees, {before.count:,} handlings of "
        f"{SIZES.take_over_days} days judged, session {config.kafka.session_timeout_s:.0f} s",
        f"another worker judged {took:.1f} s after the session; {len(told)} alerts, none told twice or lost",
    )
    assert took <= AFTER_SESSION_S
