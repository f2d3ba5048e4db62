"""A simulated centre as a file: its events as JSON Lines, what was planted beside them."""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import click
import orjson

from models.simulation import Centre, SimulationSettings, inconsistencies


def write(
    *,
    seed: int,
    employees: int,
    days: int,
    handlings_per_day: int,
    start: date,
    inconsistency: str,
    size: float | None,
    onset_day: int,
    duplicates: float,
    disorder: float,
    output: Path | None,
    truth: Path | None,
) -> None:
    """Write the events, to standard output where no file is named, and the truth to a side file.

    Raises
    ------
    ConfigError
        For a centre that could not be.
    """
    settings = SimulationSettings(
        employees=employees,
        handlings_per_day=handlings_per_day,
        days=days,
        start=start,
        duplicate_share=duplicates,
        disorder_share=disorder,
        inconsistencies=inconsistencies(inconsistency, size, onset_day),
    )
    centre = Centre(settings, seed)
    with ExitStack() as stack:
        sink = sys.stdout.buffer if output is None else stack.enter_context(output.open("wb"))
        numbers: Iterable[int] = range(days)
        if output is not None and sys.stderr.isatty():
            numbers = stack.enter_context(click.progressbar(range(days), label="simulating", file=sys.stderr))
        for number in numbers:
            sink.writelines(orjson.dumps(event) + b"\n" for event in centre.day(number).events())
    if truth is None and output is not None:
        truth = output.with_name(output.name + ".truth.json")
    if truth is not None:
        truth.write_bytes(orjson.dumps(centre.truth(), option=orjson.OPT_INDENT_2) + b"\n")
