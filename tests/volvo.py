"""The Volvo IT incidents (BPI Challenge 2013) as canonical events.

W. Steeman. 2013. BPI Challenge 2013, incidents. 4TU.ResearchData. 65,533 changes of 7,554 incidents between
2010-03-31 and 2012-05-23; the file is read where it lies and is no part of this repository.

| canonical | from |
|---|---|
| event_id | incident number and place in the file |
| occurred_at | Change Date+Time, which carries its zone |
| employee_id | Resource: country and first name |
| channel | support level: the log knows no channels. L1 task, L2 callback, L3 field, mixed ones other |
| issue_type | Product |
| outcome | Completed: resolved (cancelled: no_action). Queued, that is pushed to another team: escalated. Waiting or in progress: pending. Unmatched: unknown |
| goal_attained | Completed yes, Queued no, otherwise not stated |
| handle_time_s | seconds until the incident's next change, where there is one |
| case_id | incident number |
"""  # noqa: E501 - a table row cannot be broken

import csv
import gzip
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

_FILE: Final = (
    Path(__file__).parents[2]
    / "shared"
    / "data"
    / "volvo_bpic2013_incidents"
    / "bpic2013_incidents_ibm.csv.gz"
)
_CHANNEL: Final = {"L1": "task", "L2": "callback", "L3": "field"}


@cache
def events() -> list[dict[str, Any]]:
    """Return the events in order of time; skip the test where the file is absent."""
    if not _FILE.exists():
        pytest.skip(f"the Volvo incidents are not here: {_FILE.name}")
    with gzip.open(_FILE, "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    moments = [datetime.fromisoformat(row["Change Date+Time"]) for row in rows]
    following: dict[str, datetime] = {}
    result = []
    for place in sorted(range(len(rows)), key=lambda place: (moments[place], place), reverse=True):
        row, moment = rows[place], moments[place]
        incident = row["SR Number"]
        result.append(_event(place, row, moment, following.get(incident)))
        following[incident] = moment
    return result[::-1]


def _event(place: int, row: dict[str, str], moment: datetime, following: datetime | None) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event_id": f"{row['SR Number']}/{place}",
        "occurred_at": moment.isoformat(),
        "employee_id": row["Resource"],
        "channel": _CHANNEL.get(row["ST Level"], "other"),
        "issue_type": row["Product"],
        "outcome": _outcome(row["Status"], row["Sub Status"]),
        "case_id": row["SR Number"],
    }
    if row["Status"] in {"Completed", "Queued"}:
        event["goal_attained"] = "yes" if row["Status"] == "Completed" else "no"
    if following is not None:
        event["handle_time_s"] = (following - moment).total_seconds()
    return event


def _outcome(status: str, sub_status: str) -> str:
    if sub_status == "Cancelled":
        return "no_action"
    return {"Completed": "resolved", "Queued": "escalated", "Accepted": "pending"}.get(status, "unknown")
