"""Withholding: nothing that is shown of a table tells about few, whatever is added and subtracted."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streams.withholding import of_few, withheld

LEAST = 3
Team = frozenset[int]
Teams = Mapping[tuple[int, int], Team]
Mask = NDArray[np.bool_]


def teams(rows: int, columns: int) -> st.SearchStrategy[Teams]:
    """Draw who handled each stratum: of a few employees, so that one is alone in several."""
    place = st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1))
    return st.dictionaries(place, st.frozensets(st.integers(0, 8), min_size=1, max_size=6), max_size=25)


def table_of(strata: Mapping[tuple[int, int], int], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return figures of strata with the totals of rows and columns."""
    table = np.zeros((shape[0] + 1, shape[1] + 1), np.int64)
    for place, figure in strata.items():
        table[place] = figure
    table[:-1, -1], table[-1, :-1] = table[:-1, :-1].sum(axis=1), table[:-1, :-1].sum(axis=0)
    return table


def few_of(strata: Teams, shape: tuple[int, int]) -> Mask:
    """Return which strata, rows and columns fewer than enough employees handled."""
    few = np.zeros((shape[0] + 1, shape[1] + 1), np.bool_)
    for row in range(shape[0]):
        for column in range(shape[1]):
            few[row, column] = len(strata.get((row, column), ())) < LEAST
    for row in range(shape[0]):
        few[row, -1] = len(frozenset().union(*(who for at, who in strata.items() if at[0] == row))) < LEAST
    for column in range(shape[1]):
        few[-1, column] = (
            len(frozenset().union(*(who for at, who in strata.items() if at[1] == column))) < LEAST
        )
    return few


def shown_sums(strata: Teams, hidden: Mask) -> NDArray[np.float64]:
    """Return each figure that is shown as the strata that it is the sum of, a row each."""
    places = sorted(strata)
    rows = [[at == place for at in places] for place in places if not hidden[place]]
    rows += [[at[0] == row for at in places] for row in np.flatnonzero(~hidden[:-1, -1])]
    rows += [[at[1] == column for at in places] for column in np.flatnonzero(~hidden[-1, :-1])]
    return np.array(rows, np.float64).reshape(len(rows), len(places))


def rank(matrix: NDArray[np.float64]) -> int:
    return int(np.linalg.matrix_rank(matrix)) if matrix.size else 0


@settings(max_examples=300)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 6)),
    strata=st.data(),
    dear=st.booleans(),
    seed=st.integers(0, 9),
)
def test_no_sum_of_what_is_shown_is_of_few(
    shape: tuple[int, int], strata: st.DataObject, dear: bool, seed: int
) -> None:
    """Whatever is added and subtracted: a stratum of few comes out only together with one of enough."""
    who = strata.draw(teams(*shape))
    rng = np.random.default_rng(seed)
    handlings = table_of({place: len(team) + int(rng.integers(0, 50)) for place, team in who.items()}, shape)
    few = few_of(who, shape)
    hidden = withheld(handlings, few, np.full(few.shape, dear) & (rng.random(few.shape) < 0.3))

    assert hidden[few & (handlings > 0)].all(), "what is of few is hidden"
    sums, of_enough = shown_sums(who, hidden), [not few[place] for place in sorted(who)]
    assert rank(sums[:, of_enough]) == rank(sums), "a sum that is of strata of few alone"
    strata_hidden = hidden[:-1, :-1] & (handlings[:-1, :-1] > 0)
    assert 1 not in strata_hidden.sum(axis=1)[~hidden[:-1, -1]], "a channel of which one stratum is hidden"
    assert 1 not in strata_hidden.sum(axis=0)[~hidden[-1, :-1]], "an issue type of which one is hidden"


def test_what_is_of_enough_is_all_shown() -> None:
    """Where nothing is of few nothing is hidden, and neither are groups without handlings."""
    handlings = table_of({(0, 0): 50, (0, 1): 20, (1, 1): 30}, (2, 2))

    assert np.argwhere(withheld(handlings, handlings == 0, handlings < 0)).tolist() == [[2, 2]]


