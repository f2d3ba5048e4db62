"""Who works where and when in a simulated contact centre.

Employees sit in teams; a team has a channel of its own and a group of issue types it is trained for.
Within the team each employee has a second channel or not, gaps in the training, and a mix of work of
his own, and each keeps one shift. So employees meet different cases at different hours: what a
comparison has to adjust for.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS
from models.simulation.scenario import SimulationSettings
from models.simulation.seeds import Purpose, generator

TEAM_SIZE: Final = 12
SHIFTS: Final = ("early", "day", "late", "always")
SHIFT_HOURS: Final = ((6, 14), (9, 17), (14, 22), (0, 24))
"""First hour, and the hour after the last; `always` is the shift of what is not human."""

WEEKDAYS: Final = np.array([1.30, 1.20, 1.15, 1.15, 1.10, 0.60, 0.50])
"""First contacts by weekday, Monday first."""

_CHANNEL_SHARES: Final = {"voice": 0.5, "chat": 0.25, "email": 0.25}
_OTHER_CHANNEL_SHARE: Final = 0.15
_UNHURRIED: Final = ("email", "letter", "web_form", "task", "field")
_HOUR_PROFILE: Final = np.array(
    [1, 1, 1, 1, 1, 2, 4, 6, 9, 11, 12, 11, 9, 10, 11, 10, 9, 8, 7, 6, 5, 4, 2, 1], np.float64
)
_DAYS_OFF: Final = ((5, 6), (5, 6), (5, 6), (5, 6), (5, 6), (6, 0), (1, 2), (3, 4), (5, 6), (2, 3))
"""Of every ten employees, which two weekdays they do not work."""


@dataclass(frozen=True, slots=True, eq=False)
class Workforce:
    """Employees and their cells: the pairs of employee and stratum in which there is work.

    Cells are ordered by stratum. `EMPLOYEES` is the number of employees, `n` that of cells.

    Attributes
    ----------
    names, teams : tuple of str[EMPLOYEES]
    shift : int8[EMPLOYEES]
        Index into `SHIFTS`.
    employee : int32[n]
        Index into `names`; -1 for the cells that no human works in.
    channel, issue : int8[n], int32[n]
        Index into `CHANNELS`, and into the issue types of the settings.
    load : float64[7, n]
        First contacts of a cell on a weekday as a share of the centre's daily mean.
    range_start, range_end : int64[CHANNELS, issue types]
        The cells of a stratum.
    """

    names: tuple[str, ...]
    teams: tuple[str, ...]
    shift: NDArray[np.int8]
    employee: NDArray[np.int32]
    channel: NDArray[np.int8]
    issue: NDArray[np.int32]
    load: NDArray[np.float64]
    range_start: NDArray[np.int64]
    range_end: NDArray[np.int64]

    @property
    def cell_shift(self) -> NDArray[np.int8]:
        """int8[n]: the shift in which a cell's work is done; -1 finds the last one, `always`."""
        return np.append(self.shift, np.int8(len(SHIFTS) - 1))[self.employee]

    @property
    def contacts_per_day(self) -> NDArray[np.float64]:
        """float64[n]: `load`, mean over a week."""
        return np.asarray(self.load.mean(axis=0))


def channel_shares(settings: SimulationSettings) -> NDArray[np.float64]:
    """float64[channels of the settings]: how the work falls on the channels; the sum is 1."""
    shares = np.array([_CHANNEL_SHARES.get(name, _OTHER_CHANNEL_SHARE) for name in settings.channels])
    return np.asarray(shares / shares.sum())


def hour_cumulative() -> NDArray[np.float64]:
    """float64[SHIFTS, CHANNELS, 24]: share of a cell's work done by the end of each hour of the day."""
    hour = np.arange(24)
    profile = np.stack([np.sqrt(_HOUR_PROFILE) if name in _UNHURRIED else _HOUR_PROFILE for name in CHANNELS])
    on_duty = np.array([(hour >= first) & (hour < end) for first, end in SHIFT_HOURS])
    cumulative = (on_duty[:, None, :] * profile[None, :, :]).cumsum(axis=2)
    # Divided by its own last element it is exactly 1 from the end of the shift on.
    return np.asarray(cumulative / cumulative[:, :, -1:])


