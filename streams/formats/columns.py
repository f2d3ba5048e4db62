"""Events to columns, in bulk: one pass a column, so that a row costs the same whatever it holds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import nan
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS, CODED_FACTS, FLAGS, NO_CODE, NO_REVISION, Facts, Handlings
from models.identity import Identity
from models.settings import SECOND
from streams.formats.categories import category
from streams.formats.contract import HUMAN, HandlingCompleted

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

Codes = Mapping[str | bool | None, int]


def _codes(words: tuple[str, ...]) -> Codes:
    if words == FLAGS:
        return {None: NO_CODE, False: 0, True: 1}
    return {None: NO_CODE, **{word: code for code, word in enumerate(words)}}


_CHANNELS: Final = _codes(CHANNELS)
_FACTS: Final = {name: _codes(words) for name, words in CODED_FACTS.items()}


def microseconds(times: Sequence[datetime]) -> NDArray[np.int64]:
    """Return microseconds since 1970 UTC, in integers: a float of seconds loses some after 2242."""
    since = [time - EPOCH for time in times]
    days = np.array([one.days for one in since], np.int64)
    seconds = np.array([one.seconds for one in since], np.int64)
    return (days * 86_400 + seconds) * SECOND + np.array([one.microseconds for one in since], np.int64)


def columns_of(
    events: Sequence[HandlingCompleted], time: NDArray[np.int64], facts: tuple[str, ...], identity: Identity
) -> Handlings:
    """Return the columns of events without contradiction, whose times are given."""
    n = len(events)
    issue_types = [event.issue_type for event in events]
    categories = {name: category(name) for name in dict.fromkeys(issue_types)}
    issues = _numbered(list(categories.values()))
    handlers = [event.employee_id if event.employee_kind in HUMAN else None for event in events]
    employees = _numbered(handlers)
    return Handlings(
        time=time,
        event=identity.event_hashes(
            [event.source_system for event in events], [event.event_id for event in events]
        ),
        revision=np.array([_order(event.revision) for event in events], np.int64),
        case=identity.case_hashes(
            [event.case_id for event in events], [event.customer_id for event in events], issue_types
        ),
        employee=np.fromiter(map(employees.__getitem__, handlers), np.int32, n),
        channel=np.fromiter(map(_CHANNELS.__getitem__, [event.channel for event in events]), np.int8, n),
        issue=np.fromiter(
            map({name: issues[of] for name, of in categories.items()}.__getitem__, issue_types), np.int32, n
        ),
        facts=_facts(events, facts),
        employees=tuple(identity.employee(name) for name in employees if name is not None),
        issues=tuple(name for name in issues if name is not None),
    )


def _numbered(names: Sequence[str | None]) -> Mapping[str | None, int]:
    """Return a code for each name, by first appearance."""
    numbered: dict[str | None, int] = {
        name: code for code, name in enumerate(name for name in dict.fromkeys(names) if name is not None)
    }
    numbered[None] = NO_CODE
    return numbered


def _order(revision: int | datetime | None) -> int:
    if revision is None:
        return NO_REVISION
    return revision if isinstance(revision, int) else (revision - EPOCH) // MICROSECOND


def _facts(events: Sequence[HandlingCompleted], names: tuple[str, ...]) -> Facts:
    columns: dict[str, NDArray[np.generic]] = {}
    for name in names:
        values = list(map(attrgetter(name), events))
        if name in _FACTS:
            columns[name] = np.fromiter(map(_FACTS[name].__getitem__, values), np.int8, len(events))
        elif name in {"survey", "evaluation"}:
            columns[name] = np.array(
                [nan if value is None else value.scaled() for value in values], np.float64
            )
        else:
            columns[name] = np.array(values, np.float64)  # None becomes NaN
    return columns
