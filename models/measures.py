"""From the facts of a handling to the numbers that are watched."""

import numpy as np
from numpy.typing import NDArray

from models.handling import CODED_FACTS, Facts
from models.settings import Measure


def values(measure: Measure, facts: Facts, n: int) -> NDArray[np.float64]:
    """Return what each of n handlings says for a measure: float64[n], NaN where it says nothing.

    Binary measures give 0 or 1, durations the natural logarithm of seconds, scores a number in 0..1.
    """
    column = facts.get(measure.fact)
    if column is None:
        return np.full(n, np.nan)
    if measure.kind == "binary":
        words = CODED_FACTS[measure.fact]
        meaning = np.full(len(words) + 1, np.nan)  # the last element answers -1, null
        meaning[[words.index(word) for word in measure.one]] = 1.0
        meaning[[words.index(word) for word in measure.zero]] = 0.0
        said: NDArray[np.float64] = meaning[column]
        return said
    number = column.astype(np.float64)
    if measure.kind == "score":
        return number
    result = np.full(n, np.nan)
    np.log(number, out=result, where=number > 0)
    return result
