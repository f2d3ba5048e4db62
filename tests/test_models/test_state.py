"""States as plain data: what makes two the same, and how many small arrays become a few."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from states import stored

from models.state import cut, digest, picked

numbers = st.integers() | st.floats() | st.booleans() | st.none()
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
arrays = st.builds(
    np.array,
    st.lists(st.integers(0, 100), max_size=4),
    st.sampled_from(("<i8", "<i4", "<f8", "<u8", "|b1")),
)
states = st.recursive(
    numbers | texts | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(state=states)
def test_what_comes_back_from_storage_is_the_same(state: Any) -> None:
    """The order of keys, tuples for lists and who owns an array do not matter."""
    assert digest(stored(state)) == digest(state)


@given(one=states, other=states)
def test_what_differs_has_another_digest(one: Any, other: Any) -> None:
    """In a value, a type, a dtype, a shape or where something stands."""
    assert (digest(one) == digest(other)) == (_told(one) == _told(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("1", 1),
        (None, "None"),
        ([], {}),
        ([[1], 2], [[1, 2]]),
        (["ab", "c"], ["a", "bc"]),
        (np.zeros(2), np.zeros((1, 2))),
        (np.zeros(2), np.zeros(2, np.int64)),
        (np.zeros(1, np.int8), "\0"),
    ],
)
def test_likes_are_told_apart(one: Any, other: Any) -> None:
    """What Python or a reader could take for the same has another digest."""
    assert digest(one) != digest(other)


def test_a_digest_does_not_change_with_the_program() -> None:
    """A fingerprint that somebody noted down can be compared with one of another release."""
    state = {"b": [1, 2.5, None, True, "é"], "a": np.arange(3, dtype="<i8")}
    assert digest(state) == "275ad987a48ec23b21cbc38d9c2ee6f993893d00ac809d722a46145ac774581e"


def _told(state: Any) -> Any:
    if isinstance(state, np.ndarray):
        return "array", state.dtype.str, state.shape, state.tobytes()
    if isinstance(state, dict):
        return "map", {key: _told(value) for key, value in state.items()}
    if isinstance(state, list):
        return "list", [_told(value) for value in state]
    return type(state), repr(state)


@given(sizes=st.lists(st.integers(0, 4), max_size=6), rows=st.integers(1, 3))
def test_parts_are_cut_out_as_they_were_joined(sizes: list[int], rows: int) -> None:
    """Each part is its stretch of the last axis, in memory of its own."""
    whole = np.arange(sum(sizes) * rows).reshape(rows, sum(sizes))
    parts = cut(whole, np.array(sizes, np.int64))
    assert [part.shape for part in parts] == [(rows, size) for size in sizes]
    assert np.array_equal(np.concatenate([whole[:, :0], *parts], axis=1), whole)
    assert all(part.base is None and part.flags.writeable for part in parts)


def test_parts_that_do_not_fit_are_refused() -> None:
    """Neither too few nor too many."""
    for size in (3, 5):
        with pytest.raises(ValueError, match="lengths"):
            cut(np.zeros(4), np.array([1, size - 1]))


def test_rows_are_picked_in_another_order() -> None:
    """A row that was not there is filled."""
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert picked(rows, [1, None, 0], -1.0).tolist() == [[3.0, 4.0], [-1.0, -1.0], [1.0, 2.0]]