def rush_by_hour() -> NDArray[np.float64]:
    """float64[24]: how busy an hour is, 1 in the busiest."""
    return np.asarray(_HOUR_PROFILE / _HOUR_PROFILE.max())


def staff(settings: SimulationSettings, seed: int) -> Workforce:
    """Draw a workforce.

    An employee's share of the work is his, whatever his skills: activity (log-normal, 20 %) on the
    weekdays he works. The volume of a stratum follows from who is trained for it.
    """
    rng = generator(seed, Purpose.WORKFORCE)
    count, channels, issues = settings.employees, len(settings.channels), len(settings.issue_types)
    number = np.arange(count)
    team = number // TEAM_SIZE
    shares = channel_shares(settings)

    # The last row is nobody: bots on chat, and self-service, which is the last channel.
    weight = np.zeros((count + 1, channels + 1, issues))
    primary = np.searchsorted(shares.cumsum(), (team + 0.5) / (team[-1] + 1))
    secondary = rng.choice(channels, size=count, p=shares)
    on_channel = np.zeros((count, channels))
    on_channel[number, primary] += 0.7
    on_channel[number, secondary] += np.where(rng.random(count) < 0.5, 0.3, 0.0)

    share = np.array([issue.share for issue in settings.issue_types])
    width = min(issues, max(3, min(8, ceil(0.6 * issues))))
    # Steps of the golden ratio spread the groups of a few teams evenly over the issue types.
    first = (team * 0.618 % 1.0 * issues).astype(np.int64)
    place = (np.arange(issues)[None, :] - first[:, None]) % issues
    trained = (place < width) & ((rng.random((count, issues)) < 0.85) | (place == 0))
    mix = np.where(trained, rng.gamma(2.0, size=(count, issues)) * share, 0.0)

    weight[:count, :channels] = on_channel[:, :, None] * mix[:, None, :]
    activity = rng.lognormal(0.0, 0.2, count)
    weight[:count] *= (activity / weight[:count].sum(axis=(1, 2)))[:, None, None]
    weight[count, channels] = share
    if "chat" in settings.channels:
        weight[count, settings.channels.index("chat")] = share

    channel, issue, employee = np.nonzero(weight.transpose(1, 2, 0))
    cell_weight = weight[employee, channel, issue]
    human = employee < count
    off = np.array(_DAYS_OFF)[number % len(_DAYS_OFF)]
    on_duty = np.ones((7, count + 1))
    on_duty[off[:, 0], number] = 0.0
    on_duty[off[:, 1], number] = 0.0
    code = np.array([CHANNELS.index(name) for name in (*settings.channels, "self_service")])
    start = np.searchsorted(channel * issues + issue, np.arange((channels + 1) * issues), side="left")
    end = np.searchsorted(channel * issues + issue, np.arange((channels + 1) * issues), side="right")
    range_start = np.zeros((len(CHANNELS), issues), np.int64)
    range_end = np.zeros((len(CHANNELS), issues), np.int64)
    range_start[code] = start.reshape(channels + 1, issues)
    range_end[code] = end.reshape(channels + 1, issues)
    return Workforce(
        names=tuple(f"emp-{i + 1:04d}" for i in number),
        teams=tuple(f"team-{t + 1:02d}" for t in team),
        shift=((number + team) % 3).astype(np.int8),
        employee=np.where(human, employee, -1).astype(np.int32),
        channel=code[channel].astype(np.int8),
        issue=issue.astype(np.int32),
        load=_load(cell_weight * on_duty[:, employee], human, settings.unattended_share),
        range_start=range_start,
        range_end=range_end,
    )


def _load(weight: NDArray[np.float64], human: NDArray[np.bool_], unattended: float) -> NDArray[np.float64]:
    """Share out each weekday's first contacts: `unattended` of them to the cells of nobody."""
    load = np.zeros_like(weight)
    for cells, part in ((human, 1.0 - unattended), (~human, unattended)):
        total = weight[:, cells].sum(axis=1, keepdims=True)
        # Where nobody is on duty those contacts are not made.
        load[:, cells] = part * weight[:, cells] / np.where(total > 0, total, 1.0)
    load *= WEEKDAYS[:, None]
    return np.asarray(load * (7.0 / load.sum()))
