"""Simulation settings: any sensible centre can be simulated, others are refused by name."""

from datetime import date
from typing import Any

import pytest

from models.errors import ConfigError
from models.simulation import (
    KINDS,
    Centre,
    Inconsistency,
    SimulationSettings,
    inconsistencies,
    issue_types,
)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"employees": 0}, "employees"),
        ({"handlings_per_day": 0}, "handlings_per_day"),
        ({"days": 0}, "days"),
        ({"start": date(1969, 12, 31)}, "start"),
        ({"start": date(9999, 12, 1)}, "days"),
        ({"channels": ()}, "channels"),
        ({"channels": ("telepathy",)}, "channels"),
        ({"channels": ("self_service",)}, "channels"),
        ({"channels": ("voice", "voice")}, "channels"),
        ({"issue_types": ()}, "issue_types"),
        ({"issue_types": issue_types(2) + issue_types(1)}, "issue_types"),
        ({"tau0": -0.1}, "tau0"),
        ({"bad_day_share": 1.1}, "bad_day_share"),
        ({"unattended_share": 1.0}, "unattended_share"),
        ({"disorder_s": -1}, "disorder_s"),
        ({"days": 20, "inconsistencies": inconsistencies("employee", onset_day=20)}, "onset_day"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], key: str) -> None:
    """The error names the key."""
    with pytest.raises(ConfigError) as caught:
        SimulationSettings(**changes)
    assert caught.value.key == f"simulation.{key}"


@pytest.mark.parametrize(
    ("name", "size", "onset"),
    [
        ("moody", 1.0, 0),
        ("employee", 9.0, 0),
        ("employee", float("nan"), 0),
        ("stratum", -1.0, 0),
        ("shift", 1.0, -1),
    ],
)
def test_a_wrong_inconsistency_is_refused(name: str, size: float, onset: int) -> None:
    """Unknown kinds, sizes and days without meaning are errors."""
    with pytest.raises(ConfigError):
        inconsistencies(name, size, onset)


def test_a_seed_is_not_negative() -> None:
    """A seed below 0 is an error."""
    with pytest.raises(ConfigError):
        Centre(SimulationSettings(), -1)


def test_names_stand_for_inconsistencies() -> None:
    """`none` plants nothing, `demo` an employee and a stratum, a kind itself; each has a usual size."""
    assert inconsistencies("none") == ()
    assert inconsistencies("demo") == (Inconsistency("employee", 1.5), Inconsistency("stratum", 1.2))
    assert inconsistencies("issue", 0.8, 7) == (Inconsistency("issue", 0.8, 7),)


@pytest.mark.parametrize("name", ["demo", *KINDS])
@pytest.mark.parametrize(
    "small",
    [
        {"employees": 1, "handlings_per_day": 1},
        {"employees": 2, "unattended_share": 0.0, "handlings_per_day": 5},
        {"channels": ("letter",), "issue_types": issue_types(1)},
        {"channels": ("voice", "social"), "issue_types": issue_types(20)},
    ],
)
def test_any_centre_can_be_simulated(name: str, small: dict[str, Any]) -> None:
    """The smallest centre has its days, whatever is planted."""
    settings = SimulationSettings(days=3, inconsistencies=inconsistencies(name), **small)
    simulated = Centre(settings, 3)
    assert [len(list(day.events())) for day in simulated.days()] == [
        len(day.handlings) for day in simulated.days()
    ]
