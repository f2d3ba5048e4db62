"""What the service relies on inside Faust and aiokafka: where one fails, look before you pin a newer one."""

import asyncio
import inspect
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import aiokafka
import faust
import faust.streams as compiled
import pytest
from aiokafka.consumer.subscription_state import SubscriptionState
from faust.tables import recovery
from faust.transport import base, conductor, consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.supervisors import CrashingSupervisor
from taking import PSEUDONYMS
from yarl import URL

from models.errors import TouchpointError
from streams import app as root
from streams.app import Worker
from streams.config import Config
from streams.transport import Standing, Transport

CONFIG = Config()
[SOURCE] = CONFIG.sources.topics
HERE = TP(SOURCE, 0)


class Built:
    """A worker put together, its consumer too, with nothing started."""

    def __init__(self, folder: str) -> None:
        self.worker = Worker(CONFIG, PSEUDONYMS, {SOURCE: 2}, folder)
        self.app = self.worker.app
        self.consumer = cast("Any", self.app.consumer)
        self.thread: Any = self.consumer._thread
        self.client = self.thread._consumer = self.thread._create_worker_consumer(self.app.transport)

    async def hold(self, *partitions: TP) -> Any:
        """Let aiokafka believe that these were assigned; return the state of the first."""
        self.client._subscription.assign_from_user(partitions)
        return self.client._subscription.subscription.assignment.state_value(partitions[0])

    async def close(self) -> None:
        """Let go of what was made."""
        await self.client.stop()
        self.thread.thread_loop.close()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Lend a loop: clients of Kafka cannot be made without one."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture
