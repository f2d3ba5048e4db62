"""Owning the judge on a real Kafka: one owner after the other, and nothing is lost, doubled or told twice."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition
from kafka.broker import Broker
from kafka.secured import WORKER, SecuredBroker
from owning import (
    DAYS,
    WRITTEN_AT,
    Owner,
    Told,
    compacted,
    config_on,
    fetch,
    folded,
    told,
    until,
    write,
)

from models.errors import CheckpointError
from models.state import digest
from streams import checkpoints, fenced
from streams.checkpoints.manifest import MANIFESTS
from streams.config import Config
from streams.diagnosis import BrokerError
from streams.document import alert_document
from streams.fenced import FencedProducer
from streams.judging import LedgerError
from streams.publication import CONFIGURATION, HISTORY, Publication
from streams.rights import grants

pytestmark = pytest.mark.kafka


@pytest.fixture
def config(kafka: Broker) -> Config:
    return config_on(kafka)


def shown(config: Config, days: int = DAYS) -> dict[str, Any]:
    """Return the alerts of a judge that has applied the ledger from its start, as documents by id."""
    return {alert.id: alert_document(alert) for alert in folded(config, days).alerts}


def never_said_twice(records: list[Told]) -> bool:
    """Return whether each record says something new, and nothing of an alert that was told to have ended."""
    last: dict[str, dict[str, Any]] = {}
    for key, record in records:
        before, now = last.get(key), compacted([(key, record)])[key]
        if before is not None and (before == now or before["until"] is not None):
            return False
        last[key] = now
    return True


def offsets_never_fall(records: list[Told]) -> bool:
    """Return whether the ledger offset that caused it never decreases, in all and so for each alert."""
    return all(one["ledger_offset"] <= other["ledger_offset"] for (_, one), (_, other) in pairwise(records))


async def published_by_one(config: Config, end: int = DAYS) -> None:
    """Let an owner take over, read that far, publish, and be killed: it leaves nothing behind but that."""
    async with Owner(config) as owner:
        await owner.take_over()
        await owner.read(end)
        await owner.is_heard()


def test_the_first_owner_folds_and_publishes(config: Config) -> None:
    """A judge without a checkpoint reads the ledger from its start; then readers know what it knows."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.sought == [0]
            await owner.read(DAYS - 1)
            assert not owner.ownership.caught_up
            assert await told(config) == []
            await owner.read()
            await owner.is_heard()
            assert owner.ownership.caught_up
            assert owner.digest == digest(folded(config).dump())
            records = await told(config)
            assert compacted(records) == shown(config) != {}
            assert owner.ownership.published == len(records)
            assert {record["ledger_offset"] for _, record in records} == {DAYS - 1}
            assert {record["config_hash"] for _, record in records} == {config.fingerprint()}

    asyncio.run(run())


def test_every_step_is_told_as_it_comes(kafka: Broker) -> None:
    """Once it has caught up, readers hear of each change with the ledger's record that caused it."""
    config = config_on(kafka, records=3)

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await write(config, 3)
            await owner.read()
            await owner.is_heard()
            records = await told(config)
            assert compacted(records) == shown(config)
            assert {record["ledger_offset"] for _, record in records} == {3, 4, 5, 6, 7}
            assert offsets_never_fall(records)
            assert never_said_twice(records)

    asyncio.run(run())


def test_the_next_owner_goes_on_from_the_checkpoint(kafka: Broker) -> None:
    """From a checkpoint and the rest comes the state of a fold from the start; no alert is told twice."""
    config = config_on(kafka, records=6)

    async def run() -> None:
        async with Owner(config) as first:
            await first.take_over()
            await first.read(6)
            await first.ownership.leave()
            assert first.ownership.checkpoint is not None
        await write(config, 6)
        async with Owner(config) as second:
            await second.take_over()
            assert second.sought == [6]
            assert second.ownership.checkpoint == first.ownership.checkpoint
            await second.read()
            await second.is_heard()
            assert second.digest == digest(folded(config).dump())
        records = await told(config)
        assert compacted(records) == shown(config)
        assert never_said_twice(records)
        assert offsets_never_fall(records)

    asyncio.run(run())


