"""The command `touchpoint publish`: a simulated centre as an upstream system, for trying the real parts."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from streams import config, logs
from streams.cli_options import CONFIG, INCONSISTENCY, SET, speaking

_AHEAD_DAYS = 365
"""How long it goes on once it has come to the present."""


@click.command()
@CONFIG
@SET
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Which centre.")
@click.option("--employees", type=click.IntRange(min=1), default=60, help="How many work there.")
@click.option("--handlings-per-day", type=click.IntRange(min=1), default=1_000, help="On a usual day.")
@click.option("--days", type=click.IntRange(min=0), default=90, help="How much of its past is told.")
@click.option(
    "--day-seconds", type=click.FloatRange(min=0), default=1.0, help="How long a past day takes to be told."
)
@INCONSISTENCY
@speaking
def publish(
    path: Path | None,
    overrides: tuple[str, ...],
    seed: int,
    employees: int,
    handlings_per_day: int,
    days: int,
    day_seconds: float,
    inconsistency: str,
) -> None:
    """Publish a simulated centre to Kafka: its past at a day a second, then live.

    It goes to the first of sources.topics, which must be there and new: made-up events are never mixed with
    real ones. `touchpoint topics --create --sources 4` makes it, then `touchpoint publish`, and beside it
    `touchpoint worker --config touchpoint.toml`. Ends on Ctrl-C.
    """
    from models.simulation import Centre, SimulationSettings, inconsistencies  # noqa: PLC0415 - see cli.py
    from streams import upstream  # noqa: PLC0415 - as above

    settings = config.load(path, overrides=overrides)
    logs.configure(settings.logs.level, settings.logs.format)
    centre = SimulationSettings(
        employees=employees,
        handlings_per_day=handlings_per_day,
        days=days + _AHEAD_DAYS,
        start=datetime.now(UTC).date() - timedelta(days=days),
        inconsistencies=inconsistencies(inconsistency),
    )
    asyncio.run(upstream.publish(settings, Centre(centre, seed), day_s=day_seconds))
