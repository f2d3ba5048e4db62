"""A take-over as Prometheus and on-call see it: nothing."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kafka.broker import Broker
from prometheus_tools import Prometheus, eventually, scraping
from soak.fleet import config_on, fleet
from soak.upstream import Upstream, centre_of, published

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus]

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "findings.rules.yml"


def test_a_take_over_neither_resolves_nor_fires_again(kafka: Broker, tmp_path: Path) -> None:
    """While the owner is killed and another worker judges, each alert goes on firing as the one it was."""
    upstream = Upstream.simulated(
        tmp_path, centre_of(employees=60, per_day=1_000, days=40, planted="demo"), 4
    )
    topic = kafka.create_topic("seen", partitions=4)
    config = config_on(kafka, topic, session_s=3.0)
    with fleet(replace(config, time=replace(config.time, clock="event"))) as workers:
        ports = [workers.join().config.http.port for _ in range(2)]
        published(kafka.bootstrap, topic, upstream)
        workers.until_read(upstream.count, 120.0)
        with scraping(ports, tmp_path, RULES) as prometheus:
            assert eventually(lambda: bool(firing(prometheus)))
            time.sleep(2.0)  # until all of them are there
            before = firing(prometheus)
            owner = workers.owner()
            assert owner is not None
            workers.kill(owner)
            unseen = 0
            while workers.read() < upstream.count:
                assert firing(prometheus) == before
                unseen += not prometheus.query("touchpoint_inconsistency_alert")
                time.sleep(0.3)
            assert unseen, "there was a time in which nobody exported a verdict"
            for _ in range(10):
                assert firing(prometheus) == before
                time.sleep(0.3)


def firing(prometheus: Prometheus) -> dict[Any, str]:
    """Return since when each finding is told, by its labels."""
    return {
        frozenset(alert["labels"].items()): alert["activeAt"]
        for alert in prometheus.alerts()
        if alert["state"] == "firing" and alert["labels"]["component"] == "findings"
    }
