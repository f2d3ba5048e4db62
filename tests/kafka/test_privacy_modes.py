"""Team mode on a real Kafka: no employee leaves a worker, and what readers had of employees is taken back."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from kafka.broker import Broker
from owning import Owner, config_on, seen, shown
from personal_data import OF_SOMEBODY, lines, told_of
from worker import SECRET, RunningWorker, config_for, consume, publish

from models.detectors.spread import without_name
from models.identity import Identity, Keys
from models.simulation import Centre, SimulationSettings, inconsistencies
from streams.config import Config, DeadLetterConfig
from streams.privacy_settings import PrivacyConfig

pytestmark = pytest.mark.kafka

TEAM = PrivacyConfig(mode="team")


async def newest(config: Config) -> dict[str, Any]:
    """Return the alerts topic as compaction leaves it, null where an alert was taken back."""
    records = await seen(config, config.topics.alerts)
    return {(one.key or b"").decode(): json.loads(one.value or b"null") for one in records}


def test_alerts_about_employees_are_taken_back(kafka: Broker) -> None:
    """A worker that starts in team mode deletes what readers had of employees, and says nothing new."""
    config = config_on(kafka)
    alerts = shown(config)
    persons = {key for key, alert in alerts.items() if alert["employee"] is not None}
    assert persons
    assert alerts.keys() - persons

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over_and_tell()
        assert all((await newest(config)).values())
        async with Owner(replace(config, privacy=TEAM)) as owner:
            await owner.take_over_and_tell()
            assert owner.digest, "the judge knows what it knew"
            left = await newest(config)
            assert {key for key, alert in left.items() if alert is None} == persons
            for key in alerts.keys() - persons:
                reasons = [without_name(reason) for reason in alerts[key]["reasons"]]
                assert (left[key]["reasons"], left[key]["until"]) == (reasons, alerts[key]["until"])
            before = len(await seen(config, config.topics.alerts))
        async with Owner(replace(config, privacy=TEAM)) as owner:
            await owner.take_over_and_tell()
            assert len(await seen(config, config.topics.alerts)) == before
        async with Owner(config) as owner:
            await owner.take_over_and_tell()
            assert persons == {key for key, alert in (await newest(config)).items() if alert["employee"]}

    asyncio.run(run())


def test_no_employee_and_nothing_of_somebody_leaves_a_worker(kafka: Broker) -> None:
    """Pages, API, alerts, headers of dead letters and the log: whatever field upstream misuses."""
    config = config_for(
        kafka, kafka.create_topic("events"), privacy=TEAM, dead_letters=DeadLetterConfig(raw=False)
    )
    config = replace(config, verdicts=replace(config.verdicts, warm_up_days=2, persistence=1))
    centre = Centre(SimulationSettings(days=12, inconsistencies=inconsistencies("demo")), 1)
    days = [json.dumps(one).encode() for day in centre.days() for one in day.events()]
    hostile = lines()
    publish(kafka, config.sources.topics[0], [(None, value) for value in [*days, *hostile]])
    with RunningWorker(config) as worker:
        worker.until_read(len(days) + len(hostile))
        pages = [
            worker.get(path).decode() for path in ("/", "/metrics", "/api/v1/document", "/api/v1/alerts")
        ]
        assert worker.terminate() == 0
        pages.append(worker.log)
    alerts, letters = (consume(kafka, topic) for topic in (config.topics.alerts, config.topics.dead_letters))
    pages += [str((one.key, one.value, one.headers)) for one in [*alerts, *letters]]

    ids = {json.loads(one)["employee_id"] for one in days} - {None}
    identity = Identity(Keys.from_secret(SECRET.encode()))
    told = "\n".join(pages)
    assert alerts
    assert len(letters) > len(OF_SOMEBODY) * 10
    assert told_of(told) == []
    assert [one for one in ids if one in told or identity.employee(one) in told] == []
