"""Intake: what a fetch comes to, and what has to be acknowledged before the fetch may be."""

import asyncio
import logging
from dataclasses import replace

import pytest
from builders import line
from faust.types import TP
from taking import (
    HERE,
    ROSTER,
    THERE,
    Clocks,
    FakeBroker,
    fetch,
    intake,
    of,
    record,
    stretches,
    taken,
)

from streams.config import Config, DeadLetterConfig
from streams.transport import Fetch

TOPICS = Config().topics


def test_what_is_awaited_is_every_acknowledgement() -> None:
    """The futures are those of the segments and of the dead letters, in the order in which they were sent."""

    async def run() -> None:
        broker = FakeBroker(holding=True)
        sent = await intake(broker).take(HERE, of(record(0), record(1, b"{"), record(2, b"[")))

        assert [one.topic for one in broker.sent] == [TOPICS.ledger, TOPICS.dead_letters, TOPICS.dead_letters]
        assert sent == [one.acknowledged for one in broker.sent]
        assert not any(one.done() for one in sent)

    asyncio.run(run())


@pytest.mark.parametrize("refusing", [TOPICS.ledger, TOPICS.dead_letters])
def test_a_failed_acknowledgement_is_raised_to_who_awaits_it(refusing: str) -> None:
    """What did not reach Kafka must not be acknowledged upstream."""
    with pytest.raises(ConnectionError):
        taken(intake(FakeBroker(refusing=refusing)), of(record(0, b"{")))


def test_a_fetch_is_a_segment() -> None:
    """It names source, roster and key, and says from where to where it goes."""
    broker = FakeBroker()
    by = taken(intake(broker), fetch(0, 3))
    taken(by, fetch(0, 1, tp=THERE), tp=THERE)

    here, there = broker.segments
    assert (here.source, there.source) == (("events", 0, 0), ("events", 1, 0))
    assert stretches([here, there]) == [(0, 3, [0, 1, 2]), (0, 1, [0])]
    assert here.roster == there.roster == ROSTER
    assert len(here.key_id) == 8
    assert by.fetches == 2


def test_what_was_revoked_is_not_written() -> None:
    """A fetch of a partition that another worker has by now is left to it."""
    broker = FakeBroker()
    by = taken(intake(broker, begins_at={HERE: 0}), fetch(0, 1, tp=THERE), tp=THERE)

    assert broker.sent == []
    assert by.position(THERE) is None
    assert by.fetches == 0


def test_the_ledger_is_no_source() -> None:
    """An assignment names all partitions of this worker; only those of the sources are intake's."""
    assert intake(FakeBroker(), begins_at={HERE: 3, TP(TOPICS.ledger, 0): 9}).assigned == (HERE,)


def test_rejects_stand_in_the_segment_and_on_their_topic() -> None:
    """A bad record is counted in the ledger by offset and reason, and kept with its origin and bytes."""
    broker = FakeBroker()
    by = taken(intake(broker, begins_at={HERE: 2}), Fetch(2, 9, [
        record(2), record(3, b"{"), record(4), record(5, line(channel="pigeon")),
    ]))  # fmt: skip

    [segment] = broker.segments
    assert (segment.offsets.tolist(), segment.reject_offsets.tolist()) == ([2, 4], [3, 5])
    letters = broker.of(TOPICS.dead_letters)
    assert [(one.key, one.value) for one in letters] == [
        (b"events-0-3", b"{"),
        (b"events-0-5", line(channel="pigeon")),
    ]
    assert [dict(one.headers or ())["touchpoint.reason"] for one in letters] == [
        b"not_json",
        b"unknown_value",
    ]
    assert by.dead_letters == {"events": 2}


def test_a_tombstone_is_a_reject() -> None:
    """A record without a value harms nobody."""
    broker = FakeBroker()
    taken(intake(broker), of(record(0, None)))

    assert broker.of(TOPICS.dead_letters)[0].value == b""
    assert stretches(broker.segments) == [(0, 1, [0])]


def test_without_raw_bytes_no_payload_is_kept() -> None:
    """With dead_letters.raw = false the letter says why and where from, not what."""
    broker = FakeBroker()
    config = replace(Config(), dead_letters=DeadLetterConfig(raw=False))
    taken(intake(broker, config=config), of(record(0, b'{"jane": 1}')))

    [letter] = broker.of(TOPICS.dead_letters)
    assert b"jane" not in letter.value + repr(letter.headers).encode()


def test_an_event_ahead_of_the_clock_is_refused() -> None:
    """The wall clock decides here, once, so that it is in the ledger for every judge to come."""
    broker = FakeBroker()
    just, beyond = line(occurred_at="2024-03-01T12:05:00Z"), line(occurred_at="2024-03-01T12:05:01Z")
    taken(intake(broker), of(record(0, just), record(1, beyond)))

    [segment] = broker.segments
    assert (segment.offsets.tolist(), segment.reject_offsets.tolist()) == ([0], [1])


def test_no_id_and_no_payload_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is wrong with records, the log tells topic, partition and count, nothing of what they held."""
    bad = [
        line(employee_id="jane.doe", outcome="jane.doe"),
        line(event_id="jane.doe")[:-4],
        line(occurred_at="jane.doe"),
        b'{"jane.doe": 1}',
        b"jane.doe",
        line(case_id="jane.doe", transfers="jane.doe"),
        line(event_id="jane.doe", employee_id="jane.doe"),
    ]
    with caplog.at_level(logging.DEBUG):
        taken(intake(FakeBroker()), of(*(record(offset, value) for offset, value in enumerate(bad))))

    ours = [one for one in caplog.records if one.name.startswith("touchpoint")]
    assert [(vars(one)["topic"], vars(one)["partition"], vars(one)["count"]) for one in ours] == [
        ("events", 0, 6)
    ]
    assert "jane" not in caplog.text
    assert not any("jane" in str(vars(one)) for one in ours)


def test_when_records_came_is_known() -> None:
    """The time of the last records is the wall clock's; markers are none, and there is none before them."""
    clocks = Clocks(wall=1_709_290_000.0)
    by = taken(intake(FakeBroker(), clocks), Fetch(0, 1, ()))
    assert by.last_record is None

    clocks.pass_(60)
    assert taken(by, fetch(1, 2)).last_record == 1_709_290_060.0


def test_how_long_records_took_is_known_once_they_are_acknowledged() -> None:
    """From the time that Kafka keeps with each to the acknowledgement of all of the fetch."""
    clocks = Clocks(wall=100.0)
    by = intake(FakeBroker(), clocks)
    both = of(record(0, timestamp=99_000), record(1, timestamp=97_000))
    taken(by, both)
    assert by.delays.cumulative()[-1] == 0

    clocks.pass_(2)
    by.acknowledged(both)
    assert by.delays.cumulative()[-1] == 2
    assert by.delays.total == pytest.approx(3 + 5)
