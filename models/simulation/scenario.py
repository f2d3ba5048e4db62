"""What a simulated contact centre is made of, and which inconsistency is planted in it.

The numbers are plausible, not measured anywhere: they are chosen so that most refusal rates are
moderate (where a difference is easiest to see) and no two issue types are alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Final, Literal, get_args

from models.errors import require
from models.handling import CHANNELS

Kind = Literal["employee", "stratum", "issue", "erratic", "shift", "channel", "perception"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

RETURN_DAYS: Final = 7
"""A case has no contact later than this many days after its first."""

SIZES: Final[Mapping[Kind, float]] = {
    "employee": 1.5,
    "stratum": 1.2,
    "issue": 1.2,
    "erratic": 1.0,
    "shift": 1.2,
    "channel": 1.0,
    "perception": 1.0,
}
"""Log odds: large enough to be found within 28 days (`method.md` section 5), small enough to be real."""


def _require(holds: bool, key: str, problem: str) -> None:
    require(holds, f"simulation.{key}", problem)


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """Something planted from the day `onset_day` on; `size` in log odds of a refusal.

    | kind | what differs |
    |---|---|
    | employee | one employee, in all his work, by `size` |
    | stratum | the employees of one stratum: half of them at +size, half at -size, the mean rate unchanged, so `size` is its true tau |
    | issue | one employee, on one issue type, by `size` |
    | erratic | one employee, by a mood of his own each day, normal with standard deviation `size` |
    | shift | one employee, from half of `size` below his peers to half of it above |
    | channel | everybody in one stratum, by `size`: one channel answers an issue unlike the others |
    | perception | everybody in one stratum refuses less by `size`, and customers are less content by `size` |
    """  # noqa: E501 - a table row cannot be broken

    kind: Kind
    size: float
    onset_day: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be planted."""
        _require(self.kind in KINDS, "inconsistency", f"{self.kind!r} is none of {', '.join(KINDS)}")
        _require(isfinite(self.size) and abs(self.size) <= 5, "size", "must lie between -5 and 5 (log odds)")
        if self.kind in ("stratum", "erratic"):
            _require(self.size > 0, "size", f"must be positive for {self.kind}: it is a standard deviation")
        _require(self.onset_day >= 0, "onset_day", "must not be negative")


def inconsistencies(name: str, size: float | None = None, onset_day: int = 0) -> tuple[Inconsistency, ...]:
    """Return what a name on the command line plants.

    Parameters
    ----------
    name
        One of `KINDS`; `none`; or `demo`: an employee and a stratum.
    size
        Log odds; `SIZES` where it is not given.

    Raises
    ------
    ConfigError
        For another name, or a size or day without meaning.
    """
    wanted: dict[str, tuple[Kind, ...]] = {"none": (), "demo": ("employee", "stratum")}
    wanted |= {kind: (kind,) for kind in KINDS}
    _require(name in wanted, "inconsistency", f"{name!r} is none of {', '.join(wanted)}")
    return tuple(
        Inconsistency(kind, SIZES[kind] if size is None else size, onset_day) for kind in wanted[name]
    )


@dataclass(frozen=True, slots=True)
class IssueType:
    """A reason to call: its share of the work, how often it is refused, how long it takes in a call."""

    name: str
    share: float
    refused: float
    minutes: float

    def __post_init__(self) -> None:
        """Refuse rates outside 0..1."""
        _require(0 < len(self.name) <= 128, "issue_types", "a name of 1 to 128 characters is needed")
        _require(self.share > 0, "issue_types", f"{self.name}: share must be positive")
        _require(0 < self.refused < 1, "issue_types", f"{self.name}: refused must lie between 0 and 1")
        _require(self.minutes > 0, "issue_types", f"{self.name}: minutes must be positive")


ISSUE_TYPES: Final = (
    IssueType("refund_request", 0.20, 0.33, 7.0),
    IssueType("technical_fault", 0.18, 0.18, 12.0),
    IssueType("contract_cancellation", 0.14, 0.30, 9.0),
    IssueType("invoice_question", 0.14, 0.14, 6.0),
    IssueType("delivery_delay", 0.12, 0.22, 5.0),
    IssueType("damaged_goods", 0.09, 0.26, 8.0),
    IssueType("plan_change", 0.08, 0.20, 7.0),
    IssueType("address_change", 0.05, 0.05, 3.0),
)


