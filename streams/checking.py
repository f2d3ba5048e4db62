"""For upstream engineers: whether events are what the contract asks for."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import click
import numpy as np

from models.identity import Identity, Keys
from models.settings import SECOND
from streams.config import Config
from streams.formats import FORMATS
from streams.lines import LineFile

_BATCH: Final = 8_192
_EXAMPLES: Final = 3


@dataclass(slots=True)
class Checked:
    """What was found: how many events, how many bad by reason, and the first of each with line and path."""

    read: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the findings as plain containers."""
        return {
            "version": 1,
            "read": self.read,
            "good": self.read - sum(self.bad.values()),
            "bad": dict(self.bad),
            "examples": self.examples,
        }


def check(
    names: Sequence[str], config: Config, *, now: int, progress: Callable[[int], object] = lambda _: None
) -> Checked:
    """Read all lines of these files and say which are no handlings, without keeping anything of them.

    Raises
    ------
    FileError
        Where a file cannot be read.
    """
    found = Checked()
    identity = Identity(Keys.public())  # nothing leaves this function, so there is nothing to hide
    decode = FORMATS[config.sources.format]
    for name in names:
        line = 1
        with LineFile(name, config.intake.record_bytes_max) as file:
            for lines in file.batches(_BATCH, progress):
                decoded = decode(
                    lines,
                    np.arange(line, line + len(lines)),
                    facts=(),
                    identity=identity,
                    latest=now + config.intake.skew_s * SECOND,
                    record_bytes_max=config.intake.record_bytes_max,
                )
                for reject in decoded.rejects:
                    found.bad[reject.reason] += 1
                    examples = found.examples.setdefault(reject.reason, [])
                    if len(examples) < _EXAMPLES:
                        examples.append(
                            {"file": click.format_filename(name), "line": reject.offset, "path": reject.path}
                        )
                found.read += len(lines)
                line += len(lines)
    return found


def lines_of(found: Checked) -> Iterator[str]:
    """Yield what was found, in words."""
    bad = sum(found.bad.values())
    summary = f"{found.read:,} events: {found.read - bad:,} good, {bad:,} bad"
    yield click.style(summary, fg="red" if bad else "green", bold=True)
    for reason, count in found.bad.most_common():
        yield f"  {count:>8,}  {reason}"
        for example in found.examples[reason]:
            yield f"            {example['file']}:{example['line']}  {example['path']}"
