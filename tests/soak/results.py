"""Where what was seen goes: to the screen, and from a run at full length into `results.md`."""

from pathlib import Path
from typing import Final

from benchmarks.results import measured_on
from soak.sizes import FULL

_FILE: Final = Path(__file__).with_name("results.md")
_HEAD: Final = """\
# What `make soak` saw

Each line is a scenario at full length, on a real Apache Kafka 4.3.1 on the same machine.

| scenario | what was done | what was seen | when, on what |
|---|---|---|---|
"""


def tell(scenario: str, done: str, seen: str) -> None:
    """Print a result and, at full length, put it in the place of its predecessor in the file."""
    print(f"\n{scenario}: {done}: {seen}")
    if not FULL:
        return
    text = _FILE.read_text() if _FILE.exists() else _HEAD
    rows = [row for row in text.removeprefix(_HEAD).splitlines() if not row.startswith(f"| {scenario} |")]
    rows.append(f"| {scenario} | {done} | {seen} | {measured_on()} |")
    _FILE.write_text(_HEAD + "\n".join(sorted(rows)) + "\n")
