"""The consumer of whole fetches: what is handed over, what is committed, where an assignment begins."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from unconnected import HERE, SINGLE, THERE, UNACKED, WHOLE, Unconnected, answering, fetch, record

from streams.transport import Fetch, FetchScheduler, FetchSchema

ALONE = TP(SINGLE, 0)


def test_a_fetch_is_one_message() -> None:
    """However many records it holds: with the last position it covers, the newest time, and no key."""
    (tp, one), (_, other) = FetchScheduler().iterate({HERE: fetch(5, 9), THERE: fetch(0, 1)})

    assert tp == HERE
    assert (one.topic, one.partition, one.offset, one.timestamp, one.key) == (WHOLE, 0, 8, 1_000, None)
    assert one.value == fetch(5, 9)
    assert other.partition == 1


def test_a_fetch_of_markers_alone_is_a_message_too() -> None:
    """It has no time, but it moves the position."""
    [(_, one)] = FetchScheduler().iterate({HERE: Fetch(3, 5, ())})

    assert (one.offset, one.timestamp, one.value.records) == (4, None, ())


def test_other_topics_go_record_by_record() -> None:
    """In Faust's order: topics and partitions take turns."""
    other = TP(SINGLE, 1)
    single = {ALONE: [record(0, tp=ALONE), record(1, tp=ALONE)], other: [record(0, tp=other)]}
    handed = list(FetchScheduler().iterate({ALONE: single[ALONE], HERE: fetch(0, 4), other: single[other]}))

    assert [(tp, one.offset) for tp, one in handed] == [(HERE, 3), (ALONE, 0), (other, 0), (ALONE, 1)]


def test_nothing_is_decoded_on_the_way(here: Unconnected) -> None:
    """The agent's topic hands over the very fetch that the thread has made, without a key."""
    made = fetch(0, 3)
    event = here.run(here.app.topic(WHOLE, schema=FetchSchema()).decode(here.message(HERE, made)))

    assert event.key is None
    assert event.value is made


def test_only_an_acknowledged_prefix_is_committed(here: Unconnected) -> None:
    """The position committed is the end of the last fetch before the first that is not acknowledged."""
    first, second, third = (here.message(HERE, one) for one in (fetch(0, 4), fetch(4, 6), Fetch(6, 9, ())))
    assert here.due() == {}

    second.ack(here.consumer)
    assert here.due() == {}
    first.ack(here.consumer)
    assert here.due() == {HERE: 6}
    assert here.due() == {}
    third.ack(here.consumer)
    assert here.due() == {HERE: 9}


def test_partitions_are_committed_each_by_itself(here: Unconnected) -> None:
    """One that waits for an acknowledgement holds no other."""
    here.message(HERE, fetch(0, 4))
    here.message(THERE, fetch(7, 8)).ack(here.consumer)

    assert here.due() == {THERE: 8}


def test_an_acknowledgement_of_an_assignment_that_is_over_comes_to_nothing(here: Unconnected) -> None:
    """What came before an assignment began is fetched again; its late acknowledgement speaks for nobody."""
    late = here.message(HERE, fetch(0, 4))
    here.assign({HERE: None})
    again = here.message(HERE, fetch(0, 2))

    late.ack(here.consumer)
    assert here.due() == {}
    again.ack(here.consumer)
    assert here.due() == {HERE: 2}


def test_a_topic_that_is_never_acknowledged_is_not_remembered(here: Unconnected) -> None:
    """Of the ledger nothing is committed, and no fetch is kept for it."""
    ledger = TP(UNACKED, 0)
    here.message(ledger, fetch(0, 4, tp=ledger)).ack(here.consumer)

    assert here.due() == {}
    assert ledger not in here.consumer._on_their_way


Steps = Sequence[tuple[str, int]]
STEPS = st.lists(
    st.tuples(st.sampled_from(["fetch", "fetch", "acknowledge", "commit", "assign"]), st.integers(0, 9)),
    max_size=40,
)


