"""Rolling windows: sums of blocks by entity, against pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.windows import Windows

entries = st.lists(
    st.tuples(
        st.integers(0, 9),  # block
        st.integers(-1, 4),  # entity
        st.sampled_from((0.0, 1.0, 2.5, 1e6, np.nan)),
        st.sampled_from((0.0, 1.0, np.nan)),
    ),
    max_size=60,
)


def put(windows: Windows, at: int, rows: list[tuple[int, int, float, float]]) -> None:
    entity = np.array([row[1] for row in rows], np.int32)
    windows.put(at, entity, [np.array([row[side] for row in rows], np.float64) for side in (2, 3)])


@given(rows=entries, first=st.integers(0, 9), length=st.integers(0, 9))
def test_a_window_is_the_sum_of_its_blocks(
    rows: list[tuple[int, int, float, float]], first: int, length: int
) -> None:
    """Count, mean and variance of each entity over the blocks inside equal those of the rows."""
    windows = Windows(("duration", "score"))
    for at in {row[0] for row in rows}:
        put(windows, at, [row for row in rows if row[0] == at])
    sums = windows.window(lambda at: first <= at < first + length, 6)
    frame = pd.DataFrame(rows, columns=["at", "entity", "one", "two"])
    inside = frame[(frame["at"] >= first) & (frame["at"] < first + length) & (frame["entity"] >= 0)]
    assert sums.handlings.tolist() == [int((inside["entity"] == entity).sum()) for entity in range(6)]
    for index, name in enumerate(("one", "two")):
        for entity in range(6):
            value = inside.loc[inside["entity"] == entity, name].dropna()
            assert sums.moments[index].count[entity] == len(value)
            np.testing.assert_allclose(sums.moments[index].reported_mean[entity], value.mean(), rtol=1e-12)
            np.testing.assert_allclose(
                sums.moments[index].variance[entity], value.var(), rtol=1e-12, atol=1e-12
            )


def test_a_block_is_replaced_whole() -> None:
    """Rows that change are summed again: of the old sums nothing is left."""
    windows = Windows(("duration", "score"))
    put(windows, 3, [(3, 0, 1e6, 0.0), (3, 1, 5.0, 1.0)])
    put(windows, 3, [(3, 2, 2.0, np.nan)])
    sums = windows.window(lambda _: True, 3)
    assert sums.handlings.tolist() == [0, 0, 1]
    assert sums.moments[0].mean.tolist() == [0.0, 0.0, 2.0]
    assert sums.moments[1].count.tolist() == [0, 0, 0]


def test_blocks_before_a_time_are_forgotten() -> None:
    """What lies before the bound is gone, what lies at it stays."""
    windows = Windows(("duration", "score"))
    for at in range(5):
        put(windows, at, [(at, 0, float(at), 1.0)])
    windows.forget_before(3)
    assert windows.window(lambda _: True, 1).moments[0].mean.tolist() == [3.5]


def test_sums_regroup_into_larger_entities() -> None:
    """Strata add up to their channel: every handling of theirs, once."""
    windows = Windows(("duration", "score"))
    put(windows, 0, [(0, 0, 1.0, 1.0), (0, 1, 2.0, np.nan), (0, 2, 6.0, 0.0)])
    channels = windows.window(lambda _: True, 3).regroup(np.array([0, 1, 1], np.int32), 3)
    assert channels.handlings.tolist() == [1, 2, 0]
    assert channels.moments[0].mean.tolist() == [1.0, 4.0, 0.0]
    assert channels.moments[0].variance[1] == pytest.approx(8.0)


def test_a_window_without_blocks_is_nothing() -> None:
    """Nothing happened: every entity has count 0 and no mean."""
    sums = Windows(("binary",)).window(lambda _: True, 2)
    assert sums.handlings.tolist() == [0, 0]
    assert np.isnan(sums.moments[0].reported_mean).all()
