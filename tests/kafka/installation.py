"""An installation as it should be, with events, a group that has read some, a ledger; and how to spoil it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from builders import line
from commands import SECRET, touchpoint
from decoding import decoded
from kafka.broker import Broker
from worker import config_for, publish

from models.identity import Keys
from models.segment import Source
from streams import ledger
from streams.config import Config, as_toml
from streams.topics import prepare

Finding = dict[str, Any]

EVENTS, READ = 20, 5
PARTITIONS = 2


@dataclass(frozen=True)
class Installation:
    """A broker and what is configured on it; of the `EVENTS` in each source partition `READ` were read."""

    broker: Broker
    config: Config

    @property
    def source(self) -> str:
        """The topic that is read."""
        return self.config.sources.topics[0]

    def alter(self, topic: str, **settings: str) -> None:
        """Change settings of a topic; what is not named goes back to Kafka's default."""
        named = {key.replace("_", "."): value for key, value in settings.items()}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, named)
        asyncio.run(self._alter(resource))

    def remove(self, topic: str, before: int) -> None:
        """Remove the records of a topic's first partition before an offset, as its retention would."""
        asyncio.run(self._remove(TopicPartition(topic, 0), before))

    def commit(self, offset: int) -> None:
        """Have the group stand there in every partition of the source."""
        asyncio.run(self._commit(offset))

    def write_segment(self, key_id: str, *, end: int = READ) -> None:
        """Write a segment to the ledger: the source's first partition was read up to here."""
        source = Source(self.source, 0, self.config.sources.epoch)
        segment = ledger.segment_of(decoded(), source, 0, end, {self.source: PARTITIONS}, key_id)
        publish(self.broker, self.config.topics.ledger, [(None, ledger.encode(segment))], partition=0)

    async def _alter(self, resource: ConfigResource) -> None:
        async with self._admin() as admin:
            await admin.alter_configs([resource])

    async def _remove(self, tp: TopicPartition, before: int) -> None:
        async with self._admin() as admin:
            await admin.delete_records({tp: RecordsToDelete(before)})

    async def _commit(self, offset: int) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap,
            group_id=self.config.kafka.app_id,
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            places = [TopicPartition(self.source, partition) for partition in range(PARTITIONS)]
            consumer.assign(places)
            await consumer.commit(dict.fromkeys(places, offset))
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


def installed(broker: Broker, **changes: Any) -> Installation:
    """Return a healthy installation of its own."""
    config = config_for(broker, broker.create_topic("events", partitions=PARTITIONS), **changes)
    asyncio.run(prepare(config))
    it = Installation(broker, config)
    for partition in range(PARTITIONS):
        events = [(None, line(event_id=f"{partition}-{number}")) for number in range(EVENTS)]
        publish(broker, it.source, events, partition=partition)
    it.commit(READ)
    it.write_segment(Keys.from_secret(SECRET.encode()).key_id)
    return it


def examined(config: Config, folder: Path, *, secret: str = SECRET) -> tuple[int, list[Finding]]:
    """Run `touchpoint doctor` and return its exit code and all that it finds."""
    path = folder / "touchpoint.toml"
    path.write_text(as_toml(config))
    result = touchpoint("doctor", "--config", path, "--format", "json", TOUCHPOINT_SECRET=secret)
    assert result.stderr == ""
    told = json.loads(result.stdout)
    assert told["ok"] == (result.exit_code == 0)
    return result.exit_code, told["checks"]


def amiss(findings: list[Finding]) -> list[tuple[str, str]]:
    """Return what is not ok, by name and state."""
    return [(one["name"], one["state"]) for one in findings if one["state"] != "ok"]


def only(findings: list[Finding]) -> Finding:
    """Return the one finding that is not ok."""
    found = [one for one in findings if one["state"] != "ok"]
    assert len(found) == 1, found
    return found[0]
