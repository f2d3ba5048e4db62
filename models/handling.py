"""What a handling is: the contract's words and the columns that carry them.

A handling is one employee's part of one interaction. `Handlings` holds n of them as columns, all of
length n. An enumeration is coded by its place in its tuple; -1 says null, so a lookup table with one
extra element at the end answers nulls as well (`table[-1]`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHANNELS: Final = (
    "voice", "video", "chat", "messaging", "sms", "email", "social", "web_form",
    "self_service", "in_person", "field", "letter", "callback", "task", "other",
)  # fmt: skip
OUTCOMES: Final = (
    "resolved", "resolved_partial", "refused", "workaround", "escalated", "transferred",
    "pending", "unresolved", "abandoned", "no_action", "duplicate", "unknown",
)  # fmt: skip
GOALS: Final = ("yes", "partly", "no", "unknown")
EXPECTATIONS: Final = ("exceeded", "met", "fell_short", "unknown")
FLAGS: Final = ("false", "true")

CODED_FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "outcome": OUTCOMES,
    "goal_attained": GOALS,
    "against_expectation": EXPECTATIONS,
    "sla_met": FLAGS,
    "first_contact_resolution": FLAGS,
    "standard_followed": FLAGS,
    "is_complaint": FLAGS,
}
"""Facts that are words: held as int8 codes, -1 = null."""

NUMERIC_FACTS: Final = (
    "handle_time_s", "talk_time_s", "hold_time_s", "wrap_time_s", "wait_time_s",
    "compensation_amount", "transfers", "reopen_count", "survey", "evaluation",
)  # fmt: skip
"""Facts that are numbers: held as float64, NaN = null. `survey` and `evaluation` are scaled to 0..1."""

NO_CODE: Final = -1
NO_CASE: Final = 0
NO_REVISION: Final = np.iinfo(np.int64).min

Facts = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Handlings:
    """Columns of n handlings.

    Attributes
    ----------
    time : int64[n]
        End of the handling, microseconds since 1970 UTC.
    event : uint64[n]
        Hash of the event's identity (source system and event id).
    revision : int64[n]
        Which version of the event this is; greater wins; `NO_REVISION` where it has none.
    case : uint64[n]
        Keyed hash of the case, or of customer and issue type; `NO_CASE` where neither is known.
    employee : int32[n]
        Index into `employees`; -1 where no human handled it.
    channel : int8[n]
        Index into `CHANNELS`.
    issue : int32[n]
        Index into `issues`.
    facts : mapping of name to column[n]
        Those of `CODED_FACTS` (int8) and `NUMERIC_FACTS` (float64) that are watched. A fact that is
        absent is null in every row.
    employees, issues : tuple of str
        The names that the indexes point to.
    """

    time: NDArray[np.int64]
    event: NDArray[np.uint64]
    revision: NDArray[np.int64]
    case: NDArray[np.uint64]
    employee: NDArray[np.int32]
    channel: NDArray[np.int8]
    issue: NDArray[np.int32]
    facts: Facts
    employees: tuple[str, ...]
    issues: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Handlings":
        """Return the named rows (indexes, or a mask of length n); the name tables stay as they are."""
        return replace(
            self,
            time=self.time[rows],
            event=self.event[rows],
            revision=self.revision[rows],
            case=self.case[rows],
            employee=self.employee[rows],
            channel=self.channel[rows],
            issue=self.issue[rows],
            facts={name: column[rows] for name, column in self.facts.items()},
        )


def null_fact(name: str, n: int) -> NDArray[np.generic]:
    """Return the column of a fact that nobody stated, of length n.

    Raises
    ------
    KeyError
        For a name that is no fact.
    """
    if name in CODED_FACTS:
        return np.full(n, NO_CODE, np.int8)
    if name in NUMERIC_FACTS:
        return np.full(n, np.nan)
    raise KeyError(name)


def with_facts(rows: Handlings, names: tuple[str, ...]) -> Handlings:
    """Return the rows with just these facts; one that they do not carry is null in every row."""
    if tuple(rows.facts) == names:
        return rows
    n = len(rows)
    return replace(rows, facts={name: rows.facts.get(name, null_fact(name, n)) for name in names})


def no_handlings(facts: Iterable[str] = ()) -> Handlings:
    """Return columns of length 0."""
    return Handlings(
        time=np.empty(0, np.int64),
        event=np.empty(0, np.uint64),
        revision=np.empty(0, np.int64),
        case=np.empty(0, np.uint64),
        employee=np.empty(0, np.int32),
        channel=np.empty(0, np.int8),
        issue=np.empty(0, np.int32),
        facts={name: null_fact(name, 0) for name in facts},
        employees=(),
        issues=(),
    )
