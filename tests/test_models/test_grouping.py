"""Rows into groups, whether codes lie dense or far apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.grouping import count_by_group, pairs, stable_order

codes = st.integers(0, 3) | st.sampled_from((738_000, 2**31 - 1))


@given(rows=st.lists(st.tuples(codes, codes), max_size=40))
def test_rows_are_grouped_by_pair(rows: list[tuple[int, int]]) -> None:
    """Groups are in order of left, then right; each is shown by a row of its own."""
    left, right = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
    shows, group = pairs(left, right)
    assert [rows[row] for row in shows] == sorted(set(rows))
    assert [rows[shows[place]] for place in group] == rows


@given(groups=st.lists(st.integers(0, 5), max_size=20))
def test_rows_are_counted_by_group(groups: list[int]) -> None:
    """Groups without a row count 0."""
    counted = count_by_group(np.array(groups, np.int64), 7)
    assert counted.tolist() == [groups.count(group) for group in range(7)]


near = st.integers(0, 5)
words = near | near.map(lambda low: 2**63 + low) | st.integers(0, 2**64 - 1)


@given(keys=st.lists(words, max_size=40))
def test_the_order_is_numpys_stable_one(keys: list[int]) -> None:
    """Equal keys stay in their order, and keys that differ in their lowest bits only are told apart."""
    column = np.array(keys, np.uint64)
    assert stable_order(column).tolist() == np.argsort(column, kind="stable").tolist()


@given(keys=st.lists(near | near.map(lambda low: low - 2**63), max_size=40))
def test_the_order_of_times_is_numpys_stable_one(keys: list[int]) -> None:
    """The same holds for signed keys, however far apart."""
    column = np.array(keys, np.int64)
    assert stable_order(column).tolist() == np.argsort(column, kind="stable").tolist()
