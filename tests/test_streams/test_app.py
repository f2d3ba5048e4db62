"""How the worker puts its application together: settings of which each guards against a loss."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from mode.supervisors import CrashingSupervisor
from taking import PSEUDONYMS

from streams import producer
from streams.app import Worker
from streams.config import Config
from streams.transport import FetchConsumer, FetchScheduler, Transport

CONFIG = Config()
[SOURCE] = CONFIG.sources.topics


def unconnected(**options: Any) -> SimpleNamespace:
    """Return what a producer was to be made with, instead of one that wants to be closed."""
    return SimpleNamespace(options=options, _message_accumulator=SimpleNamespace())


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Lend a worker put together, its consumer too, with nothing started."""

    async def make() -> Worker:
        made = Worker(CONFIG, PSEUDONYMS, {SOURCE: 2}, str(tmp_path_factory.mktemp("faust")))
        assert made.app.consumer is not None
        return made

    with pytest.MonkeyPatch.context() as patched, asyncio.Runner() as runner:
        patched.setattr(producer, "AIOKafkaProducer", unconnected)
        made = runner.run(make())
        yield made
        consumer: Any = made.app.consumer
        consumer._thread.thread_loop.close()


def test_the_transport_is_ours(worker: Worker) -> None:
    """Sources and ledger are read in whole fetches, through our consumer."""
    transport: Any = worker.app.transport

    assert isinstance(transport, Transport)
    assert isinstance(worker.app.consumer, FetchConsumer)
    assert transport.whole == {SOURCE, CONFIG.topics.ledger}


def test_the_app_is_set_up_so_that_nothing_is_lost(worker: Worker) -> None:
    """An agent that fails stops the worker, the assignor keeps the judge in place, nothing is passed over."""
    conf: Any = worker.app.conf
    assert conf.agent_supervisor is CrashingSupervisor
    assert conf.ConsumerScheduler is FetchScheduler
    assert conf.table_standby_replicas == 1
    assert conf.consumer_auto_offset_reset == "earliest"
    assert conf.stream_wait_empty is False
    assert conf.processing_guarantee.name == "AT_LEAST_ONCE"
    assert conf.id == CONFIG.kafka.app_id
    assert not conf.topic_allow_declare
    assert conf.broker_heartbeat_interval * 3 <= conf.broker_session_timeout


def test_the_ledger_is_read_without_acknowledging(worker: Worker) -> None:
    """Sources are acknowledged, the ledger never: the judge itself knows how far it has come."""
    channels: dict[str, Any] = {name: agent.channel for name, agent in worker.app.agents.items()}

    assert (channels["intake"].acks, channels["judge"].acks) == (True, False)
    assert channels["intake"].topics == (SOURCE,)
    assert channels["judge"].topics == (CONFIG.topics.ledger,)


def test_what_is_produced_must_be_on_all_replicas(worker: Worker) -> None:
    """A segment counts as written when Kafka has it for good, and a retry writes it once."""
    made: Any = worker.producer._producer
    options = made.options

    assert options["acks"] == "all"
    assert options["enable_idempotence"] is True


def test_assignments_are_counted(worker: Worker) -> None:
    """Each that the group gives, be it nothing: many of them are a group that does not come to rest."""
    before = worker.health.rebalances
    for begins_at in ({TP(SOURCE, 0): 0}, {}):
        worker._assigned(begins_at)

    assert worker.health.rebalances == before + 2


def test_stages_are_timed_in_one_place(worker: Worker) -> None:
    """What intake and the judge's owner take is on the same page."""
    assert worker.ownership._durations is worker.intake.durations
