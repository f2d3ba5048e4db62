"""The thread that fetches: what it stamps on a fetch, on aiokafka's own reading of a log's batches."""

import asyncio
import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import pytest
from aiokafka.consumer.fetcher import FetchError
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from unconnected import HERE, SINGLE, THERE, Unconnected, batch

from streams.transport import Fetch

ALONE = TP(SINGLE, 0)


@pytest.fixture
def here(built: Unconnected) -> Unconnected:
    """Lend it with three partitions held, of which nothing has come yet."""
    built.hold(HERE, THERE, ALONE)
    return built


def told(fetch: Fetch) -> tuple[int, int, list[int]]:
    """Return from where to where a fetch goes, and the offsets of its records."""
    return fetch.begin, fetch.end, [record.offset for record in fetch.records]


def test_a_fetch_goes_from_position_to_position(here: Unconnected) -> None:
    """Every record that came, stamped with where reading stood before and after."""
    here.arrive(HERE, 5, batch(5, [0, 1, 2]))
    [(tp, fetch)] = here.fetch().items()

    assert tp == HERE
    assert told(fetch) == (5, 8, [5, 6, 7])
    assert [record.value for record in fetch.records] == [b"5", b"6", b"7"]


def test_holes_are_within_a_fetch(here: Unconnected) -> None:
    """Compaction leaves holes before, between and behind records: the stretch covers them all."""
    here.arrive(HERE, 5, batch(7, [0, 3], end=20))

    assert told(here.fetch()[HERE]) == (5, 20, [7, 10])


def test_markers_are_within_a_fetch(here: Unconnected) -> None:
    """What ends a transaction takes an offset and is no record."""
    here.arrive(
        HERE, 0, batch(0, [0, 1]), batch(2, [0], marker=True), batch(3, [0]), batch(4, [0], marker=True)
    )

    assert told(here.fetch()[HERE]) == (0, 5, [0, 1, 3])


def test_markers_alone_are_a_fetch(here: Unconnected) -> None:
    """Reading has moved, so it is handed over, with no record in it."""
    here.arrive(HERE, 5, batch(5, [0], marker=True))

    assert told(here.fetch()[HERE]) == (5, 6, [])


def test_where_nothing_came_nothing_is_handed_over(here: Unconnected) -> None:
    """An empty response is no fetch."""
    here.state(HERE).seek(5)

    assert here.fetch() == {}
    assert here.fetch(timeout=0.001) == {}


def test_partitions_are_stamped_each_by_itself(here: Unconnected) -> None:
    """Several in one go, and the topics that are not whole as lists of records."""
    here.arrive(HERE, 5, batch(5, [0]))
    here.arrive(THERE, 90, batch(90, [0, 1]))
    here.arrive(ALONE, 3, batch(3, [0, 1]))
    fetched = here.fetch()

    assert told(fetched[HERE]) == (5, 6, [5])
    assert told(fetched[THERE]) == (90, 92, [90, 91])
    assert [record.offset for record in fetched[ALONE]] == [3, 4]


def test_what_was_sought_away_from_is_not_handed_over(here: Unconnected) -> None:
    """A response that was asked for at another position is dropped whole, and the next is stamped anew."""
    here.arrive(HERE, 5, batch(5, [0, 1]))
    here.state(HERE).seek(2)
    assert here.fetch() == {}

    here.arrive(HERE, 2, batch(2, [0]))
    assert told(here.fetch()[HERE]) == (2, 3, [2])


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 3), st.booleans()), max_size=9)
)
def test_fetches_follow_on_each_other(
    built: Unconnected, stretches: Sequence[tuple[set[int], int, bool]]
) -> None:
    """Whatever batches a log is of, fetches tile it, and hold each of its records once."""
    built.hold(HERE)
    ends = list(accumulate((max(deltas) + 1 + hole for deltas, hole, _ in stretches), initial=0))
    fetches, expected = [], []
    for (deltas, _, marker), (begin, end) in zip(stretches, pairwise(ends), strict=True):
        kept = [max(deltas)] if marker else sorted(deltas)
        built.arrive(HERE, begin, batch(begin, kept, end=end, marker=marker))
        fetches.append(built.fetch()[HERE])
        expected += [] if marker else [begin + delta for delta in kept]

    assert [(one.begin, one.end) for one in fetches] == list(pairwise(ends))
    assert [record.offset for one in fetches for record in one.records] == expected


