"""Assignments: where partitions are read from, what is finished before they go, when nothing is fetched."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.types import TP
from unconnected import HERE, THERE, Answers, Unconnected, answering, fetch

from streams.transport import Ends, driver

ZERO = TP("whole", 2)


def test_the_listener_hears_from_where_each_partition_is_read(here: Unconnected) -> None:
    """From what was committed; where nothing was from the first record left, wherever aiokafka stands."""
    with answering(here, Answers({HERE: 41, THERE: None, ZERO: 0}, first=7)) as answers:
        here.run(here.consumer.perform_seek())

    assert here.told == [{HERE: 41, THERE: 7, ZERO: 0}]
    assert answers.positions == {HERE: 41, THERE: 7, ZERO: 0}


def test_what_was_committed_is_told_though_it_has_expired(here: Unconnected) -> None:
    """Aiokafka goes on to the first record that is left; whoever hears of the commit sees the loss."""
    answers = Answers({HERE: 41, ZERO: 0})

    async def moved_on(_: TP) -> int:
        return 90

    answers.position = moved_on  # type: ignore[method-assign]
    with answering(here, answers):
        here.run(here.consumer.perform_seek())

    assert here.told == [{HERE: 41, ZERO: 0}]


def test_the_listener_may_have_reading_begin_elsewhere(here: Unconnected) -> None:
    """Where the judge stands, for one, and not at the ledger's first record."""
    here.elsewhere = {THERE: 12}
    with answering(here, Answers({HERE: 41, THERE: None})) as answers:
        here.run(here.consumer.perform_seek())

    assert answers.positions == {HERE: 41, THERE: 12}


def test_nothing_is_fetched_while_positions_are_sought(here: Unconnected) -> None:
    """The flow stands still, and what was under way before is let go: Faust resumes it behind the seek."""
    here.consumer.resume_flow()
    with answering(here, Answers({HERE: 41})):
        here.run(here.consumer.perform_seek())

    assert not here.consumer.flow_active


def test_positions_that_kafka_does_not_tell_end_the_worker(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust would give up without a word and leave the flow stopped for ever."""
    monkeypatch.setattr(driver, "_POSITIONS_S", 0.01)
    answers = Answers({HERE: None})
    monkeypatch.setattr(answers, "position", lambda _: asyncio.sleep(60))

    with answering(here, answers), pytest.raises(KafkaTimeoutError, match="is a broker down"):
        here.run(here.consumer.perform_seek())


def test_what_is_on_its_way_is_finished_and_committed_before_partitions_go(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First nothing new is begun, then the listener finishes, then its acknowledgements are committed."""
    consumer, order = here.consumer, []
    message = here.message(HERE, fetch(0, 4))

    async def revoked(partitions: set[TP]) -> None:
        order.append(f"revoked {partitions}")

    async def commit(offsets: dict[TP, int]) -> bool:
        order.append(f"commit {offsets[HERE]}")
        return True

    async def finish() -> None:
        order.append("flowing" if consumer.flow_active or here.app.flow_control.is_active() else "stopped")
        message.ack(consumer)

    here.app.flow_control.resume()
    monkeypatch.setattr(consumer, "_on_partitions_revoked", revoked)
    monkeypatch.setattr(here.app, "_producer", SimpleNamespace(flush=lambda: asyncio.sleep(0)))
    monkeypatch.setattr(consumer.transport, "listener", consumer.transport.listener._replace(revoked=finish))
    with answering(here, SimpleNamespace(commit=commit, assignment=lambda: {HERE})):
        here.run(consumer.on_partitions_revoked({HERE}))

    assert order == ["stopped", "commit 4", f"revoked { {HERE} }"]


def test_a_commit_that_is_under_way_is_not_taken_for_the_last_one(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began before the last acknowledgements; a second one follows it."""
    consumer, committed = here.consumer, []

    async def commit(offsets: dict[TP, int]) -> bool:
        committed.append(offsets[HERE])
        await asyncio.sleep(0.01)
        return True

    async def run() -> None:
        here.message(HERE, fetch(0, 4)).ack(consumer)
        under_way = asyncio.ensure_future(consumer.commit())
        await asyncio.sleep(0)
        here.message(HERE, fetch(4, 6)).ack(consumer)
        await consumer.on_partitions_revoked({HERE})
        await under_way

    monkeypatch.setattr(consumer, "_on_partitions_revoked", lambda _: asyncio.sleep(0))
    monkeypatch.setattr(here.app, "_producer", SimpleNamespace(flush=lambda: asyncio.sleep(0)))
    with answering(here, SimpleNamespace(commit=commit, assignment=lambda: {HERE})):
        here.run(run())

    assert committed == [4, 6]


def test_an_empty_assignment_is_told_too(here: Unconnected, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-by hears that it has nothing to read; Faust seeks, and thereby tells, only where it has."""
    late = here.message(HERE, fetch(0, 4))
    monkeypatch.setattr(here.consumer, "_on_partitions_assigned", lambda *_: asyncio.sleep(0))
    monkeypatch.setattr(here.app, "on_rebalance_return", lambda: None)
    here.run(here.consumer.on_partitions_assigned(set(), 7))
    late.ack(here.consumer)

    assert here.told == [{}]
    assert here.due() == {}


def test_what_was_fetched_while_the_flow_was_stopped_is_let_go(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust would seek then, and the listener would hear of an assignment that is being taken away."""
    consumer = here.consumer

    async def getmany(*_: object, **__: object) -> dict[TP, Any]:
        consumer.stop_flow()
        return {HERE: fetch(0, 4)}

    async def run() -> list[Any]:
        return [one async for one in consumer.getmany(timeout=1.0)]

    consumer._set_active_tps({HERE})
    monkeypatch.setattr(consumer, "_getmany", getmany)

    assert here.run(run()) == []
    assert here.told == []


def test_partitions_that_all_wait_for_their_agent_are_looked_at_again_soon(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is fetched for them; and no second is slept, in which the agent would have nothing to do."""
    consumer, slept = here.consumer, []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(consumer, "sleep", sleep)
    monkeypatch.setattr(consumer, "_getmany", None)  # not to be called
    consumer._set_active_tps({HERE})
    consumer.on_buffer_full(HERE)

    assert here.run(consumer._wait_next_records(1.0)) == (None, None)
    assert max(slept) < 0.1


@pytest.mark.parametrize(
    ("stable", "told"), [(18, Ends(21, 18, 1.5)), (21, Ends(21, 21, 1.5)), (None, Ends(21, 21, 1.5))]
)
def test_a_partition_tells_where_it_ends(here: Unconnected, stable: int | None, told: Ends) -> None:
    """As of its last fetch: where the next record goes, and up to where transactions let it be read."""
    here.hold(HERE)
    assert here.consumer.ends(HERE) is None

    here.state(HERE).highwater, here.state(HERE).lso, here.state(HERE).timestamp = 21, stable, 1_500
    assert here.consumer.ends(HERE) == told


def test_a_partition_that_is_not_held_tells_nothing(here: Unconnected) -> None:
    """Aiokafka only asserts that a partition is held: to ask it would end the worker at a rebalance."""
    here.hold(THERE)
    assert here.consumer.ends(HERE) is None
    here.run(asyncio.sleep(0, here.client._subscription.unsubscribe()))
    assert here.consumer.ends(HERE) is None
