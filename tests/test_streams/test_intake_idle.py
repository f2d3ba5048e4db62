"""Idle marks: a partition that is at its end and has been silent for the grace no longer holds the clock."""

import asyncio

import pytest
from taking import HERE, ROSTER, THERE, Clocks, FakeBroker, fetch, intake, taken

from models.segment import IdleMark
from models.settings import SECOND
from streams.config import Config
from streams.intake import IDLE_MARK_EVERY_S, Intake
from streams.transport import Fetch

GRACE = Config().intake.idle_grace_s


class Silence:
    """An intake that has taken ten records of its first partition, none of its second, and waits."""

    def __init__(self) -> None:
        self.broker = FakeBroker()
        self.clocks = Clocks()
        self.intake: Intake = intake(self.broker, self.clocks)
        taken(self.intake, fetch(0, 10))

    def mark(self, highwater: int | None = 10, *, after: float = 0.0) -> list[IdleMark]:
        """Let time go by and ask for a mark; return all that were written."""
        self.clocks.pass_(after)
        asyncio.run(self.intake.mark_idle(HERE, lambda: highwater))
        return self.broker.marks


def test_a_silent_partition_at_its_end_is_marked() -> None:
    """After the grace the ledger is told: source, position, roster, and the wall time."""
    silence = Silence()

    [mark] = silence.mark(after=GRACE)
    assert mark.source == ("events", 0, 0)
    assert mark.position == 10
    assert mark.roster == ROSTER
    assert mark.wall_time == int(silence.clocks.wall * SECOND)


def test_nobody_is_idle_within_the_grace() -> None:
    """A pause is no silence: the grace counts from the last record."""
    silence = Silence()

    assert silence.mark(after=GRACE - 0.1) == []
    taken(silence.intake, fetch(10, 11))
    assert silence.mark(11, after=GRACE - 0.1) == []
    assert len(silence.mark(11, after=0.1)) == 1


@pytest.mark.parametrize("highwater", [None, 11, 1_000])
def test_nobody_is_idle_while_records_wait(highwater: int | None) -> None:
    """Below the high watermark, or where it is unknown, a partition is behind, not silent."""
    assert Silence().mark(highwater, after=10 * GRACE) == []


def test_the_mark_is_no_later_than_the_look_at_the_end() -> None:
    """The wall clock is read before the end is asked for: what arrives in between is later than the mark."""
    silence = Silence()
    silence.clocks.pass_(GRACE)
    before = silence.clocks.wall

    def end() -> int:
        silence.clocks.pass_(5.0)
        return 10

    asyncio.run(silence.intake.mark_idle(HERE, end))
    assert [mark.wall_time for mark in silence.broker.marks] == [int(before * SECOND)]


def test_a_partition_that_never_spoke_is_marked() -> None:
    """A partition without a single record is idle after the grace, counted from its assignment."""
    silence = Silence()
    silence.clocks.pass_(GRACE)
    asyncio.run(silence.intake.mark_idle(THERE, lambda: 0))

    assert [(mark.source.partition, mark.position) for mark in silence.broker.marks] == [(1, 0)]


def test_a_partition_of_another_worker_is_not_marked() -> None:
    """After a rebalance only who holds a partition speaks for it."""
    silence = Silence()
    silence.intake.assign({THERE: 0})

    assert silence.mark(after=GRACE) == []


def test_a_new_assignment_has_its_whole_grace() -> None:
    """Who takes over does not know how long a partition was silent, and waits."""
    silence = Silence()
    silence.clocks.pass_(GRACE)
    silence.intake.assign({HERE: 10})

    assert silence.mark() == []
    assert len(silence.mark(after=GRACE)) == 1


def test_marks_come_at_most_every_so_often() -> None:
    """However often it is asked for, a partition is marked once in 30 seconds."""
    silence = Silence()
    silence.mark(after=GRACE)
    for _ in range(29):
        silence.mark(after=1.0)
    assert len(silence.broker.marks) == 1

    assert len(silence.mark(after=1.0)) == 2
    assert IDLE_MARK_EVERY_S == 30.0


def test_each_partition_is_marked_by_itself() -> None:
    """The pause between marks is that of one partition, not of all."""
    silence = Silence()
    silence.mark(after=GRACE)
    asyncio.run(silence.intake.mark_idle(THERE, lambda: 0))

    assert [mark.source.partition for mark in silence.broker.marks] == [0, 1]


def test_a_record_ends_the_silence() -> None:
    """After a record the grace begins anew, and the next mark names the new position."""
    silence = Silence()
    silence.mark(after=GRACE)
    taken(silence.intake, fetch(10, 11))

    assert len(silence.mark(11, after=IDLE_MARK_EVERY_S)) == 1
    assert silence.mark(11, after=GRACE)[-1].position == 11


def test_markers_do_not_end_the_silence() -> None:
    """A transaction that left no record is no sign of life; the mark stands behind it."""
    silence = Silence()
    silence.clocks.pass_(GRACE)
    taken(silence.intake, Fetch(10, 12, ()))

    assert silence.mark(13) == []
    assert [mark.position for mark in silence.mark(12)] == [12]


def test_a_mark_is_not_later_than_its_words() -> None:
    """The wall time is read before the mark is sent: a record that comes meanwhile is later than the mark."""
    silence = Silence()
    silence.clocks.pass_(GRACE)
    asked_at = silence.clocks.wall
    send = silence.broker.send

    async def slow(*arguments: object, **named: object) -> object:
        silence.clocks.pass_(600)
        return await send(*arguments, **named)  # type: ignore[arg-type]

    silence.intake.send = slow  # type: ignore[assignment]
    [mark] = silence.mark()

    assert mark.wall_time == int(asked_at * SECOND)


def test_a_mark_that_is_refused_is_raised() -> None:
    """A mark that did not reach the ledger is heard of like any other record."""
    silence = Silence()
    silence.broker.refusing = Config().topics.ledger

    with pytest.raises(ConnectionError):
        silence.mark(after=GRACE)
