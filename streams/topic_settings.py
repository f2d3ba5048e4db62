"""The table topics: their names, and how far the ledger must reach back."""

import re
from dataclasses import dataclass
from typing import Final

from models.errors import require

_TOPIC: Final = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_NOTICE_DAYS: Final = 7
"""How long a judge may stand still unnoticed (`ledger.md` B9)."""
_DAY_S: Final = 86_400


def require_topic(name: str, key: str) -> None:
    """Refuse what Kafka would not call a topic.

    Raises
    ------
    ConfigError
    """
    require(_TOPIC.fullmatch(name) is not None, key, f"{name!r} is no name that Kafka gives a topic")


@dataclass(frozen=True, slots=True)
class TopicsConfig:
    """What is written."""

    ledger: str = "touchpoint.ledger.v1"
    alerts: str = "touchpoint.alerts.v1"
    dead_letters: str = "touchpoint.events.dlq"
    checkpoints: str = "touchpoint.checkpoints.v1"
    create: bool = True
    replication_factor: int = 1
    ledger_retention_days: int = 35

    def __post_init__(self) -> None:
        """Refuse one topic for two purposes."""
        for key, name in zip(("ledger", "alerts", "dead_letters", "checkpoints"), self.names, strict=True):
            require_topic(name, f"topics.{key}")
        distinct = len(set(self.names)) == len(self.names)
        require(distinct, "topics", "ledger, alerts, dead_letters and checkpoints need four topics")
        require(self.replication_factor >= 1, "topics.replication_factor", "must be at least 1")

    @property
    def names(self) -> tuple[str, ...]:
        """The topics themselves."""
        return (self.ledger, self.alerts, self.dead_letters, self.checkpoints)


def ledger_days_least(horizon_days: int, checkpoint_every_s: int) -> float:
    """Return how many days the ledger must reach back.

    A judge that restarts may find the newest checkpoint but one, and rows up to the correction horizon are
    still changed.
    """
    return horizon_days + 2 * checkpoint_every_s / _DAY_S + _NOTICE_DAYS


def refuse_short_ledger(topics: TopicsConfig, least: float) -> None:
    """Refuse a ledger that forgets what a restarting judge needs.

    Raises
    ------
    ConfigError
    """
    require(
        topics.ledger_retention_days > least,
        "topics.ledger_retention_days",
        f"must be more than {least:.1f}: time.correction_horizon_days, twice checkpoints.every_s, and a week "
        "in which a standstill is noticed",
    )
