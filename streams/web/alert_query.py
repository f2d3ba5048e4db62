"""Which alerts are asked for: the query of /api/v1/alerts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from models.snapshot import Snapshot
from models.verdicts import Alert
from streams.document import alert_document
from streams.web.refusal import Refusal

_STATES: Final = ("standing", "ended", "all")
_LIMIT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """What an alert must be like to be told; None where it may be anything.

    Attributes
    ----------
    state : "standing", "ended" or "all"
    limit : int
        Of more alerts the newest are told.
    """

    state: str = "all"
    kind: str | None = None
    channel: str | None = None
    issue_type: str | None = None
    measure: str | None = None
    limit: int = 100

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return what the parameters of a request say.

        Raises
        ------
        Refusal
            For one that is not known, or has no such value.
        """
        known = [part.name for part in fields(cls)]
        for name in query:
            if name not in known:
                raise _bad(f"there is no parameter {name!r}; known: {', '.join(known)}")
        if query.get("state", "all") not in _STATES:
            raise _bad(f"state is one of {', '.join(_STATES)}")
        limit = query.get("limit", "100")
        if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= _LIMIT_MAX):
            raise _bad(f"limit is a whole number of 1 to {_LIMIT_MAX}")
        chosen: dict[str, Any] = {**query, "limit": int(limit)}
        return cls(**chosen)

    def answer(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return the alerts that are asked for, newest first, and how many there are in all."""
        found = [alert for alert in reversed(snapshot.alerts) if self._holds(alert)]
        return {"found": len(found), "alerts": [alert_document(alert) for alert in found[: self.limit]]}

    def _holds(self, alert: Alert) -> bool:
        if self.state != "all" and (alert.until is None) != (self.state == "standing"):
            return False
        asked = ("kind", "channel", "issue_type", "measure")
        return all(getattr(self, name) in {None, getattr(alert, name)} for name in asked)


def _bad(message: str) -> Refusal:
    return Refusal(400, "bad_parameter", message)
