"""Handlings drawn by hypothesis, and the ways in which the same handlings can be delivered."""

from collections import defaultdict

import numpy as np
from columns import MIDNIGHT, MINUTE, Row, handlings, hours, idle, segment, source
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models.handling import NO_REVISION, Handlings
from models.rejects import REASONS
from models.segment import LedgerRecord, Segment, Source

EMPLOYEES = ("ann", "bob", "cas", "dee", None)
LATENESS = 15 * MINUTE
seeds = st.integers(0, 2**32)


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


def at_odds(seed: int, *, days: int) -> list[Row]:
    """Return a few employees' like handlings, of which some refuse all; a few come twice or are revised."""
    rng = np.random.default_rng(seed)
    made = [
        Row(
            MIDNIGHT + int(slot) * 20 * MINUTE,
            20_000 + number,
            EMPLOYEES[who],
            outcome="refused" if rng.random() < (0.9, 0.1)[who % 2] else "resolved",
            handle_time_s=30.0 * (1 + who),
            case=int(rng.integers(0, 60)),
        )
        for number, (slot, who) in enumerate(
            zip(np.sort(rng.integers(0, days * 72, 100)), rng.integers(0, 4, 100), strict=True)
        )
    ]
    for place in rng.integers(0, len(made), 6).tolist():
        again = made[place]._replace(revision=place % 3)
        made.insert(place + 3, again if place % 2 else again._replace(time=again.time + 40 * MINUTE))
    return made


@st.composite
def ledgers(draw: st.DrawFn, *, days: int = 8, max_size: int = 40) -> list[LedgerRecord]:
    """Draw a ledger in which everything happens.

    Replays, gaps, losses, disorder, old rows, copies, revisions, reused ids, rejects, idle marks, topics
    that come and go, and one that is made anew while a worker still reads the old one.
    """
    ledger: list[LedgerRecord] = []
    drawn = draw(rows(days=days, max_size=max_size))
    drawn += [row._replace(revision=draw(st.integers(-1, 1))) for row in drawn[::4]]
    drawn += draw(st.sampled_from((0, 1))) * at_odds(draw(seeds), days=days)
    at: dict[Source, int] = defaultdict(int)
    epoch = 0
    while drawn:
        length = draw(st.integers(1, 20))
        part, drawn = drawn[:length], drawn[length:]
        epoch = max(epoch, draw(st.sampled_from((0, 0, 0, 0, 0, 1))))
        roster = draw(
            st.sampled_from(({"handlings": 2, "calls": 1}, {"handlings": 2, "calls": 1}, {"handlings": 2}))
        )
        of = source(*draw(st.sampled_from(_PLACES)), epoch=draw(st.sampled_from((epoch, epoch, 0))))
        start = max(0, at[of] + draw(st.sampled_from((0, 0, 0, 3, -4))))
        lost_until = start + draw(st.sampled_from((0, 0, 0, 2)))
        offsets = [lost_until + 2 * place for place in range(len(part))]
        rejects = [offset + 1 for offset in offsets[::2]]
        reasons = [draw(st.integers(0, len(REASONS) - 1)) for _ in rejects]
        one = segment(
            part, start, of=of, roster=roster, offsets=offsets, rejects=rejects, reasons=reasons,
            lost_until=lost_until,
        )  # fmt: skip
        ledger.append(one)
        at[of] = max(at[of], one.end)
        if draw(st.booleans()):
            quiet = source(*draw(st.sampled_from(_PLACES)), epoch=epoch)
            ledger.append(idle(at[quiet], hours(draw(st.integers(0, 300))), of=quiet, roster=roster))
    return ledger


_PLACES = ((0, "handlings"), (1, "handlings"), (0, "calls"))
