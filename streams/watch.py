"""A look at the sources now and then: partitions added or fallen silent, topics that were made anew."""

import logging
from functools import partial
from typing import Final

from aiokafka.errors import KafkaError
from faust.types import TP
from mode import Service

from streams import topics
from streams.config import Config
from streams.health import Health
from streams.intake import Intake, SourceError
from streams.ownership import Ownership
from streams.reading import bounds

log: Final = logging.getLogger("touchpoint.watch")

_TICK_S: Final = 1.0


class SilenceWatch(Service):
    """Has partitions marked idle that are silent; while Kafka is away it waits, and nobody with it."""

    def __init__(self, health: Health) -> None:
        super().__init__()
        self._health = health

    @Service.timer(_TICK_S)
    async def _look(self) -> None:
        for tp in self._health.intake.assigned:
            await self._health.intake.mark_idle(tp, partial(self._health.end, tp))


class SourceWatch(Service):
    """Keeps intake's roster and stops the worker where a source ends before what was read of it.

    Parameters
    ----------
    with_ends : bool
        Without, only the roster is kept: the demo's broker does not tell where a partition ends.
    """

    def __init__(self, config: Config, intake: Intake, ownership: Ownership, *, with_ends: bool) -> None:
        super().__init__()
        self._config = config
        self._intake = intake
        self._ownership = ownership
        self._with_ends = with_ends

    @Service.task
    async def _watch(self) -> None:
        while not self.should_stop:
            await self.sleep(self._config.worker.watch_s)
            try:
                self._intake.roster = await topics.roster(self._config)
                if self._with_ends:
                    await self._require_ends()
            except (topics.BrokerError, topics.TopicError, KafkaError) as error:
                # A broker that is away for a moment; the roster stays as it was.
                log.warning(
                    "cannot look at the sources; trying again later", extra={"problem": type(error).__name__}
                )

    async def _require_ends(self) -> None:
        reached = self._reached()  # before the ends are asked for: both only grow
        for (topic, partition), (_, end) in (await bounds(self._config, list(reached))).items():
            if end < reached[topic, partition]:
                epoch = self._config.sources.epoch
                raise SourceError(TP(topic, partition), reached[topic, partition], end, epoch)

    def _reached(self) -> dict[tuple[str, int], int]:
        """Return up to where partitions of the current epoch were read: by the judge's word or by ours.

        A group forgets a topic that is deleted, so after that only the judge knows how far it was read.
        """
        roster, epoch = self._intake.roster, self._config.sources.epoch
        judging = self._ownership.judging
        reached = {(tp.topic, tp.partition): self._intake.position(tp) or 0 for tp in self._intake.assigned}
        for source, position in () if judging is None else judging.judge.positions():
            place = source.topic, source.partition
            if source.epoch == epoch and source.partition < roster.get(source.topic, 0):
                reached[place] = max(position, reached.get(place, 0))
        return reached
