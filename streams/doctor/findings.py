"""What a check comes to, as plain containers and in words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

import click

from streams import terminal
from streams.topics.faults import Fault


class State(StrEnum):
    """How a check ended.

    ok; warning: the worker runs, and somebody should know; failed: it cannot run, or loses something;
    skipped: it could not be checked.
    """

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """What one check came to.

    Attributes
    ----------
    check : str
        Its name; these names are a contract.
    seen, advice, command : str
        What was seen; what to do about it; with which of Kafka's commands.
    about : str or None
        The topic or group, where the check is about one.
    """

    check: str
    state: State
    seen: str
    advice: str = ""
    command: str = ""
    about: str | None = None


def of_fault(check: str, fault: Fault, about: str) -> Finding:
    """Return a fault of a topic as a finding."""
    state = State.FAILED if fault.grave else State.WARNING
    return Finding(check, state, fault.seen, fault.advice, fault.command, about)


def is_good(findings: Sequence[Finding]) -> bool:
    """Return whether nothing has failed."""
    return all(one.state is not State.FAILED for one in findings)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return findings as plain containers."""
    return {
        "version": 1,
        "ok": is_good(findings),
        "checks": [
            {
                "name": one.check,
                "about": one.about,
                "state": one.state.value,
                "seen": one.seen,
                "do": one.advice,
                "command": one.command,
            }
            for one in findings
        ],
    }


def lines_of(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield findings in words, and last how many there are of each state."""
    width = max(len(one.check) for one in findings)
    for said, same in groupby(findings, lambda one: one._replace(check="")):
        names = [one.check for one in same]
        check = names[0] if len(names) == 1 else f"{len(names)} more"
        seen = said.seen if said.about is None else f"{said.about}: {said.seen}"
        yield from terminal.finding(said.state, check.ljust(width), seen, said.advice, said.command)
    count = Counter(one.state for one in findings)
    worst = next((state for state in (State.FAILED, State.WARNING) if count[state]), State.OK)
    told = ", ".join(f"{count[state]} {state.value}" for state in State if count[state])
    yield ""
    yield click.style(f"{len(findings)} checks: {told}", fg=terminal.colour_of(worst), bold=True)
