"""Intake: nothing returns before it is acknowledged, and every segment says just what it covers."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest
from builders import line
from columns import PLAIN, judged
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from taking import HERE, ROSTER, THERE, Clocks, FakeBroker, good, intake, record, stretches

from models.segment import ROWS_MAX
from streams.config import Config, DeadLetterConfig
from streams.intake import Intake

TOPICS = Config().topics


def taken(of: Intake, *batches: list[Any]) -> Intake:
    """Let an intake take batches one after the other."""

    async def run() -> None:
        for batch in batches:
            await of.take(batch)

    asyncio.run(run())
    return of


def test_nothing_returns_before_every_acknowledgement() -> None:
    """Until the last segment and the last dead letter stand in Kafka a batch is not done."""

    async def run() -> None:
        broker = FakeBroker(holding=True)
        taking = asyncio.ensure_future(intake(broker).take([*good([0]), record(1, b"{"), *good([0], THERE)]))
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(broker.sent) == 3
        for one in broker.sent:
            assert not taking.done()
            one.acknowledged.set_result(None)
            await asyncio.sleep(0)
        await taking

    asyncio.run(run())


@pytest.mark.parametrize("refusing", [TOPICS.ledger, TOPICS.dead_letters])
def test_a_failed_acknowledgement_is_raised(refusing: str) -> None:
    """What did not reach Kafka must not be acknowledged upstream: the worker hears of it."""
    with pytest.raises(ConnectionError):
        taken(intake(FakeBroker(refusing=refusing)), [record(0, b"{")])


def test_a_batch_is_one_segment_a_partition() -> None:
    """Records are sorted to their partitions; each segment names source, roster and key."""
    broker = FakeBroker()
    taken(intake(broker), [*good([0, 1]), *good([0], THERE), *good([2])])

    here, there = broker.segments
    assert (here.source, there.source) == (("events", 0, 0), ("events", 1, 0))
    assert stretches([here, there]) == [(0, 3, [0, 1, 2]), (0, 1, [0])]
    assert here.roster == there.roster == ROSTER
    assert len(here.key_id) == 8


def test_segments_follow_on_each_other() -> None:
    """Each begins where the one before it ended, also where offsets jump (compaction, transactions)."""
    broker = FakeBroker()
    taken(intake(broker), good([0, 1]), good([5, 9]), good([10]))

    assert stretches(broker.segments) == [(0, 2, [0, 1]), (2, 10, [5, 9]), (10, 11, [10])]


def test_the_start_is_the_committed_position() -> None:
    """After an assignment the first segment begins where reading began, not at the first record's offset."""
    broker = FakeBroker()
    taken(intake(broker, begins_at={HERE: 100}), good([107, 108]))

    assert stretches(broker.segments) == [(100, 109, [107, 108])]


def test_what_was_read_before_is_not_repeated() -> None:
    """Records below the position stand in the ledger already; of a batch of such nothing is written."""
    broker = FakeBroker()
    of = taken(intake(broker, begins_at={HERE: 5}), good([3, 4, 5, 6]), good([5, 6]), good([6, 7]))

    assert stretches(broker.segments) == [(5, 7, [5, 6]), (7, 8, [7])]
    assert of.position(HERE) == 8


def test_a_new_assignment_begins_anew() -> None:
    """Positions are those of this assignment: what is read again is written again, the judge drops it."""
    broker = FakeBroker()
    of = taken(intake(broker), good([0, 1, 2]))
    of.assign({HERE: 1})
    taken(of, good([1, 2, 3]))

    assert stretches(broker.segments) == [(0, 3, [0, 1, 2]), (1, 4, [1, 2, 3])]
    assert of.assigned == (HERE,)


def test_what_was_revoked_is_not_written() -> None:
    """Records of a partition that another worker has by now are left to it."""
    broker = FakeBroker()
    of = taken(intake(broker, begins_at={HERE: 0}), good([0], THERE))

    assert broker.sent == []
    assert of.position(THERE) is None


def test_the_ledger_is_no_source() -> None:
    """An assignment names all partitions of this worker; only those of the sources are intake's."""
    assert intake(FakeBroker(), begins_at={HERE: 3, TP(TOPICS.ledger, 0): 9}).assigned == (HERE,)


