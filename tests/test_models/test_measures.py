"""What a handling says for each measure."""

from math import log

import numpy as np
import pytest

from models.handling import CODED_FACTS, NO_CODE
from models.measures import values
from models.settings import MEASURES, Measure

BY_NAME = {measure.name: measure for measure in MEASURES}


@pytest.mark.parametrize(
    ("measure", "one", "zero", "nothing"),
    [
        (
            "refused",
            ["refused"],
            ["resolved", "resolved_partial", "workaround", "escalated", "unresolved"],
            ["transferred", "pending", "abandoned", "no_action", "duplicate", "unknown"],
        ),
        ("goal_attained", ["yes"], ["partly", "no"], ["unknown"]),
        ("sla_missed", ["false"], ["true"], []),
    ],
)
def test_words_say_one_zero_or_nothing(
    measure: str, one: list[str], zero: list[str], nothing: list[str]
) -> None:
    """Every word of the contract has its meaning for a binary measure; null says nothing."""
    fact = BY_NAME[measure].fact
    words = [*one, *zero, *nothing, None]
    assert {word for word in words if word} == set(CODED_FACTS[fact])
    column = [NO_CODE if word is None else CODED_FACTS[fact].index(word) for word in words]
    said = values(BY_NAME[measure], {fact: np.array(column, np.int8)}, len(words))
    meaning = [1.0] * len(one) + [0.0] * len(zero) + [np.nan] * (len(nothing) + 1)
    np.testing.assert_array_equal(said, meaning)


def test_durations_are_logarithms_of_positive_seconds() -> None:
    """No time at all and no statement say nothing; a handling of 60 s says log 60."""
    seconds = np.array([60.0, 0.0, np.nan, 1.0])
    said = values(BY_NAME["log_handle_time"], {"handle_time_s": seconds}, 4)
    np.testing.assert_array_equal(said, [log(60.0), np.nan, np.nan, 0.0])


def test_scores_are_taken_as_they_are() -> None:
    """A score of 0 is a statement, null is not."""
    said = values(BY_NAME["survey"], {"survey": np.array([0.0, 1.0, np.nan])}, 3)
    np.testing.assert_array_equal(said, [0.0, 1.0, np.nan])


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_fact_that_nobody_stated_says_nothing(measure: Measure) -> None:
    """Without its column a measure says nothing in every row."""
    assert np.isnan(values(measure, {}, 3)).all()
