"""Judging: every ledger record once and in order, from the start, from a dump, or from what is left."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from columns import idle, segment
from pages import rows_of
from snapshots import differences

from models.errors import SegmentError, StateError
from models.judge import Judge
from models.segment import LedgerRecord
from models.state import digest
from streams.config import Config, load
from streams.judging import Judging, LedgerError
from streams.ledger import encode

CONFIG = load(
    None, overrides=["time.clock=event", "verdicts.warm_up_days=2", "verdicts.persistence=1"], environment={}
)
DAYS = 5
WRITTEN_AT = 1_704_067_200_000


def ledger(days: int = DAYS) -> list[bytes]:
    """Return a ledger of the demo's centre, a segment a day."""
    start, records = 0, []
    for day in range(days):
        rows = rows_of(day)
        records.append(encode(segment(rows, start)))
        start += len(rows)
    return records


def judging(next_offset: int = 0, config: Config = CONFIG) -> Judging:
    return Judging(Judge(config), next_offset)


def fed(of: Judging, records: Sequence[bytes], begin: int = 0) -> list[bool]:
    """Give it records from an offset on; return which of them it took."""
    return [take(of, offset, value) for offset, value in enumerate(records, begin)]


def take(of: Judging, offset: int, value: bytes) -> bool:
    """Give it one record; return whether it took it."""
    return asyncio.run(of.take(offset, value, WRITTEN_AT + offset))


def test_the_judge_is_that_of_the_ledger() -> None:
    """Each record is applied, in its order; what is shown are the judge's alerts and snapshot."""
    of = judging()

    assert fed(of, ledger()) == [True] * DAYS
    assert of.next_offset == DAYS
    assert of.judge.snapshot().counts["handlings"].read == sum(len(rows_of(day)) for day in range(DAYS))
    assert of.judge.alerts == of.judge.snapshot().alerts != ()


def test_what_was_applied_is_not_applied_again() -> None:
    """A rebalance throws the position back: that changes nothing, to the bit."""
    of = judging()
    fed(of, ledger())
    before = digest(of.dump()["judge"])

    assert fed(of, ledger()) == [False] * DAYS
    assert digest(of.dump()["judge"]) == before
    assert of.next_offset == DAYS


def test_who_asks_between_two_pieces_sees_the_whole_record() -> None:
    """A checkpoint made while a day is judged holds all of the record, and the position behind it."""
    of, asked = judging(), []

    async def ask() -> None:
        while True:
            asked.append((of.next_offset, digest(of.dump()["judge"])))
            await asyncio.sleep(0)

    async def apply() -> None:
        asking = asyncio.ensure_future(ask())
        for offset, value in enumerate(ledger()):
            await of.take(offset, value, WRITTEN_AT + offset)
        asking.cancel()

    asyncio.run(apply())
    alone, states = judging(), {}
    for offset, value in enumerate(ledger()):
        take(alone, offset, value)
        states[alone.next_offset] = digest(alone.dump()["judge"])
    assert asked
    assert all(states.get(position, told) == told for position, told in asked)


