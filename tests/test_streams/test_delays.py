"""The histogram of delays: every record in one bucket, as Prometheus counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delays import BOUNDS, Delays

NOW = 1_709_290_000.0


def observed(*delays_s: float) -> Delays:
    """Return the delays of one fetch."""
    delays = Delays()
    delays.observe([round((NOW - one) * 1_000) for one in delays_s], NOW)
    return delays


def test_a_record_counts_in_every_bucket_that_it_is_not_beyond() -> None:
    """A bound belongs to its bucket; the last bucket has no bound and holds all."""
    counts = observed(0.25, 0.251, 7_200.0).cumulative()

    assert len(counts) == len(BOUNDS) + 1
    assert dict(zip(BOUNDS, counts, strict=False)) == {
        bound: (0 if bound < 0.25 else 1 if bound < 0.5 else 2) for bound in BOUNDS
    }
    assert counts[-1] == 3


def test_the_total_is_in_seconds() -> None:
    """Sum and count give the mean."""
    assert observed(1.5, 0.5).total == pytest.approx(2.0)


def test_a_record_from_the_future_took_no_time() -> None:
    """Clocks differ; a negative delay would spoil the sum."""
    delays = observed(-30.0)

    assert delays.cumulative()[0] == 1
    assert delays.total == 0.0


def test_records_without_a_time_are_left_out() -> None:
    """Kafka keeps -1 where a producer gave none, and old formats have none at all: that is no delay."""
    delays = Delays()
    delays.observe([-1, None, round(NOW * 1_000) - 20], NOW)
    delays.observe([None], NOW)
    delays.observe([], NOW)

    assert delays.cumulative()[-1] == 1
    assert delays.total == pytest.approx(0.02, abs=1e-4)


@given(st.lists(st.lists(st.floats(0, 10_000), max_size=5), max_size=5))
def test_fetches_add_up(fetches: list[list[float]]) -> None:
    """However records are spread over fetches, each counts once; from bound to bound counts never fall."""
    delays = Delays()
    for one in fetches:
        delays.observe([round((NOW - delay) * 1_000) for delay in one], NOW)

    counts = delays.cumulative()
    assert counts[-1] == sum(len(one) for one in fetches)
    assert list(counts) == sorted(counts)
    assert delays.total == pytest.approx(sum(sum(one) for one in fetches), abs=0.02)
