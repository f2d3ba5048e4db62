"""The judge's state out of the newest checkpoint, and into the next one."""

import asyncio
import logging
import time
from typing import Any, Final

from models.errors import StateError
from models.judge import Judge
from streams import checkpoints
from streams.config import Config
from streams.judging import Judging

log: Final = logging.getLogger("touchpoint.checkpointing")

_POSITIONS_BETWEEN: Final = 1_000_000
"""Some seconds of folding: what a take-over in the midst of a backlog has to do beside restoring."""


class Checkpointing:
    """Reads the newest checkpoint and writes into the slot that does not hold it.

    Attributes
    ----------
    newest : Manifest or None
        Of the newest one that this worker has read or written.
    """

    def __init__(self, config: Config) -> None:
        self.newest: checkpoints.Manifest | None = None
        self._config = config
        self._next_slot = 0
        self._tried_at = time.monotonic()
        self._held = 0

    def is_due(self, judging: Judging) -> bool:
        """Return whether it is time for the next one, or much has been judged since the newest one."""
        since = _positions(judging) - self._held
        late = time.monotonic() - self._tried_at >= self._config.checkpoints.every_s
        return late or since >= _POSITIONS_BETWEEN

    async def restored(self) -> Judging:
        """Return the judge as it was checkpointed, a new one where there is nothing to go on from.

        Raises
        ------
        TouchpointError
            Where Kafka does not tell whether there is a checkpoint.
        """
        found = await checkpoints.newest(self._config)
        self.newest, self._next_slot, self._held = None, found.next_slot, 0
        if found.checkpoint is None:
            if found.other_formats:
                log.warning(
                    "there are checkpoints, of other state formats only: the ledger is read from its start",
                    extra={"formats": list(found.other_formats)},
                )
            return Judging(Judge(self._config))
        manifest, state = found.checkpoint.manifest, found.checkpoint.state
        try:
            judging = await asyncio.to_thread(Judging.restored, self._config, state, manifest.next_offset)
        except StateError as error:
            log.warning(
                "the checkpoint is of no use: the ledger is read from its start",
                extra={"problem": str(error)},
            )
            return Judging(Judge(self._config))
        self.newest, self._held = manifest, _positions(judging)
        return judging

    async def write(self, send: checkpoints.Send, judging: Judging) -> checkpoints.Manifest | None:
        """Write the state as it is now; return its manifest, None where the newest one holds as much.

        Raises
        ------
        CheckpointError
            Where it cannot be written.
        """
        self._tried_at, self._held = time.monotonic(), _positions(judging)
        if self.newest is not None and judging.next_offset <= self.newest.next_offset:
            return None
        await judging.rest()
        next_offset, state = judging.next_offset, judging.dump()
        encoded: Any = await asyncio.to_thread(checkpoints.encode, state)
        return await checkpoints.write(
            send,
            self._config,
            encoded,
            slot=self._next_slot,
            next_offset=next_offset,
            written_at=int(time.time()),
        )

    def written(self, manifest: checkpoints.Manifest) -> None:
        """Take note that it is there for readers."""
        self.newest, self._next_slot = manifest, 1 - manifest.slot
        log.info("checkpoint written", extra={"next": manifest.next_offset, "bytes": manifest.length})


def _positions(judging: Judging) -> int:
    """Return how far the sources have been judged, all together."""
    return sum(position for _, position in judging.judge.positions())
