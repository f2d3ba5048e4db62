"""What readers of the alerts topic know, and what they are to be told next (rule 10)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Final

import orjson

from models.verdicts import Alert
from streams.disclosure import names_person
from streams.document import alert_document, rfc3339

log: Final = logging.getLogger("touchpoint.publication")

CONFIGURATION: Final = "ended: configuration"
HISTORY: Final = "ended: the history it rested on is gone"

_CAUSE: Final = ("ledger_offset", "config_hash")
_NEEDED: Final[Mapping[str, type | UnionType]] = {
    **dict.fromkeys(("id", "kind", "measure", "since", "config_hash"), str),
    "until": str | None,
    "reasons": list,
    "ledger_offset": int,
}

Told = Mapping[str, Any]


@dataclass(slots=True)
class Publication:
    """The newest record of every alert that stands as its readers have it, whoever wrote it.

    Attributes
    ----------
    config_hash : str
    persons : bool
        Whether records may name persons. Where not, those that do are taken back.
    last_offset : int
        The ledger offset that caused the newest record, -1 before the first.
    steps : int
        After how many of the judge's steps readers were told the last time.
    """

    config_hash: str
    persons: bool = True
    last_offset: int = -1
    steps: int = -1
    _standing: dict[str, Told] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _naming: dict[str, bool] = field(default_factory=dict)

    def read(self, key: bytes | None, value: bytes | None) -> None:
        """Take a record of the alerts topic; what is no alert of ours is passed over."""
        try:
            alert = (key or b"").decode()
            if value is None:
                self._forget(alert)
            else:
                self._keep(alert, _record(alert, value))
        except ValueError:
            log.warning("the alerts topic holds a record that is no alert")  # whose key may be anybody's

    def due(self, alerts: Sequence[Alert], offset: int, now: int | None) -> list[tuple[str, Told | None]]:
        """Return what has changed for readers, as (alert id, record); None takes a record back.

        Nothing is said again, nothing about an alert that was told to have ended, and nothing that was
        caused before what they know already. An alert that readers hold for standing and the judge does not
        know was left behind by other settings or another history: it ends, with that reason.

        Parameters
        ----------
        alerts : sequence of Alert
            All that the judge knows.
        offset : int
            The ledger's record after which it knows them.
        now : int or None
            End of the last step, microseconds since 1970 UTC.
        """
        if offset < self.last_offset:
            return []
        cause = {"ledger_offset": offset, "config_hash": self.config_hash}
        changed = (*self._changed(alerts), *self._orphans(alerts, now))
        due: dict[str, Told | None] = dict.fromkeys(self._naming)
        return [*(due | {told["id"]: told | cause for told in changed}).items()]

    def published(self, records: Sequence[tuple[str, Told | None]], steps: int) -> None:
        """Take note that these records of `due`, after so many steps, are known now."""
        for key, record in records:
            if record is None:
                self._forget(key)
                continue
            _log_transition(record, stood=self._naming.get(key, key in self._standing))
            self._keep(key, record)
        self.steps = steps
        taken_back = sum(record is None for _, record in records)
        if taken_back:
            log.warning(
                "the alerts topic held records that name persons, which this mode does not: taken back",
                extra={"records": taken_back},
            )

    def _keep(self, key: str, record: Told) -> None:
        self.last_offset = max(self.last_offset, record["ledger_offset"])
        self._forget(key)
        if not self.persons and names_person(record):
            self._naming[key] = record["until"] is None
        elif record["until"] is None:
            self._standing[key] = record
        else:
            self._ended.add(key)

    def _forget(self, key: str) -> None:
        self._standing.pop(key, None)
        self._naming.pop(key, None)
        self._ended.discard(key)

    def _changed(self, alerts: Sequence[Alert]) -> Iterator[dict[str, Any]]:
        for alert in alerts:
            if alert.id not in self._ended:
                told = orjson.loads(orjson.dumps(alert_document(alert)))  # as readers have it: NaN is null
                if told != _without_cause(self._standing.get(alert.id, {})):
                    yield told

    def _orphans(self, alerts: Sequence[Alert], now: int | None) -> Iterator[dict[str, Any]]:
        known = {alert.id for alert in alerts}
        for key, told in self._standing.items():
            if key not in known:
                why = HISTORY if told["config_hash"] == self.config_hash else CONFIGURATION
                until = max(told["since"], rfc3339(now) or "")  # both RFC 3339 in UTC: text sorts as time
                yield {**_without_cause(told), "until": until, "reasons": [*told["reasons"], why]}


def _record(key: str, value: bytes) -> Told:
    """Return a record of the alerts topic.

    Raises
    ------
    ValueError
        If it is none.
    """
    record: Any = orjson.loads(value)
    if not isinstance(record, dict) or not record.keys() >= _NEEDED.keys() or record["id"] != key:
        raise ValueError
    if not all(isinstance(record[name], kind) for name, kind in _NEEDED.items()):
        raise ValueError
    return record


def _without_cause(record: Told) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _CAUSE}


def _log_transition(told: Told, *, stood: bool) -> None:
    """Say that an alert was raised or has ended; other changes are for the page."""
    stands = told["until"] is None
    if stood != stands:
        about = {"kind": told["kind"], "alert": told["id"], "measure": told["measure"]}
        log.info("alert raised" if stands else "alert ended", extra=about)
