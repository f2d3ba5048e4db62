"""The look at the sources: added partitions are learnt of, a topic that was made anew stops the worker."""

import asyncio
from collections.abc import Collection, Mapping
from math import inf
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from columns import segment, source
from taking import HERE, ROSTER, Clocks, FakeBroker, fetch
from watched import worker

from models.errors import TouchpointError
from streams import watch
from streams.config import IntakeConfig
from streams.health import Health
from streams.intake import SourceError
from streams.topics import BrokerError
from streams.transport import Ends
from streams.watch import SilenceWatch, SourceWatch

Place = tuple[str, int]


class Cluster:
    """A Kafka that tells how many partitions the sources have and where they end, or fails to.

    Attributes
    ----------
    asked : set of (topic, partition)
        The partitions whose ends were asked for the last time.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.roster: Mapping[str, int] | Exception = ROSTER
        self.ends: Mapping[Place, int] | Exception = {}
        self.asked: set[Place] = set()
        self.looks = 0
        monkeypatch.setattr(watch.topics, "roster", self._roster)
        monkeypatch.setattr(watch, "bounds", self._bounds)

    async def _roster(self, _: object) -> Mapping[str, int]:
        self.looks += 1
        if isinstance(self.roster, Exception):
            raise self.roster
        return self.roster

    async def _bounds(self, _: object, places: Collection[Place]) -> dict[Place, tuple[int, int]]:
        if isinstance(self.ends, Exception):
            raise self.ends
        self.asked = set(places)
        return {place: (0, self.ends.get(place, 10**6)) for place in places}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(monkeypatch)


def look(of: Health, *, with_ends: bool = True, times: int = 1) -> SourceWatch:
    """Return a watch that has looked at least so often, or crashed."""

    async def run() -> SourceWatch:
        watching = SourceWatch(of.config, of.intake, of.ownership, with_ends=with_ends)
        quick: Any = watching
        quick.sleep = lambda _: asyncio.sleep(0)  # the minute between two looks
        await watching.start()
        for _ in range(20 * times):
            await asyncio.sleep(0)
        await watching.stop()
        return watching

    return asyncio.run(run())


def test_added_partitions_are_learnt_of(cluster: Cluster) -> None:
    """The next segment states them."""
    health = worker()
    cluster.roster = {"events": 5}
    watching = look(health)

    assert health.intake.roster == {"events": 5}
    assert not watching.crashed


@pytest.mark.parametrize("error", [BrokerError("away"), KafkaConnectionError()])
def test_a_kafka_that_is_away_changes_nothing(cluster: Cluster, error: Exception) -> None:
    """The roster stays as it was, and the watch goes on looking."""
    health = worker()
    cluster.roster = error
    watching = look(health, times=3)

    assert health.intake.roster == ROSTER
    assert cluster.looks >= 3
    assert not watching.crashed


def test_ends_that_cannot_be_told_change_nothing(cluster: Cluster) -> None:
    """That Kafka does not answer says nothing about the source."""
    cluster.ends = KafkaConnectionError()

    assert not look(worker(taken=3), times=3).crashed


def test_a_source_that_ends_before_what_was_read_stops_the_worker(cluster: Cluster) -> None:
    """It was made anew: partition, position, end, and the epoch to set are told."""
    cluster.ends = {("events", 0): 2}
    watching = look(worker(taken=3))

    assert isinstance(watching.crash_reason, SourceError)
    assert isinstance(watching.crash_reason, TouchpointError)
    assert "events, partition 0: it was read up to offset 3 and now stands at 2" in str(watching.crash_reason)
    assert "sources.epoch = 1" in str(watching.crash_reason)


def test_a_source_that_ends_where_it_was_read_to_is_the_same(cluster: Cluster) -> None:
    """Nothing came since: that is no loss."""
    cluster.ends = {("events", 0): 3, ("events", 1): 0}

    assert not look(worker(taken=3)).crashed


def judged(topic: str, partition: int, *, epoch: int = 0) -> Health:
    """Return a worker whose judge has read a partition up to offset 8."""
    health = worker(judged=0)
    assert health.ownership.judging is not None
    health.ownership.judging.judge.apply(
        segment([], 0, end=8, of=source(partition, topic, epoch), roster={topic: 2})
    )
    return health


def test_the_judge_knows_what_the_group_has_forgotten(cluster: Cluster) -> None:
    """Of a deleted topic the committed positions go too; how far it was judged stands in the state."""
    cluster.ends = {("events", 1): 7}

    assert isinstance(look(judged("events", 1)).crash_reason, SourceError)


@pytest.mark.parametrize(
    "health",
    [
        pytest.param(judged("events", 1, epoch=3), id="of another epoch"),
        pytest.param(judged("former", 0), id="of a topic that is read no more"),
        pytest.param(judged("events", 2), id="of a partition that is no more"),
    ],
)
def test_what_is_read_no_more_is_not_asked_for(cluster: Cluster, health: Health) -> None:
    """Its end means nothing for what is read now."""
    cluster.ends = {("events", 1): 7}

    assert not look(health).crashed
    assert cluster.asked == {("events", 0), ("events", 1)}


@pytest.mark.parametrize("end", [7, 9])
def test_the_further_of_both_counts(cluster: Cluster, end: int) -> None:
    """The judge lags behind what was read here, or knows what was read elsewhere before."""
    health = judged("events", 0)
    asyncio.run(health.intake.take(HERE, fetch(0, 10 if end == 9 else 3)))
    cluster.ends = {("events", 0): end}

    assert isinstance(look(health).crash_reason, SourceError)


def test_the_embedded_broker_is_not_asked_where_partitions_end(cluster: Cluster) -> None:
    """It does not tell the truth about it."""
    cluster.ends = {("events", 0): 0}
    watching = look(worker(taken=3), with_ends=False)

    assert cluster.asked == set()
    assert not watching.crashed


def test_a_silent_partition_is_marked_idle() -> None:
    """A partition at its end and silent for the grace gets its mark in the ledger."""
    clocks, broker = Clocks(), FakeBroker()
    health = worker({HERE: Ends(0, 0, inf)}, clocks=clocks, broker=broker)
    clocks.pass_(IntakeConfig().idle_grace_s)

    async def run() -> None:
        watching = SilenceWatch(health)
        quick: Any = watching
        quick.sleep = lambda _: asyncio.sleep(0)
        await watching.start()
        for _ in range(20):
            await asyncio.sleep(0)
        await watching.stop()

    asyncio.run(run())
    assert [mark.source.partition for mark in broker.marks] == [HERE.partition]
