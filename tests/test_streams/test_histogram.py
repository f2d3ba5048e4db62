"""The histogram: every observation in one bucket, as Prometheus counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.histogram import Histogram

BOUNDS = (0.25, 0.5, 1.0)


def observed(*values: float) -> Histogram:
    """Return a histogram that was told these one by one."""
    histogram = Histogram(BOUNDS)
    for value in values:
        histogram.observe(value)
    return histogram


def test_an_observation_counts_in_every_bucket_that_it_is_not_beyond() -> None:
    """A bound belongs to its bucket; the last bucket has no bound and holds all."""
    assert observed(0.25, 0.251, 7_200.0).cumulative() == (1, 2, 2, 3)


def test_before_the_first_observation_there_are_zeros() -> None:
    """So that a rate can be told from the first one on."""
    assert observed().cumulative() == (0, 0, 0, 0)
    assert observed().total == 0.0


def test_sum_and_count_give_the_mean() -> None:
    """The total is in the unit of the observations."""
    assert observed(1.5, 0.5).total == 2.0


@given(st.lists(st.lists(st.sampled_from(BOUNDS) | st.floats(0, 2), max_size=5), max_size=5))
def test_many_at_once_are_as_many_one_by_one(batches: list[list[float]]) -> None:
    """However they are told, each counts once; from bound to bound counts never fall."""
    at_once = Histogram(BOUNDS)
    for batch in batches:
        at_once.observe_all(batch)

    one_by_one = observed(*(value for batch in batches for value in batch))
    assert at_once.cumulative() == one_by_one.cumulative()
    assert at_once.total == pytest.approx(one_by_one.total)
    assert list(at_once.cumulative()) == sorted(at_once.cumulative())
    assert at_once.cumulative()[-1] == sum(map(len, batches))
