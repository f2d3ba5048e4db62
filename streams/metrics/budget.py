"""The cap on how much stands on the page: what matters least goes first, and the cut is counted."""

from collections import Counter
from collections.abc import Iterable, Sequence

from streams.metrics.series import Series


def within(room: int, bundles: Iterable[Sequence[Series]]) -> tuple[list[Series], Counter[str]]:
    """Return what fits, and how many series of each family were cut.

    Bundles come in order of importance; the series of one stand or fall together, and after the first that
    does not fit nothing less important is taken in its place.
    """
    kept: list[Series] = []
    cut: Counter[str] = Counter()
    for bundle in bundles:
        lines = sum(series.lines() for series in bundle)
        if lines > room:
            room = 0
            for series in bundle:
                cut[series.family] += series.lines()
        else:
            room -= lines
            kept += bundle
    return kept, cut