def built(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """Lend a worker that talks to nobody."""
    monkeypatch.setattr(root, "AIOKafkaProducer", SimpleNamespace)

    async def make() -> Built:
        return Built(str(tmp_path_factory.mktemp("faust")))

    made = loop.run_until_complete(make())
    yield made
    loop.run_until_complete(made.close())


def test_faust_runs_compiled() -> None:
    """The pure-Python stream acknowledges what it skips after a rebalance, which would lose records."""
    for module, name in ((compiled, "_CStreamIterator"), (conductor, "ConductorHandler")):
        assert getattr(module, name, None) is not None, f"{module.__name__} is not compiled"


def test_a_worker_without_the_compiled_stream_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_CYTHON, or where the wheel lacks it, the worker says so instead of losing records one day."""
    monkeypatch.setattr("faust.streams._CStreamIterator", None)

    with pytest.raises(TouchpointError, match="NO_CYTHON"):
        Transport([URL("kafka://127.0.0.1:9092")], faust.App("t"), lambda _: None)


def test_fetches_wait_briefly_and_see_only_what_was_committed(built: Built) -> None:
    """What Faust hard-codes is set on the client before it starts, under the names that the client reads."""
    assert built.client._fetch_max_wait_ms == 100
    assert built.client._isolation_level == "read_committed"
    started = inspect.getsource(aiokafka.AIOKafkaConsumer.start)
    for name in ("self._fetch_max_wait_ms", "self._isolation_level"):
        assert name in started, f"AIOKafkaConsumer.start no longer reads {name}"


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (driver.AIOKafkaConsumerThread, "_create_worker_consumer"),
        (driver.AIOKafkaConsumerThread, "_ensure_consumer"),
        (driver.Consumer, "_new_consumer_thread"),
        (driver.Consumer, "_getmany"),
        (driver.Consumer, "perform_seek"),
        (driver.Consumer, "position"),
        (driver.Consumer, "assignment"),
        (driver.Transport, "Consumer"),
        (faust.App, "transport"),
        (faust.App, "consumer"),
        (faust.App, "topic"),
        (faust.Stream, "noack"),
        (faust.Stream, "noack_take"),
        (faust.Stream, "events"),
        (faust.Event, "ack"),
        (SubscriptionState, "subscription"),
    ],
)
def test_the_names_we_build_on_are_there(owner: type, name: str) -> None:
    """What is overridden or called by name exists, else an override would silently do nothing."""
    assert hasattr(owner, name), f"{owner.__module__}.{owner.__name__} has no {name} any more"


def test_faust_still_calls_what_is_overridden() -> None:
    """Each override stands where Faust's own code goes through it."""
    source = inspect.getsource
    assert "self._new_consumer_thread()" in source(consumer.ThreadDelegateConsumer.__init__)
    assert "self._getmany(" in source(consumer.Consumer._wait_next_records)
    assert "self._create_worker_consumer(" in source(driver.AIOKafkaConsumerThread._create_consumer)
    assert "self.Consumer(" in source(base.Transport.create_consumer)
    assert "consumer.perform_seek" in source(recovery)
    assert "generation_id=self.app.consumer_generation_id" in source(driver.Consumer._to_message)


def test_the_transport_is_ours(built: Built) -> None:
    """The app reads through our consumer, on its own thread."""
    assert isinstance(built.app.transport, Transport)
    assert type(built.consumer).__module__ == type(built.thread).__module__ == "streams.transport"


def test_the_app_is_set_up_so_that_nothing_is_lost(built: Built) -> None:
    """An agent that fails stops the worker, the assignor keeps the judge in place, nothing is passed over."""
    conf: Any = built.app.conf
    assert conf.agent_supervisor is CrashingSupervisor
    assert conf.table_standby_replicas == 1
    assert conf.consumer_auto_offset_reset == "earliest"
    assert conf.stream_wait_empty is False
    assert conf.processing_guarantee.name == "AT_LEAST_ONCE"
    assert conf.id == CONFIG.kafka.app_id
    assert not conf.topic_allow_declare
    assert conf.broker_heartbeat_interval * 3 <= conf.broker_session_timeout


def test_the_ledger_is_read_without_acknowledging(built: Built) -> None:
    """Sources are acknowledged, the ledger never: every start reads it again from where the judge stands."""
    channels = {name: agent.channel for name, agent in built.app.agents.items()}

    assert (channels["intake"].acks, channels["judge"].acks) == (True, False)
    assert channels["intake"].topics == (SOURCE,)
    assert channels["judge"].topics == (CONFIG.topics.ledger,)


def test_what_is_produced_must_be_on_all_replicas(built: Built) -> None:
    """A segment counts as written when Kafka has it for good, and a retry writes it once."""
    options = vars(built.worker.producer)

    assert options["acks"] == "all"
    assert options["enable_idempotence"] is True


def test_the_positions_of_an_assignment_are_told(
    built: Built, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Faust has gone to the committed positions intake hears where each partition is read from."""
    sought = []

    async def seek(self: object) -> None:
        sought.append(self)

    async def position(tp: TP) -> int | None:
        return 41 + tp.partition if tp.topic == SOURCE else None

    monkeypatch.setattr(driver.Consumer, "perform_seek", seek)
    monkeypatch.setattr(built.consumer, "position", position)
    loop.run_until_complete(built.hold(HERE, TP(SOURCE, 1), TP(CONFIG.topics.ledger, 0)))
    loop.run_until_complete(built.consumer.perform_seek())

    assert sought == [built.consumer]
    assert set(built.worker.intake.assigned) == {HERE, TP(SOURCE, 1)}
    assert built.worker.intake.position(HERE) == 41


def test_a_partition_tells_how_far_it_was_handed_over(
    built: Built, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Next offset, last record and high watermark come from aiokafka's own state, as of the last fetch."""

    async def fetched(*_: object) -> dict[TP, list[Any]]:
        return {HERE: [SimpleNamespace(offset=18), SimpleNamespace(offset=19)]}

    async def run() -> None:
        state = await built.hold(HERE)
        assert built.consumer.standing(HERE) is None
        state.highwater = 21
        assert built.consumer.standing(HERE) == Standing(-1, -1, 21)
        state.reset_to(21)
        await built.consumer._getmany({HERE}, 1.0)
        state.consumed_to(22)

    monkeypatch.setattr(driver.Consumer, "_getmany", fetched)
    loop.run_until_complete(run())

    assert built.consumer.standing(HERE) == Standing(21, 19, 21)


def test_a_partition_that_is_not_held_tells_nothing(built: Built, loop: asyncio.AbstractEventLoop) -> None:
    """Aiokafka only asserts that a partition is held: to ask it would end the worker at a rebalance."""
    assert built.consumer.standing(HERE) is None
    loop.run_until_complete(built.hold(TP(SOURCE, 1)))
    assert built.consumer.standing(HERE) is None
