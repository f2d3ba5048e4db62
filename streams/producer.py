"""A producer that gives nothing up: while Kafka is away, what was handed over waits, in order."""

import asyncio
import logging
import math
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from streams.config import Config
from streams.connection import client_settings

log: Final = logging.getLogger("touchpoint.producer")

BATCH_BYTES: Final = 512 * 1_024
"""A segment at its largest: one produce request takes it, or some smaller ones together."""


class PatientProducer:
    """Produces with `acks=all` and, where the broker has it, idempotently.

    Parameters
    ----------
    embedded : bool
        The broker is the demo's: it knows no idempotent producers and no compression but gzip.
    settings
        Further ones of aiokafka's producer.
    """

    def __init__(self, config: Config, *, embedded: bool = False, **settings: Any) -> None:
        self._producer = AIOKafkaProducer(
            **client_settings(config.kafka),
            acks="all",
            enable_idempotence=not embedded,
            compression_type=None if embedded else "zstd",
            max_batch_size=BATCH_BYTES,
            **settings,
        )
        # aiokafka fails what has waited for a leader as long as a request may take, 40 s; a segment that is
        # given up while later ones are written would leave a gap behind.
        self._producer._message_accumulator._batch_ttl = math.inf  # noqa: SLF001

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Hand over what waits and disconnect."""
        await self._producer.stop()

    async def send(
        self,
        topic: str,
        value: bytes,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> "asyncio.Future[object]":
        """Return a future of the record's acknowledgement once there is room for it."""
        while True:
            try:
                sent: asyncio.Future[object] = await self._producer.send(
                    topic, value, key=key, headers=headers
                )
            except KafkaTimeoutError:  # nothing was taken: the batches before have no room left
                log.warning("Kafka takes no records; waiting for it", extra={"topic": topic})
            else:
                return sent
