"""Judging: the ledger's records in order into the judge, its alerts out to their topic."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import orjson

from models.judge import Judge
from models.snapshot import Snapshot
from models.verdicts import Alert
from streams.config import Config
from streams.document import alert_document
from streams.ledger import decode

log: Final = logging.getLogger("touchpoint.judging")

Publish = Callable[[str, bytes, bytes], Awaitable[object]]
"""Produce a record (topic, value, key) and return when it is acknowledged."""


@dataclass(slots=True)
class Judging:
    """The owner of the judge.

    Attributes
    ----------
    next_offset : int
        The ledger's record that is due; those before it have been applied.
    caught_up_at : int or None
        The ledger's end when this process began: until it is reached nothing is published (rule 10).
    version : int
        Grows with every record applied, so that who shows the state knows when it is stale.
    """

    config: Config
    publish: Publish
    judge: Judge = field(init=False)
    next_offset: int = 0
    caught_up_at: int | None = None
    version: int = 0
    published: int = 0
    _told: dict[str, Alert] = field(default_factory=dict)
    _told_steps: int = 0

    def __post_init__(self) -> None:
        """Begin with an empty judge."""
        self.judge = Judge(self.config)

    @property
    def caught_up(self) -> bool:
        """Whether the ledger, as it was when this process began, has been applied."""
        return self.caught_up_at is not None and self.next_offset >= self.caught_up_at

    async def take(self, offset: int, value: bytes) -> None:
        """Apply one record of the ledger; one that has been applied before is skipped.

        Raises
        ------
        SegmentError
            For a record that this program cannot read.
        """
        if offset < self.next_offset:
            return
        self.judge.apply(decode(value))
        self.next_offset = offset + 1
        self.version += 1
        if self.caught_up and self.judge.steps != self._told_steps:
            await self._publish(offset)
            self._told_steps = self.judge.steps

    def snapshot(self) -> Snapshot:
        """Return the judge's state as shown."""
        return self.judge.snapshot()

    async def _publish(self, offset: int) -> None:
        """Publish the alerts that have changed; after catching up that is all of them, under the same ids."""
        now = {alert.id: alert for alert in self.judge.alerts}
        for key, alert in now.items():
            before = self._told.get(key)
            if before is alert:
                continue
            told = alert_document(alert)
            if before is not None and alert_document(before) == told:  # there NaN is null, equal to itself
                continue
            record = told | {
                "ledger_offset": offset,
                "config_hash": self.config.fingerprint(),
            }
            await self.publish(self.config.topics.alerts, orjson.dumps(record), key.encode())
            self.published += 1
            _log_transition(before, alert)
        self._told = now


def _log_transition(before: Alert | None, alert: Alert) -> None:
    """Say that an alert was raised or has ended; other changes are for the page."""
    stood, stands = before is not None and before.until is None, alert.until is None
    if stood != stands:
        told = {"kind": alert.kind, "alert": alert.id, "measure": alert.measure}
        log.info("alert raised" if stands else "alert ended", extra=told)
