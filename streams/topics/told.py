"""A survey of topics in words, and as plain containers."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from streams import terminal
from streams.topics.faults import length
from streams.topics.survey import Topic

_HEAD: Final = ("topic", "role", "partitions", "copies", "keeps", "cleanup")
_HIDDEN: Final = "not shown"


def lines_of(topics: Sequence[Topic], created: Sequence[str]) -> Iterator[str]:
    """Yield a table of topics; below each what is wrong with it, and what to do."""
    for name in created:
        yield click.style(f"created {name}", fg="green")
    width = max(len(one.found.name) for one in topics)
    yield click.style(_row(width, *_HEAD), bold=True)
    for topic in topics:
        yield _row(width, *_cells(topic))
        for fault in topic.faults:
            state = "failed" if fault.grave else "warning"
            yield from terminal.finding(state, "", fault.seen, fault.advice, fault.command, indent=2)
    bad = sum(not topic.is_good for topic in topics)
    summary = f"{len(topics)} topics: " + (f"{bad} missing or wrong" if bad else "all as needed")
    yield click.style(summary, fg="red" if bad else "green", bold=True)


def document(topics: Sequence[Topic], created: Sequence[str]) -> dict[str, Any]:
    """Return a survey as plain containers."""
    return {
        "version": 1,
        "ok": all(topic.is_good for topic in topics),
        "created": list(created),
        "topics": [_document(topic) for topic in topics],
    }


def _document(topic: Topic) -> dict[str, Any]:
    retention = topic.setting("retention.ms")
    return {
        "name": topic.found.name,
        "role": topic.role,
        "there": topic.found.is_there,
        "partitions": topic.found.partitions,
        "replication": topic.found.copies,
        "retention_ms": None if retention is None else int(retention),
        "cleanup": topic.setting("cleanup.policy"),
        "wrong": [
            {"grave": one.grave, "seen": one.seen, "do": one.advice, "command": one.command}
            for one in topic.faults
        ],
    }


def _cells(topic: Topic) -> tuple[str, ...]:
    found = topic.found
    if not found.is_there:
        return (found.name, topic.role, "hidden" if found.forbidden else "missing", "", "", "")
    retention, cleanup = topic.setting("retention.ms"), topic.setting("cleanup.policy")
    keeps = _HIDDEN if retention is None else length(int(retention))
    if cleanup == "compact":
        keeps = "newest"  # of each key; how long does not matter
    return (found.name, topic.role, str(found.partitions), str(found.copies), keeps, cleanup or _HIDDEN)


def _row(width: int, name: str, role: str, count: str, copies: str, keeps: str, cleanup: str) -> str:
    return f"{name:<{width}}  {role:<12}  {count:>10}  {copies:>6}  {keeps:>9}  {cleanup}".rstrip()