def one_of_few(dear: Mask | None = None) -> set[tuple[int, int]]:
    """Return which strata of a full table go, where the first is of few."""
    figures = {(0, 0): 9, (0, 1): 70, (0, 2): 40, (1, 0): 80, (1, 1): 60, (1, 2): 50, (2, 0): 30, (2, 2): 90}
    handlings = table_of(figures, (3, 3))
    few = np.zeros(handlings.shape, np.bool_)
    few[0, 0] = True
    hidden = withheld(handlings, few, few & False if dear is None else dear)
    return {(int(row), int(column)) for row, column in np.argwhere(hidden)}


def test_the_least_goes_with_it() -> None:
    """Of all ways to close the cycle the one with the fewest handlings is taken."""
    assert one_of_few() == {(0, 0), (0, 2), (2, 0), (2, 2), (3, 3)}


def test_what_is_alerted_about_stays_if_there_is_another_way() -> None:
    """Whoever follows an alert finds the figures of its stratum."""
    dear = np.zeros((4, 4), np.bool_)
    dear[0, 2] = True

    assert (0, 2) not in one_of_few(dear)


def test_one_group_alone_takes_its_totals_along() -> None:
    """Where a stratum is all that its channel and issue type have, they are hidden too."""
    handlings = table_of({(0, 0): 9, (1, 1): 70}, (2, 2))
    few = np.zeros(handlings.shape, np.bool_)
    few[0, 0] = few[0, 2] = few[2, 0] = True

    hidden = withheld(handlings, few, few & False)
    assert not hidden[1, 1]
    assert not hidden[1, 2]


Days = list[Team]


@settings(max_examples=300)
@given(days=st.lists(st.frozensets(st.integers(0, 8), max_size=5), min_size=6, max_size=6))
def test_windows_that_are_shown_differ_by_enough_or_nothing(days: Days) -> None:
    """What one window has beyond another is of enough employees, or there is nothing."""
    lengths = (6, 3, 1)  # the longest first
    inside = [frozenset().union(*days[-length:]) for length in lengths]
    earlier = [
        frozenset().union(*days[-length : len(days) - shorter])
        for length, shorter in zip(lengths, (3, 1, 0), strict=True)
    ]
    handlings = [np.array([sum(map(len, days[-length:]))]) for length in lengths]
    employees = [np.array([[len(one)], [len(other)]]) for one, other in zip(inside, earlier, strict=True)]

    few = [bool(one[0]) for one in of_few(handlings, employees, LEAST)]
    shown = [place for place, hidden in enumerate(few) if not hidden]
    assert all(len(inside[place]) >= LEAST for place in shown)
    for long, short in ((a, b) for a in shown for b in shown if a < b):
        between = frozenset().union(*days[-lengths[long] : len(days) - lengths[short]])
        assert len(between) >= LEAST or not between
    assert few[0] == (len(inside[0]) < LEAST), "the longest window gives way to no other"


@pytest.mark.parametrize(
    ("counts", "employees", "expected"),
    [
        ((100, 40), ([[9], [9]], [[5], [5]]), [False, False]),
        ((100, 40), ([[9], [2]], [[5], [5]]), [False, True]),
        ((40, 40), ([[5], [0]], [[5], [5]]), [False, False]),
        ((100, 40), ([[2], [2]], [[2], [2]]), [True, True]),
    ],
)
def test_a_shorter_window_gives_way(
    counts: tuple[int, int], employees: tuple[list[list[int]], list[list[int]]], expected: list[bool]
) -> None:
    """Where too few are in what the longer one has more, the shorter is hidden; equal ones tell nothing."""
    few = of_few([np.array([count]) for count in counts], [np.array(one) for one in employees], LEAST)

    assert [bool(one[0]) for one in few] == expected
