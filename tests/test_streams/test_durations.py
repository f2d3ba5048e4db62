"""How long the stages take: one observation a piece of work that came to its end."""

from collections.abc import Callable

import pytest

from streams.durations import BOUNDS, STAGES, Durations


def ticking(*times: float) -> Callable[[], float]:
    """Return a clock that shows these one after the other."""
    return iter(times).__next__


def test_a_stage_is_told_how_long_it_took() -> None:
    """From the beginning of the block to its end, apart from the other stages."""
    durations = Durations(ticking(10.0, 10.25, 20.0, 22.0))
    with durations.stage("judge"):
        pass
    with durations.stage("page"):
        pass

    judge, page = durations.stages["judge"], durations.stages["page"]
    assert (judge.total, page.total) == (0.25, 2.0)
    assert judge.cumulative()[BOUNDS.index(0.1)] == 0
    assert judge.cumulative()[BOUNDS.index(0.25)] == 1


def test_stages_may_lie_within_each_other() -> None:
    """A publication is timed while the record that caused it is."""
    durations = Durations(ticking(1.0, 2.0, 3.0, 5.0))
    with durations.stage("judge"), durations.stage("publish"):
        pass

    assert (durations.stages["publish"].total, durations.stages["judge"].total) == (1.0, 4.0)


def test_what_fails_is_not_counted() -> None:
    """How long it took to fail says nothing of how long the work takes; the error goes on its way."""
    durations = Durations(ticking(1.0, 2.0))
    with pytest.raises(ConnectionError), durations.stage("checkpoint"):
        raise ConnectionError

    assert durations.stages["checkpoint"].cumulative()[-1] == 0


def test_every_stage_is_there_before_its_first_piece_of_work() -> None:
    """A page shows zeros, not nothing."""
    assert tuple(Durations().stages) == STAGES