@given(STEPS)
def test_no_position_is_committed_beyond_what_is_not_acknowledged(built: Unconnected, steps: Steps) -> None:
    """In whatever order acknowledgements come, and whenever partitions are assigned anew.

    And once all are acknowledged all is committed.
    """
    committed, position = 0, 0
    current: list[tuple[Fetch, Any]] = []  # of this assignment
    waiting: list[Any] = []  # for their acknowledgement, those of assignments before too
    built.assign({HERE: None})
    for step, number in (*steps, ("all", 0), ("commit", 0)):
        if step == "fetch":
            one = fetch(position, position + 1 + number, range(position, position + number))
            message = built.message(HERE, one)
            current.append((one, message))
            waiting.append(message)
            position = one.end
        elif step == "acknowledge" and waiting:
            waiting.pop(number % len(waiting)).ack(built.consumer)
        elif step == "assign":
            position, current = committed, []
            built.assign({HERE: committed or None})
        elif step == "all":
            for message in waiting:
                message.ack(built.consumer)
        elif step == "commit":
            committed = built.due().get(HERE, committed)
            prefix = [one.end for number, (one, _) in enumerate(current) if _acked(current[: number + 1])]
            assert committed == max(prefix, default=committed)
    assert committed == position


def _acked(some: Sequence[tuple[Fetch, Any]]) -> bool:
    return all(message.acked for _, message in some)


def test_other_topics_are_committed_as_stock(here: Unconnected) -> None:
    """Faust's arithmetic with offsets and gaps goes on for topics that come record by record."""
    consumer = here.consumer
    for offset in (0, 1, 5):
        message = consumer._to_message(ALONE, record(offset, tp=ALONE))
        message.incref()
        message.ack(consumer)
    assert here.due() == {ALONE: 2}

    here.run(consumer._add_gap(ALONE, 2, 4))
    message = consumer._to_message(ALONE, record(6, tp=ALONE))
    message.incref()
    message.ack(consumer)
    assert here.due() == {ALONE: 7}


def drained(here: Unconnected, *fetched: dict[TP, Any]) -> list[tuple[TP, int]]:
    """Let Faust's loop take these results of fetching; return what reached the agents."""
    delivered: list[tuple[TP, int]] = []
    consumer = here.consumer
    results = iter(fetched)
    stopped = SimpleNamespace(_stopped=asyncio.Event())

    async def deliver(message: Any) -> None:
        delivered.append((message.tp, message.offset))

    async def getmany(*_: object, **__: object) -> dict[TP, Any]:
        one = next(results, None)
        if one is None:
            stopped._stopped.set()
        return one or {}

    consumer._set_active_tps({HERE, THERE, ALONE})
    kept = consumer.callback, consumer._getmany
    consumer.callback, consumer._getmany = deliver, getmany
    thread = SimpleNamespace(highwater=lambda _: 0, verify_event_path=None)
    try:
        with answering(here, thread):
            here.run(consumer._drain_messages(stopped))
    finally:
        consumer.callback, consumer._getmany = kept
    return delivered


def test_a_fetch_from_before_what_was_read_is_handed_over(here: Unconnected) -> None:
    """Faust drops such without a word: nobody would hear of a source that was made anew."""
    here.assign({HERE: 1_000, ALONE: 1_000})
    back = {HERE: fetch(0, 3), ALONE: [record(7, tp=ALONE)]}

    assert drained(here, back, {HERE: fetch(3, 4)}, {HERE: fetch(1, 2)}) == [(HERE, 2), (HERE, 3), (HERE, 1)]


def test_holes_before_a_fetch_are_no_gaps(here: Unconnected) -> None:
    """Faust keeps the offsets between two messages in mind; between fetches that would be every record."""
    first = {HERE: fetch(0, 3), ALONE: [record(1, tp=ALONE)]}
    drained(here, first, {HERE: fetch(9, 90), ALONE: [record(5, tp=ALONE)]})

    assert HERE not in here.consumer._gap
    assert ALONE in here.consumer._gap