def test_an_owner_that_was_away_is_shut_out(kafka: Broker) -> None:
    """Still sure of the judge it goes on reading: its transaction is refused, it says nothing and lets go."""
    config = config_on(kafka, records=3)

    async def run() -> None:
        async with Owner(config) as away, Owner(config) as owner:
            await away.take_over()
            await away.read(3)
            await away.is_heard()
            await write(config, 3)
            await owner.take_over()
            await owner.read()
            await owner.is_heard()
            records = await told(config)
            await away.read()
            assert away.ownership.judging is None
            assert await told(config) == records
            assert compacted(records) == shown(config)

    asyncio.run(run())


def test_an_owner_that_was_away_writes_no_checkpoint(config: Config) -> None:
    """What it knows is older than what the next one has written: that stands."""

    async def run() -> None:
        async with Owner(config) as away, Owner(config) as owner:
            await away.take_over()
            await away.read()
            await owner.take_over()
            await owner.read()
            await owner.ownership.leave()
            await away.ownership.leave()
            assert away.ownership.judging is None
            found = await checkpoints.newest(config)
            assert found.checkpoint is not None
            assert found.checkpoint.manifest == owner.ownership.checkpoint
            assert found.next_slot == 1

    asyncio.run(run())


def test_who_is_shut_out_and_hears_of_no_other_owner_takes_over_again(config: Config) -> None:
    """The other was the one that was away, or Kafka had lost patience: the judge is not left to nobody."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            await owner.is_heard()
            astray = FencedProducer(config, transactional=True)
            await astray.open()
            await owner.ownership.leave()
            assert owner.ownership.judging is None
            await until(lambda: owner.publication is not None)
            await owner.read()
            await owner.is_heard()
            await owner.ownership.leave()
            assert owner.ownership.checkpoint is not None
            await astray.close()
            records = await told(config)
            assert compacted(records) == shown(config)
            assert never_said_twice(records)

    asyncio.run(run())


def test_a_crash_before_the_manifest_leaves_the_former_checkpoint(kafka: Broker) -> None:
    """Chunks without a manifest, in a transaction that nobody ended, are nothing to the next owner."""
    config = config_on(kafka, records=5)

    async def run() -> None:
        async with Owner(config) as first:
            await first.take_over()
            await first.read(5)
            await first.ownership.leave()
        await write(config, 5)
        async with Owner(config) as second:
            await second.take_over()
            await second.read()
            await second.is_heard()
            with pytest.raises(ConnectionError):
                await crash_while_writing(second)
        async with Owner(config) as third:
            await third.take_over()
            assert third.sought == [5]
            await third.read()
            assert third.digest == digest(folded(config).dump())

    asyncio.run(run())


async def crash_while_writing(owner: Owner) -> None:
    """Let the owner's process end when all chunks of a checkpoint have been acknowledged."""
    assert owner.ownership.judging is not None
    encoded = checkpoints.encode(owner.ownership.judging.dump())
    async with owner.producer.transaction() as producer:

        async def send(topic: str, value: bytes, *, key: bytes, partition: int) -> Any:
            if partition == MANIFESTS:
                raise ConnectionError
            return await producer.send_and_wait(topic, value, key=key, partition=partition)

        await checkpoints.write(send, owner.config, encoded, slot=1, next_offset=DAYS, written_at=0)


def test_a_crash_while_publishing_tells_nothing(config: Config) -> None:
    """A transaction that was left open is aborted by the next owner; each transition is told exactly once."""
    judge = folded(config)
    due = Publication(config.fingerprint()).due(judge.alerts, DAYS - 1, judge.last_step)

    async def run() -> None:
        async with Owner(config) as first:
            await first.take_over()
            with pytest.raises(ConnectionError):
                await crash_while_publishing(first, due[:2])
        async with Owner(config) as second:
            await second.take_over()
            assert await told(config) == []
            await second.read()
            await second.is_heard()
        records = await told(config)
        assert [key for key, _ in records] == [key for key, _ in due]
        assert compacted(records) == shown(config)

    asyncio.run(run())


