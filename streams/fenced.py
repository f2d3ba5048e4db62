"""A producer of which only the newest works: who opens it shuts out all who opened it before.

Kafka keeps the promise, not a clock: a process that was paused and wakes up finds its transactions refused,
however sure it is that it still owns the judge.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    KafkaTimeoutError,
    ProducerClosed,
    ProducerFenced,
)

from streams.config import Config
from streams.connection import client_settings
from streams.producer import BATCH_BYTES

_KAFKA_ABORTS_AFTER_MS: Final = 60_000
_TRANSACTION_S: Final = 45.0
"""Less than Kafka's patience: what it aborts looks as if another process had opened the producer."""
_CLOSE_S: Final = 5.0


class FencedError(Exception):
    """Another process has opened the producer since, or Kafka has lost patience with this one."""


class FencedProducer:
    """Writes in transactions under the name `<app_id>-judge`.

    Parameters
    ----------
    transactional : bool
        Without, nobody is shut out and transactions are plain sends: for the demo's broker, which knows
        no transactions.
    """

    def __init__(self, config: Config, *, transactional: bool) -> None:
        self._config = config
        self._transactional = transactional
        self._one_at_a_time = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._stopping: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Shut out who opened it before, aborting what they had begun; a transaction here is waited for."""
        settings: dict[str, Any] = client_settings(self._config.kafka)
        if self._transactional:
            settings |= {
                "transactional_id": f"{self._config.kafka.app_id}-judge",
                "transaction_timeout_ms": _KAFKA_ABORTS_AFTER_MS,
                "compression_type": "zstd",
            }
        async with self._one_at_a_time:
            self._let_go()
            self._producer = AIOKafkaProducer(**settings, acks="all", max_batch_size=BATCH_BYTES)
            try:
                await self._producer.start()
            except BaseException:
                self._let_go()
                raise

    async def close(self) -> None:
        """Let go of it; what was begun is aborted by who opens it next, or by Kafka after a minute."""
        self._let_go()
        if self._stopping:
            await asyncio.wait(self._stopping, timeout=_CLOSE_S)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AIOKafkaProducer]:
        """Yield the producer; what is sent inside becomes visible together, or not at all.

        Where anything fails it has to be opened again: of a transaction that failed on the way nothing is
        known, it may even have been committed.

        Raises
        ------
        FencedError
            Where another process has opened the producer since.
        KafkaError
            Where it is not open, or Kafka refuses or does not answer.
        """
        async with self._one_at_a_time:
            producer = self._producer
            if producer is None:
                raise ProducerClosed
            try:
                async with asyncio.timeout(_TRANSACTION_S):
                    if self._transactional:
                        await producer.begin_transaction()
                        yield producer
                        await producer.commit_transaction()
                    else:
                        yield producer
            except BaseException as error:
                self._let_go()
                if isinstance(error, (ProducerFenced, InvalidProducerEpoch)):
                    raise FencedError from error
                if isinstance(error, TimeoutError):
                    raise KafkaTimeoutError(f"no answer in {_TRANSACTION_S:.0f} s") from error
                raise

    def _let_go(self) -> None:
        """Stop the producer in the background: as long as Kafka is away that does not come to an end."""
        producer, self._producer = self._producer, None
        if producer is not None:
            stopping = asyncio.ensure_future(_stop(producer))
            self._stopping.add(stopping)
            stopping.add_done_callback(self._stopping.discard)


async def _stop(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError):  # such as having been shut out
        await producer.stop()
