"""Health: a worker is started anew when something waits and nothing is done, and for no other reason."""

import time
from math import inf

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from taking import HERE, THERE, Clocks
from watched import LEDGER, worker

from streams.config import WorkerConfig
from streams.health import Progress
from streams.transport import Ends

PATIENCE_S = WorkerConfig().stall_s


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_only_what_waits_while_nothing_is_done_is_a_stall(seconds: list[tuple[int, int]]) -> None:
    """It is as long as the last unbroken run of looks at which something waited and nothing had been done."""
    progress, done, run = Progress(), 0, 0
    for now, (more, waiting) in enumerate(seconds):
        done += more
        progress.observe(done, waiting, float(now))
        run = run + 1 if now > 0 and more == 0 and waiting > 0 else 0
        assert progress.stalled_s(float(now)) == max(run - 1, 0)


def test_the_first_look_is_no_stall() -> None:
    """How much is done in a second is not known before the second look."""
    progress = Progress()
    progress.observe(0, 5, 100.0)

    assert progress.stalled_s(1_000.0) == 0.0


def test_a_stall_goes_on_without_looks() -> None:
    """Where the look itself is held up the stall is not forgotten."""
    progress = Progress()
    for now in (1.0, 2.0):
        progress.observe(3, 1, now)

    assert progress.stalled_s(100.0) == 98.0


@pytest.mark.parametrize(
    ("tp", "problem"),
    [(HERE, "records wait"), (LEDGER, "the ledger waits")],
    ids=["source", "ledger"],
)
def test_what_waits_too_long_is_a_problem(tp: TP, problem: str) -> None:
    """From the patience on, and not a moment before; what waits and for how long is told."""
    clocks = Clocks()
    health = worker({tp: Ends(4, 4, inf)}, judged=0, follow_to=4, clocks=clocks)
    for _ in range(2):
        clocks.pass_(1.0)
        health.look()
    clocks.pass_(PATIENCE_S - 0.5)
    assert health.problem() is None
    clocks.pass_(0.5)

    assert health.problem() == f"{problem} and nothing was handled for {PATIENCE_S:.0f} s"
    assert health.stalled_s() == PATIENCE_S


def test_work_is_no_problem() -> None:
    """However much waits, and for how long: as long as some of it is done."""
    clocks = Clocks()
    health = worker({HERE: Ends(10**6, 10**6, inf), LEDGER: Ends(10**6, 10**6, inf)}, judged=0, clocks=clocks)
    assert health.ownership.judging is not None
    for _ in range(5):
        health.intake.fetches += 1
        health.ownership.judging.next_offset += 1
        health.look()
        clocks.pass_(PATIENCE_S)
        health.look()
        assert health.problem() is None


def test_a_quiet_source_is_no_problem() -> None:
    """Where nothing waits nothing has to be done."""
    clocks = Clocks()
    health = worker({HERE: Ends(3, 3, inf), LEDGER: Ends(2, 2, inf)}, taken=3, judged=2, clocks=clocks)
    for _ in range(3):
        health.look()
        clocks.pass_(10 * PATIENCE_S)

    assert health.problem() is None


def test_a_ledger_that_nobody_here_judges_is_a_problem() -> None:
    """The ledger is read here and no judge comes about: the worker is started anew."""
    clocks = Clocks()
    health = worker({LEDGER: Ends(2, 2, inf)}, clocks=clocks)
    for _ in range(3):
        health.look()
        clocks.pass_(PATIENCE_S)

    assert health.problem() is not None


@pytest.mark.parametrize(
    ("ends", "lag"),
    [
        pytest.param(Ends(10, 10, inf), 0, id="at the end"),
        pytest.param(Ends(15, 15, inf), 5, id="to be fetched or to be taken"),
        pytest.param(Ends(15, 12, inf), 2, id="in an open transaction: not to be read yet"),
        pytest.param(Ends(15, 10, inf), 0, id="all of it in an open transaction"),
        pytest.param(Ends(8, 8, inf), 0, id="known from before what was taken"),
    ],
)
def test_lag_is_what_could_be_read_and_was_not_taken(ends: Ends, lag: int) -> None:
    """Of each partition that is assigned; what cannot be read yet is not behind."""
    assert worker({HERE: ends}, taken=10).lag() == {("events", 0): lag}


def test_what_is_not_held_has_no_lag() -> None:
    """During a rebalance, and of partitions that were not fetched yet, there is nothing to tell."""
    health = worker({})

    assert health.lag() == {}
    assert health.ledger_lag() is None
    assert health.end(THERE) is None


def test_the_ledgers_lag_is_that_of_the_judge() -> None:
    """What it has yet to apply: all of it, before it has been restored."""
    assert worker({LEDGER: Ends(8, 7, inf)}, judged=5).ledger_lag() == 2
    assert worker({LEDGER: Ends(8, 7, inf)}).ledger_lag() == 7


def test_the_end_is_that_of_what_was_written() -> None:
    """An idle mark says that there is nothing: an open transaction is something."""
    assert worker({THERE: Ends(9, 3, inf)}).end(THERE) == 9


def test_an_end_that_was_told_long_ago_is_not_known() -> None:
    """A worker that is cut off from Kafka must not call a source idle; its lag it may still tell."""
    health = worker({HERE: Ends(9, 9, time.time() - 11.0)}, taken=5)

    assert health.end(HERE) is None
    assert sum(health.lag().values()) == 4


def test_a_worker_that_is_given_no_part_is_no_use() -> None:
    """An assignment that never comes is a problem after the patience, though nothing is known to wait."""
    clocks = Clocks()
    health = worker(clocks=clocks)
    health.is_assigned = False
    for _ in range(2):
        clocks.pass_(1.0)
        health.look()
    clocks.pass_(PATIENCE_S)

    assert health.problem() == f"the group gives no partitions and nothing was handled for {PATIENCE_S:.0f} s"


@pytest.mark.parametrize(
    ("assigned", "holds_ledger", "judged", "ready"),
    [
        pytest.param(False, False, None, False, id="before the first assignment"),
        pytest.param(True, False, None, True, id="the judge is elsewhere"),
        pytest.param(True, True, None, False, id="the judge is not restored yet"),
        pytest.param(True, True, 3, False, id="the ledger is read"),
        pytest.param(True, True, 4, True, id="the judge has caught up"),
    ],
)
def test_ready_is_who_does_its_part(
    assigned: bool, holds_ledger: bool, judged: int | None, ready: bool
) -> None:
    """It has its partitions, be it none, and where it is to judge its verdicts are those of now."""
    health = worker(judged=judged, follow_to=4)
    health.is_assigned, health.holds_ledger = assigned, holds_ledger

    assert health.is_ready == ready
