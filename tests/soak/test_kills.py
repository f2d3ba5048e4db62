"""Killed at random moments, the worker ends with the state of one that was never disturbed."""

import random
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

_LIFE_S = (0.5, 6.0)
"""A worker is killed that old: while it starts, takes over, reads, or judges."""


def test_kill_9_changes_nothing(kafka: Broker, tmp_path: Path) -> None:
    """Whenever `kill -9` comes, nothing is lost or counted twice: the state equals that of a replay."""
    upstream = Upstream.simulated(tmp_path, centre_of(planted="demo"), 4, SIZES.kill_events)
    topic = kafka.create_topic("killed", partitions=4)
    config = config_on(kafka, topic, session_s=2.0)
    moments = random.Random(9)
    with (
        fleet(config) as workers,
        Publishing(kafka.bootstrap, topic, upstream.records(), SIZES.kill_rate) as publishing,
    ):
        for _ in range(SIZES.kills):
            worker = workers.join()
            time.sleep(moments.uniform(*_LIFE_S))
            workers.kill(worker)
        workers.join()
        publishing.wait()
        workers.until_read(upstream.count, 300.0)
        workers.leave_all()
    states.assert_as_replayed(upstream, config)
    tell(
        "kill -9",
        f"{SIZES.kills} x kill -9 at random moments while {upstream.count:,} events came",
        "state of the replay, bit for bit",
    )
