"""Under which settings a dumped state can be gone on from: on the same grid under any.

The grid is what sums are laid out on. Whatever else changes holds from the next step on: thresholds,
horizons, windows, limits, and measures, which are known again by their definition.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Final

from models.errors import StateError
from models.settings import JudgeSettings, Measure
from models.state import FORMAT, Fields, State

_START_ANEW: Final = "Put it back, or start without this state: then history is what the ledger still holds"


def grid_of(settings: JudgeSettings, *, whole: bool) -> dict[str, State]:
    """Return the settings without which sums that were made before mean something else."""
    return {
        "time.pane_s": settings.time.pane_s,
        "calendar.timezone": settings.calendar.timezone,
        "expectation.band_hours": settings.expectation.band_hours,
        "whole": whole,
    }


def require_grid(state: Fields, settings: JudgeSettings, *, whole: bool) -> None:
    """Refuse a state of another format or on another grid.

    Raises
    ------
    StateError
        Saying which setting differs.
    """
    if state["format"] != FORMAT:
        raise StateError(
            f"the state is of format {state['format']}, this program reads {FORMAT}: "
            "run the program that wrote it, or start without this state"
        )
    for key, here in grid_of(settings, whole=whole).items():
        there = state["grid"][key]
        if there != here:
            raise StateError(f"{key}: the state was made with {there!r}, now it is {here!r}. {_START_ANEW}")


def fingerprint_of(settings: JudgeSettings) -> str:
    """Return 12 hex digits that change with any setting that the judge depends on."""
    told = [getattr(settings, part.name) for part in fields(JudgeSettings)]
    return sha256(repr(told).encode()).hexdigest()[:12]


def definitions(measures: Iterable[Measure]) -> State:
    """Return what measures are, in their order."""
    return [asdict(measure) | {"one": list(measure.one), "zero": list(measure.zero)} for measure in measures]


def kept_measures(measures: Iterable[Measure], state: Sequence[Fields]) -> list[int | None]:
    """Return where each measure stood when its definition was dumped; None for a new or redefined one."""
    then = [Measure(**{**one, "one": tuple(one["one"]), "zero": tuple(one["zero"])}) for one in state]
    return [then.index(measure) if measure in then else None for measure in measures]
