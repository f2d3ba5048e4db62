"""A broker that goes away and comes back: the worker waits and goes on by itself."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.broker import Broker
from soak import states
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Publishing, Upstream, centre_of

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_200)]

PARTITIONS = 4


@pytest.fixture
def frail(kafka: Broker) -> Iterator[Broker]:
    """Lend a broker that nobody else uses."""
    del kafka  # where there is none, its fixture says so
    with Broker() as broker:
        yield broker


@pytest.mark.parametrize(
    ("how", "end"), [("stopped", Broker.stop), ("killed with -9", Broker.kill)], ids=["stopped", "killed"]
)
def test_the_broker_is_away(frail: Broker, tmp_path: Path, how: str, end: Callable[[Broker], None]) -> None:
    """While the broker is away the worker lives; when it is back the state equals that of a replay."""
    upstream = Upstream.simulated(tmp_path, centre_of(planted="demo"), PARTITIONS, SIZES.away_events)
    topic = frail.create_topic("away", partitions=PARTITIONS)
    config = config_on(frail, topic)
    with (
        fleet(config) as workers,
        Publishing(frail.bootstrap, topic, upstream.records(), SIZES.away_rate) as publishing,
    ):
        worker = workers.join()
        workers.until_read(upstream.count // 4, 120.0)
        end(frail)
        time.sleep(SIZES.away_s)
        assert not worker.has_ended, worker.log[-5_000:]
        assert worker.get("/healthz") == b"alive\n", "an outage of Kafka is no reason to start anew"
        frail.restart()
        publishing.wait()
        workers.until_read(upstream.count, 300.0)
        assert workers.workers == [worker]
        workers.leave_all()
    ended, expected = states.of_checkpoint(config), states.of_replay(upstream, config)
    assert ended.counts.accepted == expected.counts.accepted
    assert ended.fingerprint == expected.fingerprint
    tell(
        f"broker {how}",
        f"for {SIZES.away_s:.0f} s, then started again, while {upstream.count:,} events came",
        "the worker went on by itself; state of the replay, bit for bit",
    )
