"""How much of everything: enough to fail in `make test`, the full length in `make soak`."""

import os
from dataclasses import dataclass
from typing import Final

FULL: Final = os.environ.get("TOUCHPOINT_SOAK") == "full"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the scenarios run with.

    Attributes
    ----------
    kills, kill_events, kill_rate
        How often a worker is killed; how many events are consumed meanwhile, published at so many a second.
    fleet_events, fleet_rate, pause_s
        The same for three workers, one of which is stopped for so long: beyond its session.
    away_s, away_events, away_rate
        How long the broker is away.
    take_over_employees, take_over_days, take_over_per_day
        How large the judge is that another worker takes over.
    steady_s, backlog, ledger_bytes_a_second
        How long memory is watched at full speed; how many events wait for a slow consumer, and how much the
        ledger takes of them: some 30 bytes an event.
    live_s, live_rate
        How long freshness is watched, at how many events a second.
    invariance_events
        How many events every arrangement of workers, partitions and fetch sizes reads.
    sizing_per_day, sizing_days
        Handlings a day of each centre that is sized, and of how many days.
    """

    kills: int = 3
    kill_events: int = 40_000
    kill_rate: int = 4_000
    fleet_events: int = 60_000
    fleet_rate: int = 2_500
    pause_s: float = 4.0
    away_s: float = 5.0
    away_events: int = 30_000
    away_rate: int = 3_000
    take_over_employees: int = 300
    take_over_days: int = 24
    take_over_per_day: int = 2_000
    steady_s: float = 10.0
    backlog: int = 60_000
    ledger_bytes_a_second: int = 120_000
    live_s: float = 8.0
    live_rate: int = 2_000
    invariance_events: int = 20_000
    sizing_per_day: tuple[int, ...] = (1_000,)
    sizing_days: int = 4


SIZES: Final = (
    Sizes(
        kills=20,
        kill_events=1_000_000,
        kill_rate=12_000,
        fleet_events=1_000_000,
        fleet_rate=10_000,
        pause_s=14.0,
        away_s=60.0,
        away_events=600_000,
        away_rate=5_000,
        take_over_employees=20_000,
        take_over_days=28,
        take_over_per_day=100_000,
        steady_s=600.0,
        backlog=2_000_000,
        ledger_bytes_a_second=300_000,
        live_s=120.0,
        live_rate=5_000,
        invariance_events=300_000,
        sizing_per_day=(20_000, 100_000),
        sizing_days=28,
    )
    if FULL
    else Sizes()
)
