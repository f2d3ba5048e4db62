"""All checks in order, each within its time; what cannot be looked at is said to be so."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.errors import KafkaError

from models.errors import TouchpointError
from models.identity import Identity
from models.segment import LedgerRecord
from streams import checkpoints
from streams.config import Config
from streams.diagnosis import explain
from streams.doctor import group, here, recorded, sources
from streams.doctor.findings import Finding, State
from streams.doctor.newest import Place, newest
from streams.doctor.permissions import permissions
from streams.doctor.written import topics
from streams.reading import bounds
from streams.topics.cluster import Cluster, connected
from streams.topics.survey import SOURCE, Topic, survey

_SOURCE_RECORDS: Final = 100
_LEDGER_RECORDS: Final = 20
"""Up to 10 MB; one is enough for its key, more tell of more partitions."""
_REFUSED: Final = "AuthorizationFailed"

Check = Callable[[], Awaitable[list[Finding]]]


async def examine(config: Config, *, seconds: float, wall: Callable[[], float] = time.time) -> list[Finding]:
    """Return what every check comes to, in the order in which one would mend things.

    Parameters
    ----------
    seconds : float
        What a check may take; reaching Kafka may take twice as long.
    """
    secret, identity = here.secret(config)
    findings = [here.settings(config), secret, await here.http(config.http), here.security(config.kafka)]
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(2 * seconds):
                cluster = await stack.enter_async_context(connected(config))
                asked = time.perf_counter()
                found = await survey(cluster, config)
                took = time.perf_counter() - asked
        except (TouchpointError, KafkaError, TimeoutError) as error:
            return [*findings, _unreached(config, error, 2 * seconds), *_not_looked_at()]
        findings.append(_reached(cluster, took))
        return findings + await _Kafka(config, identity, cluster, found, seconds, wall).examine()


@dataclass(slots=True)
class _Kafka:
    """The checks that need Kafka; what one of them has read, others look at too."""

    config: Config
    identity: Identity | None
    cluster: Cluster
    survey: Sequence[Topic]
    seconds: float
    wall: Callable[[], float]
    bounds: dict[Place, tuple[int, int]] = field(default_factory=dict)
    ledger: list[LedgerRecord] = field(default_factory=list)

    async def examine(self) -> list[Finding]:
        findings = await self._within_time(("rights",), self._permissions)
        findings += await self._within_time(_TOPICS, self._topics)
        ledger = await self._within_time(("ledger format", "key"), self._ledger)
        ledger += await self._within_time(("history",), self._history)
        findings += await self._within_time(("position",), self._positions)
        return findings + await self._within_time(("events", "clock"), self._events) + ledger

    async def _within_time(self, names: Sequence[str], check: Check) -> list[Finding]:
        try:
            async with asyncio.timeout(self.seconds):
                return await check()
        except TimeoutError:
            seen = f"no answer within {self.seconds:g} s"
            advice = "are all brokers up? Where the way is long, give it more with --timeout"
            return [Finding(name, State.FAILED, seen, advice) for name in names]
        except (KafkaError, TouchpointError) as error:
            is_refused = _REFUSED in type(error).__name__
            state = State.SKIPPED if is_refused else State.FAILED  # what it may not look at, "rights" tells
            return [Finding(name, state, explain(self.config.kafka, error)) for name in names]

    async def _permissions(self) -> list[Finding]:
        return await permissions(
            self.cluster, self.config, {one.found.name: one.found for one in self.survey}
        )

    async def _topics(self) -> list[Finding]:
        return await topics(self.cluster, self.config, self.survey)

    async def _ledger(self) -> list[Finding]:
        places = [*self._places(SOURCE), *self._places("ledger")]
        self.bounds = await bounds(self.config, places) if places else {}
        place = (self.config.topics.ledger, 0)
        records = await self._newest([place], _LEDGER_RECORDS)
        format_, self.ledger = recorded.decoded(self.config, records.get(place, []))
        return [format_, recorded.key(self.config, self.identity, self.ledger)]

    async def _history(self) -> list[Finding]:
        ends = self.bounds.get((self.config.topics.ledger, 0))
        if ends is None:
            return [Finding("history", State.SKIPPED, "there is no ledger yet")]
        [topic] = [one.found for one in self.survey if one.role == "checkpoints"]
        if topic.partitions not in {0, checkpoints.PARTITIONS} or topic.forbidden or topic.leaderless:
            return [Finding("history", State.SKIPPED, f"{topic.name} cannot be read")]
        restored = None
        if topic.is_there:
            restored = (await checkpoints.newest(self.config, self.seconds / 2)).checkpoint
        at = None if restored is None else restored.manifest.next_offset
        return [recorded.history(self.config, ends, at)]

    async def _positions(self) -> list[Finding]:
        places = {place: ends for place, ends in self.bounds.items() if place in self._places(SOURCE)}
        read = await group.committed(self.cluster, self.config.group, places)
        in_ledger = recorded.positions(self.config, self.ledger)
        return sources.positions(self.config, places, read, in_ledger)

    async def _events(self) -> list[Finding]:
        records = await self._newest(self._places(SOURCE), _SOURCE_RECORDS)
        now = self.wall()
        found = sources.events(self.config, self.identity, records, now)
        return [*found, sources.clock(self.config, records, now)]

    async def _newest(self, places: Sequence[Place], count: int) -> dict[Place, list[Any]]:
        there = {place: self.bounds[place] for place in places if place in self.bounds}
        return await newest(self.config, there, count, self.seconds / 2)

    def _places(self, role: str) -> list[Place]:
        """Return the partitions that can be read of the topics of a role."""
        topics = [one.found for one in self.survey if one.role == role and not one.found.leaderless]
        return [(one.name, partition) for one in topics for partition in range(one.partitions)]


_TOPICS: Final = ("source topic", "ledger topic", "alerts topic", "dead-letter topic", "checkpoint topic")


def _reached(cluster: Cluster, took: float) -> Finding:
    count = len(cluster.brokers)
    brokers = "1 broker" if count == 1 else f"{count} brokers"
    return Finding("broker", State.OK, f"cluster {cluster.id}, {brokers}, answers in {took * 1_000:.0f} ms")


def _unreached(config: Config, error: Exception, seconds: float) -> Finding:
    if isinstance(error, TimeoutError):
        seen = f"none of {', '.join(config.kafka.brokers)} answers within {seconds:g} s"
        return Finding("broker", State.FAILED, seen, "is the address right, and is the way there open?")
    seen = str(error) if isinstance(error, TouchpointError) else explain(config.kafka, error)
    return Finding("broker", State.FAILED, seen, "nothing else can be looked at before Kafka answers")


def _not_looked_at() -> list[Finding]:
    names = ("rights", *_TOPICS, "position", "events", "clock", "ledger format", "key", "history")
    return [Finding(name, State.SKIPPED, "Kafka cannot be reached") for name in names]
