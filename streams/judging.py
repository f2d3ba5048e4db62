"""Judging: the ledger's records in order into the judge."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Final, Self

from models.errors import TouchpointError
from models.judge import Judge
from models.settings import JudgeSettings
from streams.ledger import decode

log: Final = logging.getLogger("touchpoint.judging")


class LedgerError(TouchpointError):
    """A ledger that cannot be the one that was judged so far."""


@dataclass(slots=True)
class Judging:
    """The judge at a position of the ledger.

    Attributes
    ----------
    next_offset : int
        Every record before it has been applied.
    lacks_beginning : bool
        Records had expired and were in no checkpoint, and none that came after them has been applied yet.
    incomplete_since : int or None
        When the first record after those was written, in milliseconds since 1970 UTC: of what was before,
        the state lacks some.
    """

    judge: Judge
    next_offset: int = 0
    lacks_beginning: bool = False
    incomplete_since: int | None = None
    _applying: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def restored(cls, settings: JudgeSettings, state: Any, next_offset: int) -> Self:
        """Return it as it was dumped before that record.

        Raises
        ------
        StateError
            Where the state is of no use under these settings.
        """
        judge = Judge.load(settings, state["judge"])
        return cls(judge, next_offset, state["lacks_beginning"], state["incomplete_since"])

    def dump(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "judge": self.judge.dump(),
            "lacks_beginning": self.lacks_beginning,
            "incomplete_since": self.incomplete_since,
        }

    def fit_into(self, ledger: str, start: int, end: int, told: int) -> None:
        """Take note of where the ledger starts and ends now.

        Parameters
        ----------
        told : int
            The record of the ledger that the newest alert on its topic rests on, -1 where there is none.

        Raises
        ------
        LedgerError
            Where it ends before what has been applied or told.
        """
        reached = max(self.next_offset, told + 1)
        if end < reached:
            raise LedgerError(
                f"topics.ledger: {ledger} ends at offset {end}, and the judge's state or its alerts were "
                f"made from {reached} of its records: it was made anew. Name topics for a ledger, for "
                "checkpoints and for alerts that have not been used, or bring the old ledger back"
            )
        if start > self.next_offset:
            log.warning(
                "the ledger has lost its beginning and no checkpoint covers it: the history is incomplete",
                extra={"topic": ledger, "due": self.next_offset, "first": start},
            )
            self.next_offset, self.lacks_beginning = start, True

    async def take(self, offset: int, value: bytes, written_at: int) -> bool:
        """Apply the next record of the ledger; return False where it was applied before.

        What takes long, such as the end of a day, is done in pieces, and between two of them the loop turns.

        Raises
        ------
        SegmentError
            For a record that this program cannot read.
        """
        if offset < self.next_offset:
            return False
        record = decode(value)
        # Now and not after the pieces: whatever the judge is asked in between, it first does what is left.
        self.next_offset = offset + 1
        if self.lacks_beginning:
            self.lacks_beginning, self.incomplete_since = False, written_at
        async with self._applying:
            for _ in self.judge.applying(record):
                await asyncio.sleep(0)
        return True

    async def rest(self) -> None:
        """Return between two records; who asks the judge before that has the rest of one done in one go."""
        async with self._applying:
            pass

    def pass_to(self, position: int) -> None:
        """Take note that up to there the ledger holds no further record: marks of transactions are none."""
        self.next_offset = max(self.next_offset, position)
