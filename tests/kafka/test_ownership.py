"""Owning the judge on a real Kafka: one owner after the other, and nothing is lost, doubled or told twice."""

import asyncio
import time
from dataclasses import replace

import pytest
from kafka.broker import Broker
from kafka.secured import WORKER, SecuredBroker
from owning import (
    DAYS,
    Owner,
    compacted,
    config_on,
    fetch,
    folded,
    never_said_twice,
    offsets_never_fall,
    shown,
    told,
    until,
    write,
)

from models.errors import CheckpointError
from models.state import digest
from streams import checkpoints
from streams.config import Config
from streams.diagnosis import BrokerError
from streams.publication import CONFIGURATION
from streams.rights import grants
from streams.transport import Fetch

pytestmark = pytest.mark.kafka


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


def test_checkpoints_are_written_in_turn(config: Config) -> None:
    """Into the slot that does not hold the newest one, and not again where nothing came since."""

    async def run() -> None:
        slots = []
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            for _ in range(3):
                await owner.ownership.leave()
                assert owner.ownership.checkpoint is not None
                slots.append((owner.ownership.checkpoint.slot, owner.ownership.checkpoint.next_offset))
                await owner.ownership.leave()
                await owner.ownership.take(Fetch(owner.position, owner.position + 1, ()))
        assert slots == [(0, DAYS), (1, DAYS + 1), (0, DAYS + 2)]

    asyncio.run(run())


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
            await owner.take_over_and_tell(DAYS - 1)
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


def test_how_long_a_take_over_lasted_is_known_once_the_judge_has_caught_up(config: Config) -> None:
    """An assignment that leaves the judge where it is, or that comes in the midst of it, is no new one."""

    async def run() -> None:
        async with Owner(config) as owner:
            begun = time.monotonic()
            await owner.take_over()
            await owner.read(DAYS - 1)
            await owner.take_over()
            await asyncio.sleep(0.1)
            assert owner.ownership.take_over_s is None
            assert not owner.ownership.caught_up
            await owner.read()
            lasted = owner.ownership.take_over_s
            assert lasted is not None
            assert 0.1 <= lasted <= time.monotonic() - begun
            await owner.take_over()
            await owner.is_heard()
            assert owner.ownership.take_over_s == lasted
            owner.ownership.assigned(owns=False)
            await owner.take_over()
            await owner.read()
            assert owner.ownership.take_over_s not in {None, lasted}

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


def test_marks_of_transactions_are_passed(config: Config) -> None:
    """A ledger that was copied in transactions holds what is no record: that is no reason to wait."""

    async def run() -> None:
        async with Owner(config) as owner:
            await owner.take_over()
            await owner.read()
            await owner.ownership.take(Fetch(DAYS, DAYS + 1, ()))
            assert owner.position == DAYS + 1
            assert owner.sought == [0]

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
            assert owner.ownership.failures == {"checkpoint": 1}
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
