"""Ids that come again with another time, against a dictionary."""

from unittest.mock import patch

import numpy as np
import pytest
from columns import Row, hours, segment, snapshot_of
from hypothesis import given
from hypothesis import strategies as st

from models.reused_ids import ReusedIds

HORIZON = 10
panes = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=8, unique=True), max_size=12
)


@pytest.mark.parametrize("small_run_min", [0, 3, 1_024])
@given(script=panes)
def test_reuse_is_what_a_dictionary_finds(small_run_min: int, script: list[list[tuple[int, int]]]) -> None:
    """An id counts when it was last seen at another time within the horizon, however full the table is."""
    with patch("models.sorted_table._SMALL_RUN_MIN", small_run_min):
        ids, seen, count = ReusedIds(HORIZON), dict[int, int](), 0
        for number, pane in enumerate(script):
            rows = sorted((number * 4 + time, event) for event, time in pane)
            ids.note(
                np.array([row[1] for row in rows], np.uint64), np.array([row[0] for row in rows], np.int64)
            )
            newest = max((time for time, _ in rows), default=0)
            for place, (time, event) in enumerate(rows):
                again = event in [one for _, one in rows[:place]]
                known = event in seen and seen[event] >= newest - HORIZON
                count += again or (known and not again and seen[event] != _last(rows, event))
                if event not in [one for _, one in rows[place + 1 :]]:
                    seen[event] = time
        assert ids.count == count


def _last(rows: list[tuple[int, int]], event: int) -> int:
    return max(time for time, one in rows if one == event)


@pytest.mark.parametrize(("days", "reused"), [(6, 1), (8, 0)])
def test_an_id_is_remembered_for_the_horizon(days: int, reused: int) -> None:
    """Beyond the correction horizon an id may come again: it is another event."""
    snapshot = snapshot_of([segment([Row(hours(1), 7), Row(hours(1 + 24 * days), 7)])])
    assert snapshot.corrections["reused_ids"] == reused
    assert snapshot.counts["handlings"].accepted == 2
