"""The alerts topic without Kafka: what owners of the judge, one after the other, have published."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from models.settings import DAY
from models.verdicts import Alert
from streams.document import alert_document
from streams.publication import Publication

SINCE = 1_704_067_200_000_000
HERE, OTHER = "0123456789ab", "ba9876543210"


@dataclass
class Topic:
    """The alerts topic: all that was ever published, oldest first."""

    records: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def publication(self, config_hash: str = HERE, *, persons: bool = True) -> Publication:
        """Return what a new owner under these settings reads in it."""
        read = Publication(config_hash, persons=persons)
        for key, record in self.records:
            read.read(key.encode(), orjson.dumps(record))
        return read

    def settle(self, publication: Publication, alerts: Sequence[Alert], offset: int) -> int:
        """Publish what is due; return how much that is."""
        due = publication.due(alerts, offset, SINCE + offset * DAY)
        self.records += [(key, dict(record)) for key, record in due if record is not None]
        gone = {key for key, record in due if record is None}
        self.records = [(key, record) for key, record in self.records if key not in gone]
        publication.published(due, offset)
        return len(due)

    def told(self) -> list[tuple[str, str | None]]:
        """Return id and end of each record."""
        return [(key, record["until"]) for key, record in self.records]

    @property
    def compacted(self) -> dict[str, dict[str, Any]]:
        """The last document of each alert."""
        return {key: document(record) for key, record in self.records}


def document(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in {"ledger_offset", "config_hash"}}


def as_read(alert: Alert) -> Any:
    """Return an alert as its readers have it."""
    return orjson.loads(orjson.dumps(alert_document(alert)))
