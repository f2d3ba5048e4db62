"""Where figures go: to the screen, and, where they were taken at full size, to `results.md`."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

FULL: Final = 1_000_000
EVENTS: Final = int(os.environ.get("TOUCHPOINT_BENCH_EVENTS", FULL))
"""How many events are read, folded and judged; fewer give a quick look that is not kept."""

_FILE: Final = Path(__file__).with_name("results.md")
_PACKAGES: Final = ("numpy", "msgspec", "aiokafka", "faust-streaming")


def tell(section: str, *paragraphs: str) -> None:
    """Print a section and, at full size, put it in the place of its predecessor in the file."""
    text = "\n\n".join((f"## {section}", measured_on(), *paragraphs))
    print(f"\n{text}")
    if EVENTS != FULL:
        return
    head, *sections = _FILE.read_text().rstrip().split("\n\n## ")
    kept = {one.partition("\n")[0]: f"## {one}" for one in sections}
    kept[section] = text
    _FILE.write_text("\n\n".join((head, *kept.values())) + "\n")


def measured_on() -> str:
    """Return when and on what, with versions."""
    today = datetime.now(UTC).date()
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{today}; {_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}."


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def middle(values: Sequence[float], form: str) -> str:
    """Return the median and, in brackets, the range."""
    return f"{median(values):{form}} ({min(values):{form}} - {max(values):{form}})"


def _processor() -> str:
    told = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in told if line.startswith("model name")]
    return models[0] if models else platform.machine()
