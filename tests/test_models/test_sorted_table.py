"""The table of sorted runs, against a dictionary."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sorted_table import SortedTable

keys = st.integers(0, 40) | st.integers(2**64 - 5, 2**64 - 1)
uses = st.lists(st.dictionaries(keys, st.integers(-(2**31), 2**31 - 1), max_size=20), max_size=12)


def words(numbers: list[int]) -> np.typing.NDArray[np.uint64]:
    return np.array(numbers, np.uint64)


@pytest.mark.parametrize(("small_run_min", "piece_max"), [(0, 1), (0, 4), (3, 1_000), (1_024, 1_000)])
@given(script=uses)
def test_the_table_is_a_dictionary(small_run_min: int, piece_max: int, script: list[dict[int, int]]) -> None:
    """What was written last under a key is read, whichever of the runs it lies in, and in which piece."""
    table, reference = SortedTable(value=np.int32), dict[int, tuple[int, int]]()
    with (
        patch("models.sorted_table._SMALL_RUN_MIN", small_run_min),
        patch("models.sorted_table._PIECE_MAX", piece_max),
    ):
        for time, step in enumerate(script):
            place = table.find(words(list(step)))
            held = place >= 0
            assert [bool(known) for known in held] == [key in reference for key in step]
            value, now = np.array(list(step.values()), np.int32), np.full(len(step), time)
            table.write(place[held], {"time": now[held], "value": value[held]})
            new = {"time": now[~held], "value": value[~held]}
            table.insert(words(list(step))[~held], new, expire_before=-1)
            reference |= {key: (time, said) for key, said in step.items()}
    place = table.find(words(list(reference)))
    assert len(table) == len(reference)
    assert (place >= 0).all()
    assert table.read("time", place).tolist() == [time for time, _ in reference.values()]
    assert table.read("value", place).tolist() == [said for _, said in reference.values()]
    assert table.find(words([77, 2**63])).tolist() == [-1, -1]


@given(script=st.lists(st.sets(keys, max_size=15), max_size=15))
def test_only_what_has_expired_is_dropped(script: list[set[int]]) -> None:
    """A key that was used since the bound is never lost, whatever merging and dropping happened."""
    table, used = SortedTable(), dict[int, int]()
    with patch("models.sorted_table._SMALL_RUN_MIN", 2), patch("models.sorted_table._PIECE_MAX", 8):
        for time, step in enumerate(script):
            key = words(sorted(step))
            place = table.find(key)
            held = place >= 0
            table.write(place[held], {"time": np.full(int(held.sum()), time)})
            table.insert(key[~held], {"time": np.full(int((~held).sum()), time)}, expire_before=time - 3)
            used |= dict.fromkeys(step, time)
            alive = [key for key, when in used.items() if when >= time - 3]
            place = table.find(words(alive))
            assert (place >= 0).all()
            assert table.read("time", place).tolist() == [used[key] for key in alive]


@given(script=st.lists(st.sets(keys, max_size=15), max_size=6))
def test_a_table_that_was_dumped_is_the_same(script: list[set[int]]) -> None:
    """Keys come out in ascending order, each once, and a table that takes them over finds each."""
    table = SortedTable()
    with patch("models.sorted_table._SMALL_RUN_MIN", 2), patch("models.sorted_table._PIECE_MAX", 4):
        for time, step in enumerate(script):
            key = words(sorted(step))
            key = key[table.find(key) < 0]
            table.insert(key, {"time": np.full(len(key), time)}, expire_before=-1)
        loaded, state = SortedTable(), table.dump(-1)
        loaded.load(state)
    assert state["key"].tolist() == sorted(set().union(*script))
    assert loaded.find(state["key"]).tolist() == list(range(len(state["key"])))
    assert loaded.dump(-1)["time"].tolist() == state["time"].tolist()


def test_a_table_does_not_grow_with_what_has_gone() -> None:
    """Merging drops the expired, so a table of short lives stays small."""
    table = SortedTable()
    for time in range(100):
        key = np.arange(time * 1_000, (time + 1) * 1_000).astype(np.uint64)
        table.insert(key, {"time": np.full(1_000, time)}, expire_before=time - 5)
    assert len(table) < 10_000
