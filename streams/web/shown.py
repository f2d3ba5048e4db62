"""The snapshot that is shown, and to whom it is none: the judge is elsewhere, or has not caught up."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from models.snapshot import Snapshot
from streams.health import Health
from streams.judging import Judging
from streams.web.refusal import Refusal

_HOLD_S: Final = 1.0
"""The page is no newer: taking a picture costs the judge time, however many ask."""
_AGAIN_S: Final = "5"


class Shown(NamedTuple):
    """A snapshot, and the version of the state that it is of."""

    version: int
    snapshot: Snapshot


@dataclass(slots=True)
class Window:
    """What of the judge is seen through HTTP, at most a second old."""

    health: Health
    monotonic: Callable[[], float] = time.monotonic
    _taken: tuple[Judging, float, Shown] | None = None
    _taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self) -> Shown:
        """Return what is shown now.

        Raises
        ------
        Refusal
            503 where another worker judges, and until the judge has caught up.
        """
        if not self.health.ownership.caught_up:
            self._taken = None  # it would keep a judge that was let go
        shown = await self.picture() if self.health.ownership.caught_up else None
        if shown is None:
            raise self._refusal()
        return shown

    async def picture(self) -> Shown | None:
        """Return the state as it is, be it behind the ledger; None where the judge is not here.

        For a picture the judge finishes what it has begun; an error in that ends the worker, as it would
        where the record is applied.
        """
        async with self._taking:  # who comes while one is taken gets that one
            return self._held() or await self._taken_anew()

    def _held(self) -> Shown | None:
        owner = self.health.ownership
        if owner.judging is None:
            self._taken = None
        if self._taken is None:
            return None
        of, at, shown = self._taken
        is_new = shown.version == owner.version or self.monotonic() - at < _HOLD_S
        return shown if of is owner.judging and is_new else None

    async def _taken_anew(self) -> Shown | None:
        owner = self.health.ownership
        try:
            snapshot = await owner.picture()
        except Exception as error:
            await owner.crash(error)
            raise
        if snapshot is None or owner.judging is None:
            return None
        shown = Shown(owner.version, snapshot)
        self._taken = owner.judging, self.monotonic(), shown
        return shown

    def _refusal(self) -> Refusal:
        health = self.health
        if health.ownership.judging is None and health.is_assigned and not health.holds_ledger:
            return Refusal(
                503,
                "judge_elsewhere",
                "the judge is not in this worker: ask the others. It is where touchpoint_judge_active is 1",
                {"Retry-After": _AGAIN_S},
            )
        return Refusal(
            503,
            "recovering",
            "this worker has not caught up with the ledger and shows nothing before; ask again soon",
            {"Retry-After": _AGAIN_S},
        )
