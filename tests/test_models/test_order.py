"""The one order in which the rows of a pane are applied."""

from itertools import pairwise

import numpy as np
from columns import Row, handlings, hours
from hypothesis import given
from hypothesis import strategies as st

from models.handling import Handlings
from models.order import same_event, total_order

rows = st.lists(
    st.builds(
        Row,
        time=st.integers(0, 2).map(hours),
        event=st.sampled_from((0, 1, 2**64 - 1)),
        employee=st.sampled_from(("ann", "bob", None)),
        issue=st.sampled_from(("billing", "refund")),
        channel=st.sampled_from(("voice", "chat")),
        case=st.sampled_from((0, 2**64 - 1)),
        outcome=st.sampled_from(("resolved", None)),
        goal_attained=st.none(),
        sla_met=st.none(),
        handle_time_s=st.sampled_from((0.0, -0.0, np.nan)),
        survey=st.just(0.5),
        revision=st.integers(-1, 1),
    ),
    max_size=12,
)


def content(columns: Handlings, order: np.typing.NDArray[np.intp]) -> list[tuple[object, ...]]:
    """Return every row as plain values, bits for numbers, in an order."""
    return [
        (
            int(columns.time[row]),
            int(columns.event[row]),
            int(columns.revision[row]),
            int(columns.case[row]),
            "" if columns.employee[row] < 0 else columns.employees[columns.employee[row]],
            int(columns.channel[row]),
            columns.issues[columns.issue[row]],
            *(column[row].tobytes() for column in columns.facts.values()),
        )
        for row in order
    ]


@given(drawn=rows, data=st.data())
def test_the_order_does_not_depend_on_how_rows_came(drawn: list[Row], data: st.DataObject) -> None:
    """Any shuffle, under any name tables, is put into the same order to the last bit."""
    topic = np.array([row.event % 2 for row in drawn], np.intp)
    shuffle = data.draw(st.permutations(range(len(drawn))))
    one, other = handlings(drawn), handlings([drawn[place] for place in shuffle])
    mine, theirs = total_order(one, topic), total_order(other, topic[np.array(shuffle, np.intp)])
    assert content(one, mine) == content(other, theirs)


@given(drawn=rows)
def test_the_order_is_by_time_event_and_revision(drawn: list[Row]) -> None:
    """Every row once, by time, then identity, then revision; the newest version of an event comes last."""
    columns = handlings(drawn)
    order = total_order(columns, np.zeros(len(drawn), np.intp))
    assert sorted(order.tolist()) == list(range(len(drawn)))
    keys = [(drawn[row].time, drawn[row].event, drawn[row].revision) for row in order]
    assert keys == sorted(keys)


@given(drawn=rows)
def test_an_event_is_known_by_identity_and_time(drawn: list[Row]) -> None:
    """The same identity at another time is another event."""
    columns = handlings(drawn)
    order = total_order(columns, np.zeros(len(drawn), np.intp))
    expected = [
        drawn[one].time == drawn[next_].time and drawn[one].event == drawn[next_].event
        for one, next_ in pairwise(order)
    ]
    assert same_event(columns, order).tolist() == [*expected, False][: len(drawn)]
