"""What is built on inside Faust and aiokafka: where one fails, look before you pin a newer one.

What these do, beside being there, is held by the tests of the transport, which run on them.
"""

import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

import faust
import pytest
from aiokafka.consumer import consumer as aiokafka_consumer
from faust.tables.recovery import Recovery
from faust.transport import base
from faust.transport.consumer import Consumer, ThreadDelegateConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from yarl import URL

from models.errors import TouchpointError
from streams.transport import Listener, Transport, relied_on
from streams.transport.driver import FetchConsumer
from streams.transport.thread import FetchThread

NAMES = [(owner, name) for owner, names in relied_on.METHODS.items() for name in names]
HERE = TP("events", 0)


def transport() -> Transport:
    """Return a transport as the worker makes it."""

    async def revoked() -> None:
        """Nothing is on its way."""

    listener = Listener(lambda _: {}, revoked)
    return Transport([URL("kafka://127.0.0.1:9")], faust.App("t"), whole=("events",), listener=listener)


@pytest.mark.parametrize(("owner", "name"), NAMES, ids=lambda one: getattr(one, "__name__", one))
def test_what_is_called_or_overridden_is_there(owner: type, name: str) -> None:
    """Where it was, in that very class, else an override would silently do nothing."""
    assert name in vars(owner), f"{owner.__module__}.{owner.__qualname__} has no {name} of its own any more"


@pytest.mark.parametrize(("name", "module"), relied_on.ATTRIBUTES.items())
def test_what_is_read_or_set_is_there(name: str, module: str) -> None:
    """The module makes the attribute, or what is set would be read by nobody."""
    source = inspect.getsource(importlib.import_module(module))

    assert re.search(rf"self\.{name}\b(: [^=\n]+)? = |^    {name}: ", source, re.MULTILINE), (
        f"{module} has no {name} any more"
    )


@pytest.mark.parametrize("name", ["_fetch_max_wait_ms", "_isolation_level", "_max_poll_interval_ms"])
def test_what_is_set_before_the_client_starts_is_read_when_it_does(name: str) -> None:
    """Each reaches the fetcher or the coordinator that `start` makes."""
    started = inspect.getsource(aiokafka_consumer.AIOKafkaConsumer.start)

    assert f"=self.{name}" in started, f"AIOKafkaConsumer.start no longer reads {name}"


CALLS: list[tuple[Any, str, tuple[Any, ...], dict[str, Any]]] = [
    (driver.AIOKafkaConsumerThread, "seek_to_beginning", (HERE, HERE), {}),
    (Consumer, "commit", (), {}),
    (Consumer, "maybe_wait_for_commit_to_finish", (), {}),
    (Consumer, "stop_flow", (), {}),
    (Consumer, "_get_active_partitions", (), {}),
    (ThreadDelegateConsumer, "position", (HERE,), {}),
    (ThreadDelegateConsumer, "assignment", (), {}),
    (ThreadDelegateConsumer, "seek_wait", ({HERE: 1},), {}),
]


@pytest.mark.parametrize(("owner", "name", "given", "named"), CALLS, ids=[one[1] for one in CALLS])
def test_what_is_called_takes_what_it_is_given(
    owner: type, name: str, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    """The signature is the one that is called."""
    inspect.signature(getattr(owner, name)).bind(None, *given, **named)


OVERRIDDEN = [
    (mine, theirs, name)
    for mine, theirs in ((FetchConsumer, driver.Consumer), (FetchThread, driver.AIOKafkaConsumerThread))
    for name in vars(mine)
    if inspect.isfunction(vars(mine)[name]) and hasattr(theirs, name) and name != "__init__"
]


@pytest.mark.parametrize(("mine", "theirs", "name"), OVERRIDDEN, ids=[one[2] for one in OVERRIDDEN])
def test_an_override_takes_what_it_is_given(mine: type, theirs: type, name: str) -> None:
    """Its parameters are those of what it stands for, and it is awaited where that is."""
    ours, stock = getattr(mine, name), getattr(theirs, name)

    assert list(inspect.signature(ours).parameters) == list(inspect.signature(stock).parameters)
    assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(stock)


@pytest.mark.parametrize("name", sorted({one[2] for one in OVERRIDDEN if one[2].startswith("_")}))
def test_an_override_of_a_private_name_is_told(name: str) -> None:
    """The list of what is relied on names every one, so that nothing is forgotten at an upgrade."""
    assert name in {told for _, told in NAMES}


@pytest.mark.parametrize(
    ("caller", "call"),
    [
        (ThreadDelegateConsumer.__init__, "self._new_consumer_thread()"),
        (base.Transport.create_consumer, "self.Consumer("),
        (driver.AIOKafkaConsumerThread._create_consumer, "self._create_worker_consumer("),
        (driver.AIOKafkaConsumerThread.getmany, "self._fetch_records"),
        (driver.AIOKafkaConsumerThread._fetch_records, "self.consumer.flow_active"),
        (driver.ConsumerRebalanceListener.on_partitions_assigned, "consumer_generation_id = generation"),
        (Consumer.getmany, "await self._wait_next_records(timeout)"),
        (Consumer.getmany, "if records is None or self.should_stop:\n            return"),
        (Consumer.getmany, "self.scheduler.iterate(records)"),
        (ThreadDelegateConsumer.seek_wait, "self._thread.seek_wait(partitions)"),
        (driver.AIOKafkaConsumerThread.seek_wait, "self.call_thread("),
        (Consumer._filter_tps_with_pending_acks, "in self._acked\n"),
        (Consumer._filter_committable_offsets, "self._new_offset(tp)"),
        (Recovery._resume_streams, "consumer.perform_seek(), timeout="),
    ],
)
def test_faust_still_goes_this_way(caller: Callable[..., Any], call: str) -> None:
    """Each override stands where Faust's own code passes, and what is to run in the thread does."""
    assert call in inspect.getsource(caller), f"{caller.__qualname__} no longer has {call}"


def test_faust_lets_the_flow_go_on_only_behind_the_seek() -> None:
    """So whatever was fetched while it was stopped is fetched again, and may be let go."""
    resuming = inspect.getsource(Recovery._resume_streams)

    assert resuming.index("perform_seek()") < resuming.index("resume_flow()")


def test_the_pinned_versions_have_it_all() -> None:
    """A transport can be made."""
    assert list(relied_on.missing()) == []
    assert isinstance(transport(), Transport)


@pytest.mark.parametrize(("owner", "name"), NAMES, ids=lambda one: getattr(one, "__name__", one))
def test_without_one_of_them_there_is_no_transport(
    owner: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is named, with the versions that lack it and what to install."""
    for one in (one for one in owner.__mro__ if name in vars(one)):
        monkeypatch.delattr(one, name)

    with pytest.raises(TouchpointError) as refused:
        transport()
    assert f"{owner.__module__}.{owner.__qualname__}.{name}" in str(refused.value)
    assert faust.__version__ in str(refused.value)
    assert "requirements/run.txt" in str(refused.value)


@pytest.mark.parametrize(
    "name", ["faust.streams._CStreamIterator", "faust.transport.conductor.ConductorHandler"]
)
def test_without_the_compiled_modules_there_is_no_transport(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pure-Python stream acknowledges what it skips after a rebalance, which would lose records."""
    monkeypatch.setattr(name, None)

    with pytest.raises(TouchpointError, match="NO_CYTHON"):
        transport()
