"""Two snapshots held against each other, bit for bit."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from naive import Spread

from models.counts import Counts
from models.snapshot import EmployeeFigures, Snapshot, Spreads, StratumFigures


def bits(value: object) -> object:
    """Return anything in a snapshot as plain values in which equal means equal to the last bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, Mapping):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(bits(item) for item in value)
    if is_dataclass(value):
        return {field.name: bits(getattr(value, field.name)) for field in fields(value)}
    return value


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """Return what two snapshots do not have in common, by name; how records were delivered is apart."""
    mine, theirs = _shown(one), _shown(other)
    return [name for name in mine if mine[name] != theirs[name]]


def _shown(snapshot: Snapshot) -> dict[str, object]:
    """Return all that does not tell how often, on which partition and in which pieces records came."""
    counts = {topic: _delivery_apart(count) for topic, count in snapshot.counts.items()}
    told = bits(replace(snapshot, counts=counts, sources=(), silent_partitions=0))
    assert isinstance(told, dict)
    return told


def _delivery_apart(count: Counts) -> Counts:
    return replace(count, read=0, duplicate=0)


def spreads(found: tuple[Spreads, ...], measure: str, window: str) -> Spreads:
    """Return the figures of one measure in one window."""
    return next(one for one in found if (one.measure, one.window) == (measure, window))


def of_strata(snapshot: Snapshot, measure: str, window: str) -> StratumFigures:
    """Return what the last step found between employees, for one measure in one window."""
    return next(one for one in snapshot.strata_found if (one.measure, one.window) == (measure, window))


def of_employees(snapshot: Snapshot, measure: str, window: str) -> EmployeeFigures:
    """Return every employee at the last step, for one measure in one window."""
    return next(one for one in snapshot.employees_found if (one.measure, one.window) == (measure, window))


def same_spread(found: Spreads | EmployeeFigures, names: Sequence[object], expected: Spread) -> None:
    """Hold count, mean and variance by name against pandas, to 1e-12; who said nothing has count 0."""
    at = {name: place for place, name in enumerate(names)}
    assert {name for name in at if found.handlings[at[name]] > 0} == set(expected)
    for name, (count, mean, variance) in expected.items():
        assert found.handlings[at[name]] == count
        assert found.mean[at[name]] == pytest.approx(mean, rel=1e-12, abs=1e-12)
        assert found.variance[at[name]] == pytest.approx(variance, rel=1e-12, abs=1e-12, nan_ok=True)
