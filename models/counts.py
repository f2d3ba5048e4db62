"""The conservation law (rule 11): read = accepted + rejected + duplicate + late + pending."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.rejects import REASONS
from models.state import Fields, State


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records of one topic, or of all; each counts once however often it is replayed.

    Attributes
    ----------
    read : int
        Records that have been read from the source.
    accepted : int
        Handlings that count.
    rejected : mapping of reason to int
        Records that are no handling; every reason is there.
    duplicate : int
        Copies and superseded revisions of an event that counts.
    late : int
        Handlings that came after the correction horizon.
    pending : int
        Handlings that wait for their pane to close.
    """

    read: int
    accepted: int
    rejected: Mapping[str, int]
    duplicate: int
    late: int
    pending: int


class Tally:
    """Counts per topic as they grow; `pending` is known elsewhere."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self._read = np.zeros(0, np.int64)
        self._accepted = np.zeros(0, np.int64)
        self._duplicate = np.zeros(0, np.int64)
        self._late = np.zeros(0, np.int64)
        self._rejected = np.zeros((0, len(REASONS)), np.int64)

    def topic(self, name: str) -> int:
        """Return the code of a topic."""
        if name not in self.topics:
            self.topics.append(name)
            self._read, self._accepted, self._duplicate, self._late = (
                np.append(count, 0) for count in (self._read, self._accepted, self._duplicate, self._late)
            )
            self._rejected = np.vstack((self._rejected, np.zeros(len(REASONS), np.int64)))
        return self.topics.index(name)

    def read(self, topic: int, rows: int, reasons: NDArray[np.uint8]) -> None:
        """Count records of a topic: rows that may be handlings, and the reasons of those that are not."""
        self._read[topic] += rows + len(reasons)
        self._rejected[topic] += np.bincount(reasons, minlength=len(REASONS))

    def accepted(self, topic: NDArray[np.int16]) -> None:
        """Count handlings, each under its topic."""
        self._accepted += self._per_topic(topic)

    def duplicate(self, topic: NDArray[np.int16]) -> None:
        """Count copies, each under its topic."""
        self._duplicate += self._per_topic(topic)

    def late(self, topic: NDArray[np.int16]) -> None:
        """Count handlings beyond the correction horizon, each under its topic."""
        self._late += self._per_topic(topic)

    def by_topic(self, pending: NDArray[np.int64]) -> dict[str, Counts]:
        """Return the counts of every topic, by name, given how many rows of each wait (int64[topics])."""
        return {
            name: Counts(
                read=int(self._read[code]),
                accepted=int(self._accepted[code]),
                rejected=dict(zip(REASONS, self._rejected[code].tolist(), strict=True)),
                duplicate=int(self._duplicate[code]),
                late=int(self._late[code]),
                pending=int(pending[code]),
            )
            for name, code in sorted((name, code) for code, name in enumerate(self.topics))
        }

    def dump(self) -> State:
        """Return the state."""
        return {
            "topics": list(self.topics),
            "read": self._read.copy(),
            "accepted": self._accepted.copy(),
            "duplicate": self._duplicate.copy(),
            "late": self._late.copy(),
            "rejected": self._rejected.copy(),
        }

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped; reasons may have been added since."""
        self.topics = list(state["topics"])
        self._read, self._accepted = state["read"].copy(), state["accepted"].copy()
        self._duplicate, self._late = state["duplicate"].copy(), state["late"].copy()
        self._rejected = np.zeros((len(self.topics), len(REASONS)), np.int64)
        self._rejected[:, : state["rejected"].shape[1]] = state["rejected"]

    def _per_topic(self, topic: NDArray[np.int16]) -> NDArray[np.int64]:
        return np.bincount(topic, minlength=len(self.topics))


def total(counts: Mapping[str, Counts]) -> Counts:
    """Return the sum over all topics."""
    return Counts(
        read=sum(count.read for count in counts.values()),
        accepted=sum(count.accepted for count in counts.values()),
        rejected={reason: sum(count.rejected[reason] for count in counts.values()) for reason in REASONS},
        duplicate=sum(count.duplicate for count in counts.values()),
        late=sum(count.late for count in counts.values()),
        pending=sum(count.pending for count in counts.values()),
    )
