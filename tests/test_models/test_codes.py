"""Codes: small integers for names and for pairs of codes, in order of first appearance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.codes import Codes, PairCodes
from models.handling import NO_CODE

names = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), max_size=6)
pairs = st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8), max_size=6)


@given(batches=names)
def test_names_are_coded_by_first_appearance(batches: list[list[str]]) -> None:
    """However names come in batches, the first new one gets the next code and keeps it."""
    codes = Codes(limit=100)
    found = [codes.assign(batch).tolist() for batch in batches]
    order = list(dict.fromkeys(name for batch in batches for name in batch))
    assert codes.names == order
    assert len(codes) == len(order)
    assert found == [[order.index(name) for name in batch] for batch in batches]
    assert codes.refused == 0


def test_beyond_the_limit_a_name_has_no_code() -> None:
    """Without an overflow further names are refused, and counted; those that have a code keep it."""
    codes = Codes(limit=2)
    assert codes.assign(["a", "b", "c", "a", "c"]).tolist() == [0, 1, NO_CODE, 0, NO_CODE]
    assert codes.refused == 2
    assert codes.names == ["a", "b"]


def test_beyond_the_limit_names_share_the_overflow() -> None:
    """With an overflow all further names count under that one name, which has a code beside the limit."""
    codes = Codes(limit=2, overflow="other")
    assert codes.assign(["a", "b", "c", "d", "a"]).tolist() == [0, 1, 2, 2, 0]
    assert codes.names == ["a", "b", "other"]
    assert codes.refused == 2


def test_an_overflow_that_is_a_name_as_well_is_one_code() -> None:
    """Where upstream itself says "other", what overflows joins it."""
    codes = Codes(limit=2, overflow="other")
    assert codes.assign(["other", "b", "c", "d"]).tolist() == [0, 1, 0, 0]
    assert codes.names == ["other", "b"]


@given(batches=pairs)
def test_pairs_are_coded_by_first_appearance(batches: list[list[tuple[int, int]]]) -> None:
    """However pairs come in batches, the first new one gets the next code and keeps it."""
    codes = PairCodes()
    found = []
    for batch in batches:
        left, right = (np.array([pair[side] for pair in batch], np.int32) for side in (0, 1))
        found.append(codes.assign(left, right).tolist())
    order = list(dict.fromkeys(pair for batch in batches for pair in batch))
    assert list(zip(codes.left.tolist(), codes.right.tolist(), strict=True)) == order
    assert len(codes) == len(order)
    assert found == [[order.index(pair) for pair in batch] for batch in batches]


def test_pairs_hold_the_greatest_codes() -> None:
    """The two halves of a pair do not run into each other, up to the greatest 32-bit code."""
    codes = PairCodes()
    great = np.iinfo(np.int32).max
    left, right = np.array([great, 0, great], np.int32), np.array([0, great, great], np.int32)
    assert codes.assign(left, right).tolist() == [0, 1, 2]
    assert codes.assign(left, right).tolist() == [0, 1, 2]
