"""Data as upstream sends it, valid unless a test says what is different."""

import json
from typing import Any


def event(**changes: Any) -> dict[str, Any]:
    """Return a canonical event with these fields changed; `...` leaves a field out."""
    fields = {
        "event_id": "evt-1",
        "occurred_at": "2024-03-01T09:30:00Z",
        "employee_id": "emp-1",
        "channel": "voice",
        "issue_type": "billing",
        "outcome": "resolved",
    }
    return {name: value for name, value in (fields | changes).items() if value is not ...}


def line(**changes: Any) -> bytes:
    """Return a canonical event as it stands in a record's value or on a line of a file."""
    return json.dumps(event(**changes)).encode()
