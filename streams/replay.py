"""The same core over files: no broker, every file a partition, the whole told at the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from models.identity import Identity
from models.judge import Judge
from models.segment import ROWS_MAX, IdleMark, Source
from models.settings import SECOND, facts_of
from streams.config import Config
from streams.formats import FORMATS
from streams.ledger import segment_of
from streams.lines import LineFile

_TOPIC: Final = "replay"
_WHOLE_LATENESS_S: Final = 100_000_000
"""Three years: what is judged as a whole need not be in order; only the valve bounds what waits."""


@dataclass(slots=True)
class _Partition:
    """One file on its way: what is left of it, where it stands, and the latest event time it has shown."""

    source: Source
    batches: Iterator[list[bytes]]
    position: int = 0
    latest: int = field(default=np.iinfo(np.int64).min)


def replay(
    names: Sequence[str],
    config: Config,
    identity: Identity,
    *,
    now: int,
    whole: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> Judge:
    """Return the judge after all lines of these files.

    Parameters
    ----------
    names : sequence of str
        Paths, or `-` for standard input.
    now : int
        Microseconds since 1970 UTC: what the skew of event times is held against.
    whole : bool
        Everything is one step and one window.
    progress : callable
        Told how many bytes on disk were read.

    Raises
    ------
    FileError
        Where a file cannot be read.
    """
    # At the end of a file there is nothing to wait for, and the wall clock says nothing about the past.
    lateness_s = _WHOLE_LATENESS_S if whole else config.time.lateness_s
    settings = replace(config, time=replace(config.time, clock="event", lateness_s=lateness_s))
    judge = Judge(settings, whole=whole)
    facts = facts_of(config.measures)
    decode = FORMATS[config.sources.format]
    roster = {_TOPIC: len(names)}
    with ExitStack() as stack:
        files = [stack.enter_context(LineFile(name, config.intake.record_bytes_max)) for name in names]
        partitions = [
            _Partition(Source(_TOPIC, place, config.sources.epoch), file.batches(ROWS_MAX, progress))
            for place, file in enumerate(files)
        ]
        while partitions:
            partition = min(partitions, key=lambda one: one.latest)  # or rows of the others would pile up
            lines = next(partition.batches, None)
            if lines is None:
                partitions.remove(partition)
                judge.apply(IdleMark(partition.source, partition.position, roster, now))
                continue
            start, end = partition.position, partition.position + len(lines)
            decoded = decode(
                lines,
                np.arange(start, end),
                facts=facts,
                identity=identity,
                latest=now + config.intake.skew_s * SECOND,
                record_bytes_max=config.intake.record_bytes_max,
            )
            judge.apply(segment_of(decoded, partition.source, start, end, roster, identity.key_id))
            partition.position = end
            partition.latest = max(partition.latest, int(decoded.rows.time.max(initial=partition.latest)))
    judge.finish()
    return judge
