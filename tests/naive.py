"""The core's sums and cases in the plainest Python: one row after another, dictionaries, pandas.

Written from the contract and the design, not from the code that it judges.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log, nan
from typing import NamedTuple

import pandas as pd
from columns import Row

from models.handling import NO_CASE

MEASURES = ("refused", "goal_attained", "sla_missed", "log_handle_time", "survey")
ANSWERED = ("resolved", "resolved_partial", "workaround", "escalated", "unresolved")


class Contact(NamedTuple):
    """A row and what came before it in its case; `before` is None where it is the first."""

    row: Row
    first: bool
    before: Row | None


def said(row: Row) -> dict[str, float]:
    """Return what a row says for each measure; NaN where it says nothing."""
    refused = {"refused": 1.0} | dict.fromkeys(ANSWERED, 0.0)
    goal = {"yes": 1.0, "partly": 0.0, "no": 0.0}
    missed = {"false": 1.0, "true": 0.0}
    return {
        "refused": refused.get(row.outcome or "", nan),
        "goal_attained": goal.get(row.goal_attained or "", nan),
        "sla_missed": missed.get(row.sla_met or "", nan),
        "log_handle_time": log(row.handle_time_s) if row.handle_time_s > 0 else nan,
        "survey": row.survey,
    }


def newest(rows: Iterable[Row]) -> list[Row]:
    """Return the greatest revision of each event (same identity, same time) in order of time and identity."""
    kept: dict[tuple[int, int], Row] = {}
    for row in rows:
        held = kept.get((row.time, row.event))
        if held is None or row.revision > held.revision:
            kept[row.time, row.event] = row
    return [kept[key] for key in sorted(kept)]


def follow(panes: Iterable[Sequence[Row]], horizon: int) -> list[Contact]:
    """Return the rows of panes, in the order in which they are applied, with what came before each.

    Between panes the cases are forgotten that have been quiet for longer than the horizon.
    """
    last: dict[int, Row] = {}
    newest = 0
    contacts = []
    for pane in panes:
        last = {case: row for case, row in last.items() if newest - row.time <= horizon}
        for row in pane:
            held = None if row.case == NO_CASE else last.get(row.case)
            if held is not None and row.time - held.time > horizon:
                held = None
            amends = held is not None and row.time < held.time
            contacts.append(Contact(row, held is None, None if amends else held))
            if row.case != NO_CASE and not amends:
                last[row.case] = row
            if row.case != NO_CASE:
                newest = max(newest, row.time)
    return contacts


def applied(arrivals: Iterable[Row], lateness: int, width: int) -> list[list[Row]]:
    """Return the rows of one partition, given as they arrive, in the portions in which they are applied.

    A row whose pane had ended before the partition's clock is an amendment: it goes before the rows of
    the pane in which that clock stands.
    """
    portions: dict[tuple[int, int], list[Row]] = {}
    greatest: int | None = None
    for row in arrivals:
        clock = -1 if greatest is None else greatest - lateness
        amends = (row.time // width + 1) * width <= clock
        key = (clock // width, 0) if amends else (row.time // width, 1)
        portions.setdefault(key, []).append(row)
        greatest = row.time if greatest is None else max(greatest, row.time)
    return [newest(portions[key]) for key in sorted(portions)]


def repeats(contacts: Iterable[Contact]) -> dict[str, int]:
    """Return how many repeat contacts the same and another employee had; a bot on either side is no pair."""
    count = {"same": 0, "other": 0}
    for contact in contacts:
        if contact.before is None or contact.before.employee is None or contact.row.employee is None:
            continue
        count["same" if contact.before.employee == contact.row.employee else "other"] += 1
    return count


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a table: what groups them and what each says."""
    return pd.DataFrame(
        [
            {
                "time": row.time,
                "employee": row.employee,
                "channel": row.channel,
                "issue": row.issue,
                **said(row),
            }
            for row in rows
        ],
        columns=["time", "employee", "channel", "issue", *MEASURES],
    )


Spread = Mapping[object, tuple[int, float, float]]
"""Count, mean and variance (n - 1) by group; a group that says nothing is not in it."""


def spread(rows: pd.DataFrame, by: Sequence[str], measure: str) -> Spread:
    """Return count, mean and variance of a measure by group, as pandas works them out."""
    stated = rows[rows[measure].notna()]
    key = by[0] if len(by) == 1 else list(by)
    grouped = stated.groupby(key)[measure].agg(["count", "mean", "var"])
    return {
        group: (int(count), float(mean), float(var))
        for group, count, mean, var in grouped.itertuples(index=True, name=None)
    }
