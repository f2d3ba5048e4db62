"""Rolling mean and variance by stratum, channel and issue type: one family per unit."""

from collections.abc import Iterator, Mapping, Sequence
from math import exp
from typing import Final

from models.settings import Kind
from models.snapshot import Spreads
from streams.metrics.series import Series, told

MEAN: Final[Mapping[Kind, str]] = {
    "binary": "outcome_ratio",
    "score": "score_ratio",
    "duration": "duration_geometric_mean_seconds",
}
VARIANCE: Final[Mapping[Kind, str]] = {
    "binary": "outcome_variance",
    "score": "score_variance",
    "duration": "log_duration_variance",
}


def in_unit(kind: Kind, mean: float) -> float:
    """Return a mean in the unit of its family: the mean of log seconds as the geometric mean in seconds."""
    return exp(mean) if kind == "duration" else mean


def spread_bundles(
    level: str, names: Sequence[tuple[str, ...]], spreads: Sequence[Spreads], kinds: Mapping[str, Kind]
) -> Iterator[list[Series]]:
    """Yield the series of each entity of a level, empty where it has no handlings.

    `names` are the label values of the entities; `spreads` are those of one window.
    """
    for entity, name in enumerate(names):
        bundle: list[Series] = []
        for spread in spreads:
            handlings = int(spread.handlings[entity])
            if handlings == 0:
                continue
            labels = (*name, spread.measure, spread.window)
            kind = kinds[spread.measure]
            mean, variance = float(spread.mean[entity]), float(spread.variance[entity])
            bundle += [
                Series(f"touchpoint_{level}_handlings", labels, handlings),
                Series(f"touchpoint_{level}_{MEAN[kind]}", labels, in_unit(kind, mean)),
                Series(f"touchpoint_{level}_{VARIANCE[kind]}", labels, variance),
            ]
        yield told(bundle)
