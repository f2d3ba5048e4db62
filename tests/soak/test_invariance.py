"""How the work is cut and shared changes nothing in what is found."""

from pathlib import Path
from typing import NamedTuple

import pytest
from kafka.broker import Broker
from soak import states
from soak.fleet import config_on, fleet
from soak.results import tell
from soak.sizes import SIZES
from soak.upstream import Upstream, centre_of, published

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_200)]


class Arrangement(NamedTuple):
    """A way to share the same events out."""

    workers: int
    partitions: int
    fetch_bytes: int


ARRANGEMENTS = (
    Arrangement(1, 1, 1_048_576),
    Arrangement(1, 4, 16_384),
    Arrangement(2, 4, 4_194_304),
    Arrangement(3, 12, 65_536),
)


def test_no_arrangement_changes_a_verdict(kafka: Broker, tmp_path: Path) -> None:
    """Workers, partitions and fetch sizes: the state is the same for all, and that of a replay."""
    ended = {}
    for number, arrangement in enumerate(ARRANGEMENTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        centre = centre_of(planted="demo", per_day=1_000, employees=60)
        upstream = Upstream.simulated(folder, centre, arrangement.partitions, SIZES.invariance_events)
        topic = kafka.create_topic("arranged", partitions=arrangement.partitions)
        config = config_on(kafka, topic, fetch_bytes=arrangement.fetch_bytes)
        with fleet(config) as workers:
            for _ in range(arrangement.workers):
                workers.join()
            published(kafka.bootstrap, topic, upstream)
            workers.until_read(upstream.count, 300.0)
            workers.leave_all()
        ended[arrangement] = states.of_checkpoint(config)
    expected = states.of_replay(upstream, config)
    for state in ended.values():
        assert (state.counts, state.alerts) == (expected.counts, expected.alerts)
        assert state.fingerprint == expected.fingerprint
    assert expected.alerts, "what was planted is found, or nothing would be compared"
    tell(
        "arrangements",
        "; ".join(f"{a.workers} workers x {a.partitions} partitions x {a.fetch_bytes:,} B" for a in ended)
        + f"; {upstream.count:,} events",
        f"one state, that of the replay, with {len(expected.alerts)} alerts",
    )
