"""The service's own topics as they must be, and how they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from streams.checkpoints.manifest import PARTITIONS, TOPIC_SETTINGS
from streams.config import Config
from streams.topics.cluster import NewTopic

DAY_MS: Final = 86_400_000
RECORD_BYTES: Final = 1_048_576
"""A segment or dead letter is smaller; Kafka's default of 1,048,588 holds it with its frame."""
_DEAD_LETTER_DAYS: Final = 7
"""Dead letters hold what upstream sent, ids included: time enough to look, and no longer."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a setting of a topic must be.

    Attributes
    ----------
    value : str
        What it is made with, and must be exactly, unless there is a bound.
    at_least : int, optional
        From here on it will do; so does -1, which is without end.
    grave : bool
        Whether the service would lose something otherwise.
    """

    value: str
    at_least: int | None = None
    grave: bool = True

    def is_met_by(self, value: str) -> bool:
        """Tell whether a topic's setting will do."""
        if self.at_least is None:
            return value == self.value
        return int(value) == -1 or int(value) >= self.at_least


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of the service's own topics.

    Attributes
    ----------
    role : str
        Its key in the table `topics` of the configuration.
    needs : mapping
        The settings that it must have.
    made_with : mapping
        Settings that are good for it; one that has others will do.
    """

    role: str
    name: str
    partitions: int
    copies: int
    needs: Mapping[str, Need]
    made_with: Mapping[str, str] = field(default_factory=dict)

    def new(self) -> NewTopic:
        """Return it as it is made."""
        needed = {key: need.value for key, need in self.needs.items()}
        return NewTopic(self.name, self.partitions, self.copies, {**self.made_with, **needed})


def own_topics(config: Config) -> tuple[Wanted, ...]:
    """Return every topic that the service writes."""
    topics = config.topics
    copies = topics.replication_factor
    in_sync = max(1, min(2, copies - 1))
    always = {
        "max.message.bytes": Need("1048588", at_least=RECORD_BYTES),
        "min.insync.replicas": Need(str(in_sync), at_least=in_sync, grave=False),
    }
    ledger = {
        "cleanup.policy": Need("delete"),
        "retention.ms": Need(
            str(topics.ledger_retention_days * DAY_MS), at_least=int(config.ledger_days_least * DAY_MS)
        ),
        "retention.bytes": Need("-1"),
    }
    dead_letters = {
        "cleanup.policy": Need("delete"),
        "retention.ms": Need(str(_DEAD_LETTER_DAYS * DAY_MS), grave=False),
    }
    compacted = {"cleanup.policy": Need("compact")}
    return (
        Wanted("ledger", topics.ledger, 1, copies, ledger | always),
        Wanted("alerts", topics.alerts, 1, copies, compacted | always),
        Wanted("dead_letters", topics.dead_letters, 1, copies, dead_letters | always),
        Wanted("checkpoints", topics.checkpoints, PARTITIONS, copies, compacted | always, TOPIC_SETTINGS),
    )
