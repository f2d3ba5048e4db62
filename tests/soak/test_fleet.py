"""Workers that join, die, leave and oversleep change nothing but who does the work."""

import time
from pathlib import Path

import pytest
from kafka.broker import Broker
from soak import states
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Publishing, Upstream, centre_of

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_200)]

PARTITIONS = 12


def test_three_workers_in_all_weathers(kafka: Broker, tmp_path: Path) -> None:
    """Joins, a kill, a clean leave and a sleep beyond the session: the state equals that of a replay."""
    upstream = Upstream.simulated(tmp_path, centre_of(planted="demo"), PARTITIONS, SIZES.fleet_events)
    topic = kafka.create_topic("fleet", partitions=PARTITIONS)
    config = config_on(kafka, topic, session_s=SIZES.pause_s / 2.5)
    with (
        fleet(config) as workers,
        Publishing(kafka.bootstrap, topic, upstream.records(), SIZES.fleet_rate) as publishing,
    ):
        first, _ = workers.join(), workers.join()
        workers.join()
        workers.until_read(upstream.count // 10, 120.0)
        workers.kill(workers.owner() or first)
        workers.join()
        workers.until(lambda: workers.owner() is not None, "the judge has an owner after the kill")
        sleeper = workers.owner() or workers.workers[0]
        sleeper.pause()
        time.sleep(SIZES.pause_s)
        sleeper.resume()
        workers.leave(next(worker for worker in workers.workers if worker is not sleeper))
        publishing.wait()
        workers.until_read(upstream.count, 300.0)
        workers.leave_all()
    states.assert_as_replayed(upstream, config)
    tell(
        "three workers",
        f"{PARTITIONS} partitions; joins, kill -9 of the judge's owner, the next owner stopped for "
        f"{SIZES.pause_s:.0f} s (session {config.kafka.session_timeout_s:.1f} s), a clean leave; "
        f"{upstream.count:,} events",
        "state of the replay, bit for bit",
    )
