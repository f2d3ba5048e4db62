"""Who owns the ledger's partition owns the judge: taking it over, holding it, leaving it (rules 9 and 10).

assigned -> shut out the owner before -> read what readers know -> restore the newest checkpoint -> fold the
rest of the ledger, silently -> caught up: show, publish what has changed, write checkpoints.

One task takes over, again where Kafka was away, and sees that nothing is left to be told; the fetches of the
ledger come from elsewhere meanwhile. What was begun under one take-over is void under the next.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import orjson
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    IllegalStateError,
    IncompatibleBrokerVersion,
    InvalidTransactionTimeout,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from mode import Service

from models.errors import CheckpointError
from models.judge import Judge
from models.snapshot import Snapshot
from streams.checkpointing import Checkpointing
from streams.checkpoints import Manifest
from streams.config import Config
from streams.diagnosis import BrokerError, explain
from streams.disclosure import alerts_shown, shown
from streams.durations import Durations, Stage
from streams.fenced import FencedError, FencedProducer
from streams.judging import Judging
from streams.publication import Publication
from streams.reading import bounds, read_to_end
from streams.transport import Fetch

log: Final = logging.getLogger("touchpoint.ownership")

_TICK_S: Final = 1.0
_LAST_CHECKPOINT_S: Final = 20.0

_REFUSALS: Final = (
    ClusterAuthorizationFailedError,
    IncompatibleBrokerVersion,
    InvalidTransactionTimeout,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
"""What does not pass by trying again."""


class Ownership(Service):
    """The judge in this worker, for as long as the ledger's partition is assigned to it.

    Attributes
    ----------
    judging : Judging or None
        None where another worker has the judge, and until its state has been restored.
    version : int
        Grows with every change of the state, so that who shows it knows when it is stale.
    published, take_overs : int
    take_over_s : float or None
        How long the last take-over lasted: from when the judge fell to this worker until it had caught up.
    failures : counter of "publish" and "checkpoint"
        Writes that Kafka did not take and that are tried again.
    """

    def __init__(
        self,
        config: Config,
        producer: FencedProducer,
        seek: Callable[[int], Awaitable[object]],
        *,
        with_checkpoints: bool = True,
        durations: Durations | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.judging: Judging | None = None
        self.version = 0
        self.published = 0
        self.take_overs = 0
        self.take_over_s: float | None = None
        self.failures: Counter[Stage] = Counter()
        self._durations = durations or Durations()
        self._producer = producer
        self._seek = seek
        self._checkpointing = Checkpointing(config) if with_checkpoints else None
        self._assignments = 0
        self._owns = False
        self._taken_over = asyncio.Event()
        self._due_at: float | None = None
        self._lacking_since: float | None = None
        self._called = asyncio.Event()
        self._follow_to: int | None = None
        self._publication: Publication | None = None

    @property
    def caught_up(self) -> bool:
        """Whether the ledger, as it was when this worker took over, has been applied."""
        judging, end = self.judging, self._follow_to
        return judging is not None and end is not None and judging.next_offset >= end

    @property
    def checkpoint(self) -> Manifest | None:
        """The newest checkpoint that this worker has read or written."""
        return None if self._checkpointing is None else self._checkpointing.newest

    def assigned(self, *, owns: bool) -> None:
        """Take note of an assignment: the ledger is read by this worker, or it is not."""
        self._assignments += 1
        self._owns = owns
        self._taken_over.clear()
        self._publication = None  # until the owner in between, if there was one, has been shut out
        if owns:
            self._take_over_in(0.0)
        else:
            self._due_at = self._lacking_since = None
            self._let_go()

    def shown(self) -> Snapshot | None:
        """Return the judge's state as it may leave this worker; None where the judge is elsewhere."""
        judging = self.judging
        return None if judging is None else shown(judging.judge, self.config.privacy)

    async def picture(self) -> Snapshot | None:
        """Return it as it is between two records."""
        if self.judging is not None:
            await self.judging.rest()
        return self.shown()

    async def take(self, fetch: Fetch) -> None:
        """Apply what a fetch of the ledger holds and publish what follows."""
        judging = self.judging
        if judging is None:  # the take-over seeks to the record that is due
            return
        if fetch.begin > judging.next_offset:
            log.info("the ledger was read ahead of the judge", extra={"due": judging.next_offset})
            self._take_over_in(0.0)
            return
        for record in fetch.records:
            if self.judging is not judging:
                return
            with self._durations.stage("judge"):
                applied = await judging.take(record.offset, record.value or b"", record.timestamp or 0)
            if applied:
                self.version += 1
                await self._settle()
                await asyncio.sleep(0)  # a fetch is many records, and the loop serves others too
        judging.pass_to(fetch.end)

    async def leave(self) -> None:
        """Write a last checkpoint: whoever comes next has less to read."""
        try:
            async with asyncio.timeout(_LAST_CHECKPOINT_S):
                if self._owns:  # where others left just before, it is taking over anew
                    await self._taken_over.wait()
                await self._write_checkpoint()
        except TimeoutError:
            log.warning("no checkpoint on leaving: Kafka took too long; the one before stands")

    async def on_shutdown(self) -> None:
        """Let the producer go."""
        await self._producer.close()

    @Service.task
    async def _hold(self) -> None:
        """Take over when it is due; publish and write what was not due or not possible before."""
        while not self.should_stop:
            self._called.clear()
            if self._due_at is not None and time.monotonic() >= self._due_at:
                await self._take_over()
            if self.judging is not None:
                await self.judging.rest()
            await self._settle()
            judging, checkpointing = self.judging, self._checkpointing
            if judging is not None and checkpointing is not None and checkpointing.is_due(judging):
                await self._write_checkpoint()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), _TICK_S)

    def _take_over_in(self, seconds: float) -> None:
        now = time.monotonic()
        if self.judging is None and self._lacking_since is None:
            self._lacking_since = now
        self._due_at = now + seconds
        self._called.set()

    async def _take_over(self) -> None:
        assignment, self._publication, self._due_at = self._assignments, None, None
        try:
            await self._producer.open()
            publication = Publication(self.config.fingerprint(), persons=self.config.privacy.mode != "team")
            for record in await read_to_end(self.config, self.config.topics.alerts, 0):
                publication.read(record.key, record.value)
            judging = self.judging or await self._restored()
            ledger = self.config.topics.ledger
            [(start, end)] = (await bounds(self.config, [(ledger, 0)])).values()
        except KafkaError as error:
            self._refuse(error)
            log.warning("waiting for Kafka to take the judge over", extra={"problem": type(error).__name__})
            if assignment == self._assignments:
                self._take_over_in(_TICK_S)
            return
        if assignment != self._assignments:
            return  # to be begun anew, or let go of
        judging.fit_into(ledger, start, end, publication.last_offset)
        self.take_overs += self.judging is None
        self.judging, self._publication, self._follow_to = judging, publication, end
        self._taken_over.set()
        self.version += 1
        with suppress(IllegalStateError):  # revoked meanwhile; the next assignment begins anew
            await self._seek(judging.next_offset)
        log.info("the judge is here", extra={"next": judging.next_offset, "end": end, "topic": ledger})

    async def _restored(self) -> Judging:
        if self._checkpointing is None:
            return Judging(Judge(self.config))
        return await self._checkpointing.restored()

    async def _settle(self) -> None:
        """Publish what the last steps have changed for readers, all of it or nothing."""
        judging, publication = self.judging, self._publication
        if judging is None or publication is None or not self.caught_up:
            return
        if self._lacking_since is not None:
            self.take_over_s, self._lacking_since = time.monotonic() - self._lacking_since, None
        if judging.judge.steps == publication.steps:
            return
        with self._writing(publication, "publish"):
            async with self._producer.transaction() as producer:
                steps = judging.judge.steps
                alerts = alerts_shown(judging.judge, self.config.privacy)
                due = publication.due(alerts, judging.next_offset - 1, judging.judge.last_step)
                topic = self.config.topics.alerts
                sent = [
                    await producer.send(topic, None if record is None else orjson.dumps(record), key.encode())
                    for key, record in due
                ]
                await asyncio.gather(*sent)
            publication.published(due, steps)
            self.published += len(due)

    async def _write_checkpoint(self) -> None:
        judging, publication, checkpointing = self.judging, self._publication, self._checkpointing
        if judging is None or publication is None or checkpointing is None or not self.caught_up:
            return
        with self._writing(publication, "checkpoint"):
            async with self._producer.transaction() as producer:
                manifest = await checkpointing.write(producer.send_and_wait, judging)
            if manifest is not None:
                checkpointing.written(manifest)

    @contextmanager
    def _writing(self, publication: Publication, stage: Stage) -> Iterator[None]:
        """Time a transaction, and see to one that fails, unless the take-over it was of is over."""
        try:
            with self._durations.stage(stage):
                yield
        except FencedError:
            if self._publication is publication:
                log.warning("another worker has taken the judge over; this one was away and lets go of it")
                self._let_go()
                # By then the group has told who owns it. If that is this worker, the other was the one that
                # was away, or Kafka had been: it aborts what takes too long.
                self._take_over_in(self.config.kafka.session_timeout_s)
        except (KafkaError, CheckpointError) as error:
            self._refuse(error)
            if self._publication is publication:
                self.failures[stage] += 1
                log.warning(
                    "Kafka took no alerts or checkpoint; trying again",
                    extra={"stage": stage, "problem": f"{type(error).__name__}: {error}"},
                )
                self._publication = None
                self._take_over_in(_TICK_S)

    def _refuse(self, error: Exception) -> None:
        """Raise what does not pass by trying again.

        Raises
        ------
        BrokerError
        """
        if isinstance(error, _REFUSALS):
            raise BrokerError(f"the judge cannot write: {explain(self.config.kafka, error)}") from None

    def _let_go(self) -> None:
        self.judging = self._publication = self._follow_to = None
        self.version += 1
