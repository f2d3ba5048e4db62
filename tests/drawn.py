"""Handlings drawn by hypothesis, and the ways in which the same handlings can be delivered."""

import numpy as np
from columns import MIDNIGHT, MINUTE, Row, handlings, segment, source
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models.handling import NO_REVISION, Handlings
from models.segment import Segment

EMPLOYEES = ("ann", "bob", "cas", "dee", None)
LATENESS = 15 * MINUTE


def rows(*, days: int, max_size: int, cases: int = 6) -> SearchStrategy[list[Row]]:
    """Draw handlings of a few employees on few strata within so many days, each event once."""
    one = st.builds(
        Row,
        time=st.integers(0, days * 24 * 12 - 1).map(lambda slot: MIDNIGHT + slot * 5 * MINUTE),
        event=st.just(0),
        employee=st.sampled_from(EMPLOYEES),
        issue=st.sampled_from(("billing", "refund")),
        channel=st.sampled_from(("voice", "chat")),
        case=st.integers(0, cases),
        outcome=st.sampled_from(("resolved", "refused", "escalated", "pending", None)),
        goal_attained=st.sampled_from(("yes", "partly", "unknown", None)),
        sla_met=st.sampled_from(("false", "true", None)),
        handle_time_s=st.sampled_from((0.0, 30.0, 60.5, 1e6, np.nan)),
        survey=st.sampled_from((0.0, 0.25, 1.0, np.nan)),
        revision=st.just(NO_REVISION),
    )

    def numbered(drawn: list[Row]) -> list[Row]:
        # a permuting multiplier: order of identity is not order of drawing
        return [row._replace(event=(number * 7919 + 1) % 10_007) for number, row in enumerate(drawn)]

    return st.lists(one, max_size=max_size).map(numbered)


def delivered(
    events: Handlings | list[Row],
    seed: int,
    *,
    partitions: int = 1,
    copies: float = 0.0,
    longest: int = 9,
    lateness: int = LATENESS,
) -> list[Segment]:
    """Return events as some source would: on any partition, in any order within the lateness, some twice.

    Each partition is cut into segments of at most `longest` rows, and these are mixed in any way that
    keeps the order inside a partition.
    """
    rng = np.random.default_rng(seed)
    columns = events if isinstance(events, Handlings) else handlings(events)
    n = len(columns)
    row = np.concatenate((np.arange(n), np.flatnonzero(rng.random(n) < copies)))
    arrival = columns.time[row] + rng.integers(0, lateness, len(row), endpoint=True)
    row = row[np.lexsort((rng.random(len(row)), arrival))]
    partition = rng.integers(0, partitions, len(row))
    queues = [
        pieces(columns.take(row[partition == number]), number, partitions, longest, rng)
        for number in range(partitions)
    ]
    turns = rng.permutation(np.repeat(np.arange(partitions), [len(queue) for queue in queues]))
    return [queues[turn].pop(0) for turn in turns]


def pieces(
    columns: Handlings, partition: int, partitions: int, longest: int, rng: np.random.Generator
) -> list[Segment]:
    done, start = [], 0
    while start < len(columns):
        end = min(start + int(rng.integers(1, longest, endpoint=True)), len(columns))
        part = columns.take(np.arange(start, end))
        done.append(segment(part, start, of=source(partition), roster={"handlings": partitions}))
        start = end
    return done