def test_between_two_looks_at_the_positions_nothing_else_runs(here: Unconnected) -> None:
    """With data at hand the thread fetches in one go: a seek comes before or after, never in between."""
    here.arrive(HERE, 5, batch(5, [0]))

    async def run() -> None:
        fetching = here.thread._fetch_records(here.client, {HERE}, timeout=1.0)
        with pytest.raises(StopIteration) as done:
            fetching.send(None)
        assert told(done.value.value[HERE]) == (5, 6, [5])

    here.run(run())


def test_during_a_reassignment_nothing_is_fetched(here: Unconnected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aiokafka would wait for its end in the midst, and come back with other partitions."""
    here.arrive(HERE, 5, batch(5, [0]))
    subscription = type(here.client._subscription)
    monkeypatch.setattr(subscription, "reassignment_in_progress", property(lambda _: True))

    assert here.fetch(timeout=1.0) == {}


def test_while_the_flow_is_stopped_nothing_is_fetched(here: Unconnected) -> None:
    """What has arrived stays where it is."""
    here.arrive(HERE, 5, batch(5, [0]))
    here.consumer.stop_flow()
    assert here.fetch() == {}

    here.consumer.resume_flow()
    assert told(here.fetch()[HERE]) == (5, 6, [5])


def test_data_ends_the_wait_for_it(here: Unconnected) -> None:
    """It is handed over with the next look at the positions, not in the midst of this one."""
    waiters = here.client._fetcher._fetch_waiters

    async def run() -> dict[TP, object]:
        waiting = asyncio.ensure_future(here.thread._fetch_records(here.client, {HERE}, timeout=1.0))
        await asyncio.sleep(0)
        assert waiters
        here.arrive(HERE, 40, batch(40, [0]))  # and sought meanwhile
        for waiter in list(waiters):
            here.client._fetcher._notify(waiter)
        fetched: dict[TP, object] = await waiting
        return fetched

    assert here.run(run()) == {}
    assert not waiters
    assert told(here.fetch()[HERE]) == (40, 41, [40])


def test_the_loss_of_the_right_to_read_is_raised(here: Unconnected) -> None:
    """It is in the place of the records."""
    error = FetchError(error=TopicAuthorizationFailedError(HERE.topic), backoff=0)
    here.client._fetcher._records[HERE] = error

    with pytest.raises(TopicAuthorizationFailedError):
        here.fetch()


def test_what_ends_the_waiting_is_raised(here: Unconnected) -> None:
    """Aiokafka fails who waits for records where the group is lost."""

    async def run() -> None:
        waiting = asyncio.ensure_future(here.thread._fetch_records(here.client, {HERE}, timeout=1.0))
        await asyncio.sleep(0)
        here.client._subscription.abort_waiters(GroupAuthorizationFailedError("g"))
        await waiting

    with pytest.raises(GroupAuthorizationFailedError):
        here.run(run())


def test_the_loss_of_the_group_is_raised_though_nobody_waited(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else this member would go on reading what others have been given, and never commit again."""
    monkeypatch.setattr(here.client._coordinator, "error", GroupAuthorizationFailedError("g"))

    with pytest.raises(GroupAuthorizationFailedError):
        here.fetch()


def test_the_end_of_aiokafkas_own_fetching_is_raised(
    here: Unconnected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nothing would ever come again, and nothing be known to wait."""
    ended = here.loop.create_future()
    ended.set_exception(KafkaError("Unexpected error during data retrieval"))
    monkeypatch.setattr(here.client._fetcher, "_fetch_task", ended)

    with pytest.raises(KafkaError, match="data retrieval"):
        here.fetch()


def test_the_client_waits_briefly_and_reads_what_was_committed(here: Unconnected) -> None:
    """Set before the client starts; and a stand-by, that fetches nothing, stays in the group."""
    assert here.client._fetch_max_wait_ms == 100
    assert here.client._isolation_level == "read_committed"
    assert here.client._max_poll_interval_ms == math.inf