def issue_types(count: int) -> tuple[IssueType, ...]:
    """Return `count` issue types: first `ISSUE_TYPES`, then `refund_request_2` and so on."""
    return tuple(
        known
        if turn == 0
        else IssueType(f"{known.name}_{turn + 1}", known.share, known.refused, known.minutes)
        for turn, known in ((i // len(ISSUE_TYPES), ISSUE_TYPES[i % len(ISSUE_TYPES)]) for i in range(count))
    )


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """A contact centre.

    Attributes
    ----------
    handlings_per_day
        Mean over a week, repeat contacts and unattended ones included.
    days, start
        How many days there are, from midnight to midnight UTC, and the first.
    channels
        Those that employees work on. `self_service` is nobody's: see `unattended_share`.
    tau0, tau0_handle_time
        Standard deviation between employees that is harmless: log odds of a refusal, log handle time.
    drift
        Amplitude of the slow waves in each issue type's log odds of a refusal.
    bad_day_share, bad_day_size
        How many days of an issue type are bad ones, and by how much (log odds of a refusal).
    unattended_share
        First contacts taken by a bot on `chat`, where that is a channel, or by `self_service`.
    survey_share
        Handlings by employees that customers rate, about; they choose themselves.
    duplicate_share
        Handlings that arrive a second time, unchanged.
    disorder_share, disorder_s
        Handlings that arrive late, and by how much at most, in seconds of event time.
    """

    employees: int = 60
    handlings_per_day: int = 1_000
    days: int = 90
    start: date = date(2024, 1, 1)
    channels: tuple[str, ...] = ("voice", "chat", "email")
    issue_types: tuple[IssueType, ...] = ISSUE_TYPES
    tau0: float = 0.10
    tau0_handle_time: float = 0.05
    drift: float = 0.25
    bad_day_share: float = 0.03
    bad_day_size: float = 0.8
    unattended_share: float = 0.05
    survey_share: float = 0.15
    duplicate_share: float = 0.0
    disorder_share: float = 0.0
    disorder_s: int = 600
    inconsistencies: tuple[Inconsistency, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a centre that could not be."""
        _require(self.employees >= 1, "employees", "must be at least 1")
        _require(self.handlings_per_day >= 1, "handlings_per_day", "must be at least 1")
        _require(1 <= self.days <= 1_000_000, "days", "must lie between 1 and 1,000,000")
        last = self.start.toordinal() + self.days
        _require(last <= date.max.toordinal(), "days", "must end before the year 10000")
        _require(self.start >= date(1970, 1, 1), "start", "must not be before 1970: times count from there")
        for channel in self.channels:
            _require(
                channel in CHANNELS and channel != "self_service",
                "channels",
                f"{channel!r} is no channel that employees work on: {', '.join(CHANNELS)}",
            )
        _require(bool(self.channels), "channels", "at least one is needed")
        _require(len(set(self.channels)) == len(self.channels), "channels", "one is named twice")
        names = [issue.name for issue in self.issue_types]
        _require(bool(names), "issue_types", "at least one is needed")
        _require(len(set(names)) == len(names), "issue_types", "two have the same name")
        for key in ("tau0", "tau0_handle_time", "drift"):
            _require(0 <= getattr(self, key) <= 5, key, "must lie between 0 and 5")
        _require(-5 <= self.bad_day_size <= 5, "bad_day_size", "must lie between -5 and 5 (log odds)")
        for key in ("bad_day_share", "survey_share", "duplicate_share", "disorder_share"):
            _require(0 <= getattr(self, key) <= 1, key, "must lie between 0 and 1")
        _require(0 <= self.unattended_share < 1, "unattended_share", "must be at least 0 and below 1")
        _require(0 <= self.disorder_s < 86_400, "disorder_s", "must be at least 0 and below a day")
        for planted in self.inconsistencies:
            _require(
                planted.onset_day < self.days,
                "onset_day",
                f"day {planted.onset_day} never comes: there are {self.days} days, counted from 0",
            )