def test_who_rests_first_asks_between_two_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a page, a checkpoint or an alert never has the rest of a day judged in one go."""
    of, happened = judging(), list[str]()
    whole = of.judge.applying

    def applying(record: LedgerRecord) -> Iterator[None]:
        happened.append("begins")
        for _ in whole(record):
            happened.append("goes on")
            yield
        happened.append("ends")

    monkeypatch.setattr(of.judge, "applying", applying)

    async def ask() -> None:
        while True:
            await of.rest()
            happened.append("asked")
            await asyncio.sleep(0)

    async def apply() -> None:
        asking = asyncio.ensure_future(ask())
        for offset, value in enumerate(ledger()):
            await of.take(offset, value, WRITTEN_AT + offset)
            await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(apply())
    told = " ".join(happened)
    assert "goes on goes on" in told, "there is something to be in the middle of"
    assert told.count("ends asked") >= DAYS - 1, "who asks is let in before the next record"
    assert "begins asked" not in told
    assert "goes on asked" not in told


def test_a_record_it_cannot_read_stays_due() -> None:
    """A newer or damaged record is raised, never skipped."""
    of = judging()
    fed(of, ledger()[:2])
    with pytest.raises(SegmentError):
        take(of, 2, b"\xffnot of this version")

    assert of.next_offset == 2


def test_marks_of_transactions_are_passed() -> None:
    """The ledger may hold what is no record: the position passes it, and never goes back."""
    of = judging()
    fed(of, ledger()[:1])
    of.pass_to(4)
    of.pass_to(2)
    assert of.next_offset == 4

    assert fed(of, ledger()[1:2], 4) == [True]
    assert of.next_offset == 5


def test_from_a_dump_it_goes_on_as_if_nothing_had_been() -> None:
    """A dump and the rest of the ledger come to the same state as the whole ledger, to the bit."""
    whole, first = judging(), judging()
    fed(whole, ledger())
    fed(first, ledger()[:3])
    second = Judging.restored(CONFIG, first.dump(), first.next_offset)
    assert differences(second.judge.snapshot(), first.judge.snapshot()) == []

    fed(second, ledger()[3:], 3)
    assert digest(second.dump()["judge"]) == digest(whole.dump()["judge"])
    assert second.next_offset == DAYS


def test_a_dump_on_another_grid_is_of_no_use() -> None:
    """Sums that were laid out otherwise cannot be gone on with."""
    other = load(None, overrides=["time.pane_s=900"], environment={})
    with pytest.raises(StateError, match=r"time\.pane_s"):
        Judging.restored(other, judging().dump(), 0)


@pytest.mark.parametrize(("next_offset", "told"), [(0, -1), (5, -1), (5, 4), (3, 4), (5, 3)])
def test_a_ledger_that_holds_all_that_was_applied_fits(next_offset: int, told: int) -> None:
    """It may end where the state and the alerts do, or go on; nothing changes by looking."""
    of = judging(next_offset)
    of.fit_into("ledger", 0, 5, told)

    assert (of.next_offset, of.lacks_beginning) == (next_offset, False)


@pytest.mark.parametrize(("next_offset", "told"), [(6, -1), (0, 5), (5, 9)])
def test_a_ledger_that_ends_before_what_was_applied_or_told_is_another(next_offset: int, told: int) -> None:
    """It was made anew: its name, where it ends and what to do are told."""
    with pytest.raises(LedgerError, match=r"topics\.ledger: the-ledger ends at offset 5.*Name topics"):
        judging(next_offset).fit_into("the-ledger", 0, 5, told)


def test_a_lost_beginning_is_told() -> None:
    """Reading begins with what is left, and the history is incomplete since that was written."""
    of = judging()
    of.fit_into("ledger", 3, 5, -1)
    assert (of.next_offset, of.lacks_beginning, of.incomplete_since) == (3, True, None)

    fed(of, ledger()[3:], 3)
    assert of.lacks_beginning is False
    assert of.incomplete_since == WRITTEN_AT + 3


@pytest.mark.parametrize("applied", [0, 2])
def test_a_lost_beginning_is_told_after_a_restart_too(applied: int) -> None:
    """A checkpoint holds it, also one that was written before a record came."""
    of = judging()
    of.fit_into("ledger", 3, 3, -1)
    fed(of, ledger()[3 : 3 + applied], 3)
    restored = Judging.restored(CONFIG, of.dump(), of.next_offset)
    take(restored, of.next_offset, encode(idle(0)))

    assert restored.incomplete_since == WRITTEN_AT + 3


def test_with_a_checkpoint_an_expired_beginning_is_no_loss() -> None:
    """What is gone had been applied."""
    of = judging(4)
    of.fit_into("ledger", 4, 5, -1)
    take(of, 4, encode(idle(0)))

    assert of.incomplete_since is None
