"""What people read on a terminal: a snapshot in words. Colour only where `click` finds a terminal."""

import shutil
from collections.abc import Iterator
from typing import Any, Final

import click

_STRATA_SHOWN: Final = 12
_WIDTH_MAX: Final = 120
"""Longer lines are hard to read, however wide the terminal."""
_MARKS: Final = {
    "ok": ("+", "green"),
    "warning": ("!", "yellow"),
    "failed": ("x", "red"),
    "skipped": ("-", "cyan"),
}
"""Plain characters: a log, a pager and an old terminal show them too."""


def report(document: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a report on a snapshot's document."""
    yield from _events(document)
    yield from _spread(document)
    yield from _coverage(document)
    yield from verdicts(document["alerts"])


def verdicts(alerts: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines that tell alerts with their reasons; standing ones first."""
    standing = [alert for alert in alerts if alert["until"] is None]
    ended = [alert for alert in alerts if alert["until"] is not None]
    yield click.style(f"Alerts: {len(standing)} standing, {len(ended)} ended", bold=True)
    for alert in standing + ended:
        yield from told(alert)


def place(alert: dict[str, Any]) -> str:
    """Return whom or what an alert is about."""
    if alert["employee"] is not None:
        return f"employee {alert['employee']}"
    return f"{alert['channel']} / {alert['issue_type']}"


def told(alert: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell one alert and its reasons."""
    standing = alert["until"] is None
    state = click.style("ALERT", fg="yellow", bold=True) if standing else click.style("ended", dim=True)
    period = f"since {alert['since'][:10]}" + ("" if standing else f" until {alert['until'][:10]}")
    about = click.style(place(alert), bold=True)
    yield f"  {state}  {alert['kind']}  {about}  {alert['measure']}  ({period}, {alert['id']})"
    width = min(shutil.get_terminal_size().columns, _WIDTH_MAX)
    for reason in alert["reasons"]:
        yield click.wrap_text(reason, width, initial_indent="         - ", subsequent_indent="           ")


def colour_of(state: str) -> str:
    """Return the colour of a finding's state."""
    return _MARKS[state][1]


def finding(
    state: str, name: str, seen: str, advice: str, command: str = "", *, indent: int = 0
) -> Iterator[str]:
    """Yield the lines of a finding: mark and name, what was seen, below it what to do.

    Parameters
    ----------
    state : {"ok", "warning", "failed", "skipped"}
    name : str
        Padded to the width of its column; empty where there is none.
    command : str
        Stands on a line of its own, however long: it is there to be copied.
    """
    sign, colour = _MARKS[state]
    mark = f"{sign} {state:<7}"
    head = f"{' ' * indent}{mark}  {name}{'  ' if name else ''}"
    width, below = min(shutil.get_terminal_size().columns, _WIDTH_MAX), " " * len(head)
    text = click.wrap_text(seen, width, initial_indent=head, subsequent_indent=below)
    yield text.replace(mark, click.style(mark, fg=colour, bold=state != "ok"), 1)
    if advice:
        text = click.wrap_text(advice, width, initial_indent=f"{below}-> ", subsequent_indent=f"{below}   ")
        yield text.replace("->", click.style("->", fg=colour), 1)
    if command:
        yield f"{below}   {click.style(command, bold=True)}"


def _events(document: dict[str, Any]) -> Iterator[str]:
    events = document["events"]
    rejected = sum(events["rejected"].values())
    yield click.style(f"Events: {events['read']:,} read", bold=True)
    yield (
        f"  accepted {events['accepted']:,}  rejected {rejected:,}  duplicate {events['duplicate']:,}  "
        f"late {events['late']:,}  pending {events['pending']:,}"
    )
    for reason, count in sorted(events["rejected"].items(), key=lambda item: -item[1]):
        yield f"    {count:>8,}  {reason}"
    if events["late"]:
        yield click.style(
            "  late ones were not applied: sort the input by occurred_at, or raise time.lateness_s",
            fg="yellow",
        )
    if document["begin"] is not None:
        yield f"  event time {document['begin']} to {document['window_end']}, {document['steps']} steps"


def _spread(document: dict[str, Any]) -> Iterator[str]:
    """Yield the strata whose employees differ most, on the longest window."""
    windows = list(dict.fromkeys(row["window"] for row in document["strata"]))
    rows = [row for row in document["strata"] if row["window"] == windows[-1] and row["tau2"] is not None]
    if not rows:
        return
    rows.sort(key=lambda row: (-row["tau2"], row["channel"], row["issue_type"], row["measure"]))
    yield click.style(f"Spread between employees, window {windows[-1]} (largest of {len(rows)})", bold=True)
    head = ("channel", "issue type", "measure", "people", "first", "mean", "tau", "I2", "ICC")
    yield "  {:<12} {:<24} {:<16} {:>6} {:>7} {:>7} {:>6} {:>5} {:>5}".format(*head)
    for row in rows[:_STRATA_SHOWN]:
        icc = "-" if row["icc"] is None else f"{row['icc']:.2f}"
        yield (
            f"  {row['channel']:<12} {row['issue_type'][:24]:<24} {row['measure'][:16]:<16} "
            f"{row['employees']:>6} {row['first_contacts']:>7,} {row['mean']:>7.3f} "
            f"{row['tau2'] ** 0.5:>6.2f} {row['i2']:>5.0%} {icc:>5}"
        )


def _coverage(document: dict[str, Any]) -> Iterator[str]:
    if not document["coverage"]:
        why = "" if document["warm"] else ": fewer days of data than the warm-up asks for"
        yield click.style(f"Insufficient evidence: nothing could be judged{why}", fg="yellow")
        return
    yield click.style("Could be judged", bold=True)
    for one in document["coverage"]:
        if one["seen"] == 0:  # a measure that this upstream never states
            continue
        yield (
            f"  {one['kind']:<17} {one['measure']:<16} {one['judged']:>5} of {one['seen']:<5} "
            f"holding {one['handlings_share']:.0%} of first contacts"
        )
