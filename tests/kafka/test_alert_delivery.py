"""From an inconsistency to a message and back, through Kafka, worker, Prometheus and Alertmanager.

Rules, routes, groups, inhibitions and texts are those of `deploy/`; `shipped` says what is made shorter.
"""

import asyncio
import math
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alertmanagers import Alertmanager, Inbox, alerting, receiving
from kafka.broker import Broker
from prometheus_tools import Prometheus, eventually, running
from shipped import alertmanager_in_haste, prometheus_in_haste, to_webhooks
from soak.fleet import config_on
from soak.upstream import centre_of, endless, publish
from worker import RunningWorker

from models.simulation import Centre

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus]

PARTITIONS = 4
SPLIT, MENDED = range(40), range(40, 80)
"""Days with a split stratum, and days without: the window of verdicts is 28."""
MOMENT_S = 3.0
"""In which a message too many would come: groups are told every second."""
FOUND, ABSENT = "TouchpointStratumSplit", "TouchpointWorkersAbsent"


@dataclass(frozen=True)
class Watch:
    """Who watches a worker, and who is told."""

    prometheus: Prometheus
    alertmanager: Alertmanager
    inbox: Inbox

    def told(self, receiver: str, alert: str, status: str) -> list[Mapping[str, Any]]:
        """Return the messages to a receiver that say so of these alerts, oldest first."""
        return [
            message
            for message in self.inbox.of(receiver)
            if message["status"] == status and message["groupLabels"]["alertname"] == alert
        ]

    def findings(self) -> list[str]:
        """Return the state of every finding at Alertmanager: active or suppressed."""
        alerts = self.alertmanager.alerts()
        return [one["status"]["state"] for one in alerts if one["labels"]["component"] == "findings"]

    def fires(self) -> set[str]:
        """Return the alerts that fire at Prometheus."""
        return {one["labels"]["alertname"] for one in self.prometheus.alerts() if one["state"] == "firing"}


def test_an_inconsistency_is_told_held_back_and_ended(kafka: Broker, tmp_path: Path) -> None:
    """One message with who, how large, how sure, why and where to look.

    While the worker is dead on-call is paged and nobody is told of people. The end is told once the stratum
    is consistent again.
    """
    split, mended = (
        centre_of(employees=60, per_day=1_000, days=80, planted=what) for what in ("stratum", "none")
    )
    topic = kafka.create_topic("delivery", partitions=PARTITIONS)
    config = config_on(kafka, topic, session_s=3.0)
    with ExitStack() as stack:
        worker = stack.enter_context(RunningWorker(config))
        count = published(kafka, topic, split, SPLIT)
        worker.until_read(count)
        watch = watched(stack, tmp_path, config.http.port)

        # It is told, once.
        assert eventually(lambda: bool(watch.told("findings", FOUND, "firing")))
        time.sleep(MOMENT_S)
        [message] = watch.inbox.of("findings")
        tells_of(message, split, worker)
        assert not watch.inbox.of("on-call")

        # The worker dies: on-call is paged, nobody is told anything about people, not even an end.
        worker.kill()
        assert eventually(lambda: bool(watch.told("on-call", ABSENT, "firing")))
        assert set(watch.findings()) == {"suppressed"}
        assert eventually(lambda: FOUND not in watch.fires())
        time.sleep(MOMENT_S)
        assert watch.inbox.of("findings") == [message]
        assert len(watch.inbox.of("on-call")) == 1

        # It is back: what was told is not told again.
        worker = stack.enter_context(RunningWorker(config))
        assert eventually(lambda: bool(watch.told("on-call", ABSENT, "resolved")))
        assert eventually(lambda: set(watch.findings()) == {"active"})
        time.sleep(MOMENT_S)
        assert watch.inbox.of("findings") == [message]

        # The split ends, and so does the alert.
        worker.until_read(count + published(kafka, topic, mended, MENDED))
        assert eventually(lambda: bool(watch.told("findings", FOUND, "resolved")))
        messages = [one for one in watch.inbox.of("findings") if one["groupKey"] == message["groupKey"]]
        assert of(messages, "resolved") == of(messages, "firing") == of([message], "firing")


def of(messages: Iterable[Mapping[str, Any]], status: str) -> set[str]:
    """Return the ids of the findings that messages say this of."""
    return {
        alert["labels"]["alert_id"]
        for message in messages
        for alert in message["alerts"]
        if alert["status"] == status
    }


def tells_of(message: Mapping[str, Any], centre: Centre, worker: RunningWorker) -> None:
    """Hold a message against what was planted in a centre and what the worker knows of it."""
    truth: Mapping[str, Any] = centre.truth()
    [planted] = truth["inconsistencies"]
    where = {"channel": planted["channel"], "issue_type": planted["issue_type"]}
    assert message["groupLabels"] == {
        "alertname": FOUND,
        "channel": planted["channel"],
        "job": "touchpoint",
    }
    known = {one["id"]: one for one in worker.document()["alerts"] if one["until"] is None}
    told = {one["labels"]["alert_id"]: one for one in message["alerts"]}
    assert set(told) == set(known)
    assert "refused" in {one["labels"]["measure"] for one in told.values()}
    for name, alert in told.items():
        labels, texts, evidence = alert["labels"], alert["annotations"], known[name]["evidence"]
        assert {key: labels[key] for key in where} == where
        assert not [key for key in labels if key in {"instance", "employee"} or key.startswith("touchpoint_")]
        for expected in (
            f"a factor {math.exp(evidence['tau']):.2f} apart",
            f"How sure: {evidence['first_contacts']:.0f} first contacts",
            f"of {evidence['employees']:.0f} employees",
            f"z {evidence['z']:.1f}",
            "about 1 in 50 is false",
            "Check first: is there one written rule",
            "suspect the process before the person",
            f"Since {known[name]['since'][:10]} 00:00:00",
        ):
            assert expected in texts["description"], expected
        assert f"{planted['issue_type']} on {planted['channel']}" in texts["summary"]
        assert texts["runbook_url"].endswith("#touchpointstratumsplit")
        assert f"&var-issue_type={planted['issue_type']}&" in texts["dashboard_url"]
        assert texts["evidence_url"] == f"http://127.0.0.1:{worker.config.http.port}/alerts/{name}"
        assert planted["issue_type"] in worker.get(f"/alerts/{name}").decode()


def watched(stack: ExitStack, folder: Path, port: int) -> Watch:
    """Begin to watch a worker."""
    inbox = stack.enter_context(receiving())
    config = to_webhooks(alertmanager_in_haste(folder), inbox.port)
    alertmanager = stack.enter_context(alerting(config, folder))
    prometheus = stack.enter_context(running(prometheus_in_haste(folder, port, alertmanager.port), folder))
    return Watch(prometheus, alertmanager, inbox)


def published(kafka: Broker, topic: str, centre: Centre, days: range) -> int:
    """Publish these days of a centre and return how many records they are."""
    return asyncio.run(publish(kafka.bootstrap, topic, endless(centre, PARTITIONS, days)))
