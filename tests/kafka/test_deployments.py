"""Deployments as they are: other settings come and go worker by worker, programs are rolled back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import line
from kafka.broker import Broker
from soak.alerts import alerts_told, assert_told_well
from soak.fleet import Fleet, config_on, fleet
from soak.upstream import Upstream, centre_of, published
from worker import RunningWorker, config_for, publish

from streams.config import Config

pytestmark = pytest.mark.kafka

DAYS = 40


class Deployment:
    """A group that is deployed anew, one worker after the other, while handlings come in."""

    def __init__(self, broker: Broker, workers: Fleet, folder: Path, parts: int) -> None:
        centre = centre_of(employees=60, per_day=1_000, days=DAYS + parts, planted="demo")
        self._broker, self._workers = broker, workers
        self._left = Upstream.simulated(folder, centre, 2)
        self._taken = 0

    def works_on(self, share: float) -> None:
        """Let the next share of what is left come in and be judged."""
        now, self._left = self._left.split(share)
        published(self._broker.bootstrap, self._workers.config.sources.topics[0], now)
        self._taken += now.count
        self._workers.until_read(self._taken, 120.0)

    def rolls_out(self, **settings: Any) -> None:
        """Replace each worker by one with other settings; the judge moves when its owner goes."""
        old = [*self._workers.workers]
        for worker in old:
            self._workers.join(**settings)
            self._workers.leave(worker)
        self._workers.until(lambda: self._workers.read() >= self._taken, "the judge has an owner again")


@pytest.fixture
def deployed(kafka: Broker, tmp_path: Path) -> Iterator[tuple[Deployment, Config]]:
    """Lend two workers that have judged 40 days in which something is to be found."""
    config = config_on(kafka, kafka.create_topic("deployed", partitions=2), session_s=3.0)
    with fleet(config) as workers:
        workers.join()
        workers.join()
        deployment = Deployment(kafka, workers, tmp_path, parts=6)
        deployment.works_on(DAYS / (DAYS + 6))
        yield deployment, config


def milder(config: Config) -> dict[str, Any]:
    """Return settings under which what was found is tolerated."""
    spread = replace(
        config.detectors.spread, tolerance_binary=3.0, tolerance_duration=3.0, tolerance_score=0.9
    )
    funnel = replace(config.detectors.funnel, q=1e-30)
    return {"detectors": replace(config.detectors, spread=spread, funnel=funnel)}


def test_changed_thresholds_end_what_they_tolerate_and_contradict_nothing(
    deployed: tuple[Deployment, Config],
) -> None:
    """Rolled out worker by worker, other thresholds end alerts with that reason, and repeat nothing."""
    deployment, config = deployed
    before = alerts_told(config)
    assert before
    deployment.rolls_out(**milder(config))
    deployment.works_on(0.5)
    told = alerts_told(config)
    for records in told.values():
        assert_told_well(records)
    split = [records for records in told.values() if records[0]["kind"] == "stratum_split"]
    assert all(records[-1]["until"] is not None for records in split)
    assert any("ended: configuration" in records[-1]["reasons"] for records in split)


def test_a_rollback_works(deployed: tuple[Deployment, Config]) -> None:
    """Back under the former settings the judge goes on, and what was told to have ended stays ended."""
    deployment, config = deployed
    deployment.rolls_out(**milder(config))
    deployment.works_on(0.4)
    ended = {key for key, records in alerts_told(config).items() if records[-1]["until"] is not None}
    deployment.rolls_out()
    deployment.works_on(1.0)
    told = alerts_told(config)
    for records in told.values():
        assert_told_well(records)
    assert ended
    assert all(told[key][-1]["until"] is not None for key in ended)


def test_an_older_program_stops_at_a_newer_segment(kafka: Broker) -> None:
    """A ledger record of a format to come is not skipped: the worker ends and says what to run."""
    config = config_for(kafka, kafka.create_topic("newer"))
    publish(kafka, config.sources.topics[0], [(None, line())])
    with RunningWorker(config) as worker:
        worker.until_read(1)
        assert worker.terminate() == 0
    publish(kafka, config.topics.ledger, [(None, b"\x7fwhatever it holds")])
    with RunningWorker(config) as worker:
        assert worker.wait_to_end() == 2
        assert "run the newest version everywhere" in worker.log
