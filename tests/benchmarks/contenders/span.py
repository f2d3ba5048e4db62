"""The stretch of a run that is measured: from the record that ends the warm-up to the last one."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Mark = tuple[int, float, float]  # records passed, wall seconds, CPU seconds

WARM_UP = 0.1
"""Share of the records that come first; with them goes what is before them: starting, joining the group."""


@dataclass(slots=True)
class Span:
    """Counts records as they pass and takes the clocks at both ends.

    Attributes
    ----------
    total : int
        How many records there are.
    cpu : callable
        CPU seconds, user and system, that the measured process has used; our own by default.
    """

    total: int
    cpu: Callable[[], float] = time.process_time
    passed: int = 0
    _begin: Mark | None = None
    _end: Mark | None = None

    def count(self, records: int) -> None:
        """Count records that have just been handled."""
        self.passed += records
        if self._begin is None and self.passed >= WARM_UP * self.total:
            self._begin = self._mark()
        if self.passed >= self.total:
            self._end = self._mark()

    @property
    def is_over(self) -> bool:
        """Whether all records have passed."""
        return self._end is not None

    def report(self, process: int | str = "self") -> dict[str, float]:
        """Return what was measured, and the most memory that a process has held so far, in bytes."""
        assert self._begin is not None
        assert self._end is not None
        records, seconds, cpu_s = (end - begin for begin, end in zip(self._begin, self._end, strict=True))
        return {"records": records, "seconds": seconds, "cpu_s": cpu_s, "peak_rss": peak_rss(process)}

    def _mark(self) -> Mark:
        return self.passed, time.perf_counter(), self.cpu()


def peak_rss(process: int | str) -> int:
    """Return the most memory that a process has held resident, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    [line] = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1_024