async def crash_while_publishing(owner: Owner, records: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Let the owner's process end when these of its records have been acknowledged."""
    async with owner.producer.transaction() as producer:
        for key, record in records:
            await producer.send_and_wait(owner.config.topics.alerts, orjson.dumps(record), key=key.encode())
        raise ConnectionError


def other_settings(config: Config) -> Config:
    """Return it with limits under which nothing is ever found."""
    never = {"q": 1e-300, "off_p": 1e-300}
    spread, funnel = replace(config.detectors.spread, **never), replace(config.detectors.funnel, **never)
    return replace(config, detectors=replace(config.detectors, spread=spread, funnel=funnel))


@pytest.mark.parametrize("checkpointed", [True, False])
def test_other_thresholds_end_what_they_do_not_bear_out(kafka: Broker, checkpointed: bool) -> None:
    """They hold from the take-over on: alerts that they orphan end, and the reason is the configuration."""
    config = config_on(kafka, records=DAYS - 1)
    other = other_settings(config)

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read(DAYS - 1)
            await owner.is_heard()
            if checkpointed:
                await owner.ownership.leave()
        standing = compacted(await told(config))
        async with Owner(other) as owner:
            await owner.take_over()
            assert owner.position == (DAYS - 1 if checkpointed else 0)
            await owner.read()
            await owner.is_heard()
        records = await told(config)
        ended = compacted(records)
        assert standing.keys() == ended.keys()
        assert {tuple(one["reasons"][-1:]) for one in ended.values()} == {(CONFIGURATION,)}
        assert all(one["until"] is not None for one in ended.values())
        assert never_said_twice(records)
        assert offsets_never_fall(records)

    asyncio.run(run())


def test_a_ledger_without_its_beginning_is_told(kafka: Broker, config: Config) -> None:
    """Without a checkpoint the judge begins where the ledger does and says since when, the next one too."""

    async def run() -> None:
        await administer(kafka, expire={TopicPartition(config.topics.ledger, 0): 3})
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.sought == [3]
            await owner.read()
            assert owner.ownership.judging is not None
            assert owner.ownership.judging.incomplete_since == WRITTEN_AT + 3
            await owner.ownership.leave()
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.ownership.judging is not None
            assert owner.ownership.judging.incomplete_since == WRITTEN_AT + 3

    asyncio.run(run())


def test_alerts_of_a_history_that_is_gone_end(kafka: Broker, config: Config) -> None:
    """Without a checkpoint an alert that no longer follows from what is left ends, with that reason."""

    async def run() -> None:
        await published_by_one(config)
        await administer(kafka, expire={TopicPartition(config.topics.ledger, 0): 7})
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            await owner.is_heard()
        ended = compacted(await told(config))
        assert ended.keys() == shown(config).keys()
        assert {tuple(one["reasons"][-1:]) for one in ended.values()} == {(HISTORY,)}

    asyncio.run(run())


def test_what_expires_before_the_judge_has_read_it_is_passed_over_and_told(
    kafka: Broker, config: Config
) -> None:
    """Retention that overtakes a judge does not leave it asking for what is gone for ever."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read(2)
            await administer(kafka, expire={TopicPartition(config.topics.ledger, 0): 5})
            await owner.ownership.take(fetch(5, 6))
            await until(lambda: owner.position == 5)
            await owner.read()
            assert owner.ownership.judging is not None
            assert owner.ownership.judging.incomplete_since == WRITTEN_AT + 5

    asyncio.run(run())


def test_reading_that_ran_ahead_goes_back(config: Config) -> None:
    """What lies beyond the record that is due is not applied: it is read again in its turn."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read(2)
            await owner.ownership.take(fetch(4, 6))
            await until(lambda: owner.sought == [0, 2])
            await owner.read()
            assert owner.digest == digest(folded(config).dump())

    asyncio.run(run())


def test_what_was_applied_is_not_applied_again(config: Config) -> None:
    """A rebalance throws the position back: fetches may begin before the record that is due, and overlap."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            for begin, end in ((0, 3), (1, 2), (2, 5), (0, 5), (5, 8)):
                await owner.ownership.take(fetch(begin, end))
            assert owner.digest == digest(folded(config).dump())

    asyncio.run(run())


@pytest.mark.parametrize("kept", ["checkpoint", "alerts"])
def test_a_ledger_that_was_made_anew_ends_the_worker(kafka: Broker, config: Config, kept: str) -> None:
    """Where it ends before what has been applied or told nothing goes on, and the reason is told."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            if kept == "checkpoint":
                await owner.ownership.leave()
            else:
                await owner.is_heard()
        await administer(kafka, recreate=config.topics.ledger)
        async with Owner(config) as owner:
            await owner.take_over()
            assert owner.ownership.crashed
            assert isinstance(owner.ownership.crash_reason, LedgerError)
            assert "ends at offset 0" in str(owner.ownership.crash_reason)
            assert owner.ownership.judging is None

    asyncio.run(run())


def test_alerts_whose_topic_was_emptied_are_told_again(kafka: Broker, config: Config) -> None:
    """What readers do not know is due: the topic is put right at the next take-over."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            await owner.is_heard()
            await administer(kafka, recreate=config.topics.alerts)
            assert await told(config) == []
            owner.ownership.assigned(owns=True)
            await until(lambda: owner.publication is not None)
            await owner.is_heard()
            assert compacted(await told(config)) == shown(config)

    asyncio.run(run())


@pytest.mark.parametrize("patience_s", [fenced._TRANSACTION_S, 0.2])
def test_kafka_may_go_away_in_the_middle_of_a_transaction(
    kafka: Broker, monkeypatch: pytest.MonkeyPatch, patience_s: float
) -> None:
    """For a moment or for long: when it is back the judge goes on by itself, and all has been told once."""
    config = config_on(kafka, records=3)
    monkeypatch.setattr(fenced, "_TRANSACTION_S", patience_s)

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read(3)
            await owner.is_heard()
            assert compacted(await told(config)) == shown(config, 3)  # before that Kafka is not done with it
            await write(config, 3)
            kafka.kill()
            try:
                reading = asyncio.ensure_future(owner.read())
                await until(lambda: owner.position > 3)
                await asyncio.sleep(1.0)
            finally:
                await asyncio.to_thread(kafka.restart)
            await reading
            await owner.is_heard()
            assert not owner.ownership.crashed
            assert owner.digest == digest(folded(config).dump())
            records = await told(config)
            assert compacted(records) == shown(config)
            assert never_said_twice(records)
            assert offsets_never_fall(records)

    asyncio.run(run())


def test_an_assignment_in_the_middle_of_a_transaction_waits_for_it(config: Config) -> None:
    """A rebalance while alerts are being published leaves nobody waiting, and nothing is told twice."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            reading = asyncio.ensure_future(owner.read())
            while not reading.done():
                owner.ownership.assigned(owns=True)
                await asyncio.sleep(0.003)
            await until(lambda: owner.publication is not None)
            await owner.is_heard()
            records = await told(config)
            assert compacted(records) == shown(config)
            assert never_said_twice(records)

    asyncio.run(run())


def test_the_last_assignment_holds(config: Config) -> None:
    """However quickly assignments follow on each other, what an earlier one had begun comes to nothing."""

    async def run() -> None:
        async with Owner(config) as owner:
            for steps in range(40):
                owner.ownership.assigned(owns=True)
                for _ in range(steps):
                    await asyncio.sleep(0.002)
                owner.ownership.assigned(owns=False)
                assert owner.ownership.judging is None
            await asyncio.sleep(0.5)
            assert owner.ownership.judging is None
            assert owner.publication is None
            await owner.take_over()
            await owner.read()
            assert owner.digest == digest(folded(config).dump())

    asyncio.run(run())


def test_a_checkpoint_that_cannot_be_written_is_no_end(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before stands, and the judge goes on."""

    async def refuse(*_: object, **__: object) -> None:
        raise CheckpointError("Kafka does not tell where the chunks lie")

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            with monkeypatch.context() as refusing:
                refusing.setattr(checkpoints, "write", refuse)
                await owner.ownership.leave()
            assert owner.ownership.checkpoint is None
            await owner.is_heard()
            assert not owner.ownership.crashed
            await owner.ownership.leave()
            assert owner.ownership.checkpoint is not None

    asyncio.run(run())


def test_a_right_that_is_missing_ends_the_worker(secured_broker: SecuredBroker) -> None:
    """Trying again would not help: which right it is and where they stand is told."""
    config = secured_broker.config(secured_broker.by_password())
    rights = [grant for grant in grants(config) if grant.resource != "TransactionalId"]
    secured_broker.grant(WORKER, rights)

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            assert isinstance(owner.ownership.crash_reason, BrokerError)
            assert "transactional id" in str(owner.ownership.crash_reason)
            assert "Rights" in str(owner.ownership.crash_reason)

    asyncio.run(run())


async def administer(
    kafka: Broker, *, expire: Mapping[TopicPartition, int] | None = None, recreate: str | None = None
) -> None:
    """Let records before an offset expire, or make a topic anew."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        if expire:
            await admin.delete_records({tp: RecordsToDelete(offset) for tp, offset in expire.items()})
        if recreate:
            await admin.delete_topics([recreate])
            for _ in range(1_000):  # it takes a moment until the former one is gone
                if not (await admin.create_topics([NewTopic(recreate, 1, 1)])).topic_errors[0][1]:
                    break
                await asyncio.sleep(0.05)
    finally:
        await admin.close()