def test_rejects_stand_in_the_segment_and_on_their_topic() -> None:
    """A bad record is counted in the ledger by offset and reason, and kept with its origin and bytes."""
    broker = FakeBroker()
    of = taken(intake(broker), [*good([0]), record(3, b"{"), *good([4]), record(5, line(channel="pigeon"))])

    [segment] = broker.segments
    assert (segment.offsets.tolist(), segment.reject_offsets.tolist()) == ([0, 4], [3, 5])
    letters = broker.of(TOPICS.dead_letters)
    assert [(one.key, one.value) for one in letters] == [
        (b"events-0-3", b"{"),
        (b"events-0-5", line(channel="pigeon")),
    ]
    assert [dict(one.headers or ())["touchpoint.reason"] for one in letters] == [
        b"not_json",
        b"unknown_value",
    ]
    assert of.dead_letters == {"events": 2}


def test_a_tombstone_is_a_reject() -> None:
    """A record without a value harms nobody."""
    broker = FakeBroker()
    tombstone = record(0, b"")
    tombstone.message.value = None
    taken(intake(broker), [tombstone])

    assert broker.of(TOPICS.dead_letters)[0].value == b""
    assert stretches(broker.segments) == [(0, 1, [0])]


def test_without_raw_bytes_no_payload_is_kept() -> None:
    """With dead_letters.raw = false the letter says why and where from, not what."""
    broker = FakeBroker()
    config = replace(Config(), dead_letters=DeadLetterConfig(raw=False))
    taken(intake(broker, config=config), [record(0, b'{"jane": 1}')])

    [letter] = broker.of(TOPICS.dead_letters)
    assert b"jane" not in letter.value + repr(letter.headers).encode()


def test_an_event_ahead_of_the_clock_is_refused() -> None:
    """The wall clock decides here, once, so that it is in the ledger for every judge to come."""
    broker = FakeBroker()
    just, beyond = line(occurred_at="2024-03-01T12:05:00Z"), line(occurred_at="2024-03-01T12:05:01Z")
    taken(intake(broker), [record(0, just), record(1, beyond)])

    [segment] = broker.segments
    assert (segment.offsets.tolist(), segment.reject_offsets.tolist()) == ([0], [1])


def test_a_large_batch_is_several_segments() -> None:
    """More rows than a segment may hold come as parts that follow on each other."""
    broker = FakeBroker()
    taken(intake(broker), good(range(ROWS_MAX + 10)))

    segments = broker.segments
    assert len(segments) == 2
    assert [one.start for one in segments] == [0, segments[0].end]
    assert segments[-1].end == ROWS_MAX + 10


@given(st.lists(st.integers(1, 7), max_size=8), st.lists(st.integers(0, 30), max_size=4))
def test_however_it_was_fetched_the_judge_sees_each_record_once(sizes: list[int], again: list[int]) -> None:
    """Any cut into batches, and any returns to an earlier position, come to the same counts."""
    broker = FakeBroker()
    of = intake(broker, begins_at={HERE: 0})
    offset, end = 0, sum(sizes)
    for size in sizes:
        taken(of, good(range(offset, offset + size)))
        offset += size
    for position in again:
        start = min(position, end)
        of.assign({HERE: start})
        taken(of, good(range(start, end)))

    counts = judged(broker.ledger, PLAIN).snapshot().counts
    assert (counts["events"].read if counts else 0) == end


def test_no_id_and_no_payload_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is wrong with records, the log tells topic, partition and count, nothing of what they held."""
    bad = [
        line(employee_id="jane.doe", outcome="jane.doe"),
        line(event_id="jane.doe")[:-4],
        line(occurred_at="jane.doe"),
        b'{"jane.doe": 1}',
        b"jane.doe",
        line(case_id="jane.doe", transfers="jane.doe"),
    ]
    with caplog.at_level(logging.DEBUG):
        batch = [record(offset, value) for offset, value in enumerate(bad)]
        taken(intake(FakeBroker()), [*batch, record(9, line(event_id="jane.doe", employee_id="jane.doe"))])

    ours = [one for one in caplog.records if one.name.startswith("touchpoint")]
    assert [(vars(one)["topic"], vars(one)["partition"], vars(one)["count"]) for one in ours] == [
        ("events", 0, 6)
    ]
    assert "jane" not in caplog.text
    assert not any("jane" in str(vars(one)) for one in ours)


def test_when_records_came_is_known() -> None:
    """The time of the last batch is the wall clock's; there is none before the first."""
    clocks = Clocks(wall=1_709_290_000.0)
    of = intake(FakeBroker(), clocks)
    assert of.last_record is None

    clocks.pass_(60)
    assert taken(of, good([0])).last_record == 1_709_290_060.0
