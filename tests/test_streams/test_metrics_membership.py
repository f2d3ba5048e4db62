"""Who is shown by name: in at one rank, out at twice that, so that nobody comes and goes at the edge."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given
from pages import alert, crowd, label_values, page_of, series_on, view_of, with_z

from models.settings import MEASURES
from models.snapshot import Snapshot
from streams.metrics import Collector, Page
from streams.metrics.membership import shown_by_name

EMPLOYEES = 9
CROWD = crowd(EMPLOYEES)
Z = st.lists(st.integers(-4, 4) | st.just(float("nan")), min_size=EMPLOYEES, max_size=EMPLOYEES)


def ranking(*order: int) -> Snapshot:
    """Return a snapshot in which these employees are the furthest from peers, in this order."""
    return with_z(CROWD, refused=[float(9 - order.index(n)) if n in order else 0.0 for n in range(EMPLOYEES)])


def lists(snapshots: Sequence[Snapshot], top: int) -> Iterator[list[str]]:
    """Yield who is shown after each of these, in order."""
    before: list[str] = []
    for snapshot in snapshots:
        found = [one for one in snapshot.employees_found if one.window == "28d"]
        shown = shown_by_name(snapshot, found, top, before)
        before = [snapshot.employees[employee] for employee in shown]
        yield before


def numbers(shown: list[str]) -> list[int]:
    """Return who is shown by number."""
    return [int(name.removeprefix("emp-")) for name in shown]


def test_who_is_on_the_list_stays_up_to_twice_the_rank() -> None:
    """In at rank 2, still there at rank 4, gone at rank 5, and at rank 3 not there again."""
    places = [ranking(1, 2), ranking(3, 4, 5, 1), ranking(3, 4, 5, 6, 1), ranking(3, 4, 1), ranking(3, 1, 4)]

    assert list(map(numbers, lists(places, 2))) == [[1, 2], [3, 4, 1], [3, 4], [3, 4], [3, 1, 4]]


def test_nobody_comes_and_goes_at_the_edge() -> None:
    """Two who change places at the last rank are both there from the second time on."""
    edge = [ranking(1, 2, 3), ranking(1, 3, 2)] * 3

    first, *others = lists(edge, 2)

    assert numbers(first) == [1, 2]
    assert {frozenset(numbers(shown)) for shown in others} == {frozenset({1, 2, 3})}


def test_the_end_of_an_alert_does_not_take_a_name_away_that_its_rank_would_keep() -> None:
    """Shown for an alert is shown: it leaves when its rank does."""
    accused = replace(ranking(1, 2, 3), alerts=(alert(employee="emp-00003"), alert(employee="emp-00008")))

    shown = lists([accused, ranking(1, 2, 3)], 2)

    assert list(map(numbers, shown)) == [[3, 8, 1, 2], [1, 2, 3]]


@given(st.lists(Z, min_size=1, max_size=6), st.integers(0, 6), st.sets(st.integers(0, EMPLOYEES - 1)))
def test_the_rule(steps: list[list[float]], top: int, accused: set[int]) -> None:
    """There are those alerting, the first ranks, and up to twice the rank who was there before."""
    alerts = tuple(alert(employee=CROWD.employees[number]) for number in sorted(accused))
    snapshots = [replace(with_z(CROWD, refused=z), alerts=alerts) for z in steps]
    before: set[int] = set()
    for z, shown in zip(steps, map(numbers, lists(snapshots, top)), strict=True):
        size = [abs(one) if one == one else -1.0 for one in z]  # noqa: PLR0124 - NaN
        rank = sorted(range(EMPLOYEES), key=lambda number, size=size: (-size[number], number))
        by_rank = {
            number
            for place, number in enumerate(rank, 1)
            if place <= top or (place <= 2 * top and number in before)
        }
        assert set(shown) == by_rank | accused
        assert len(shown) == len(set(shown))
        assert shown == sorted(shown, key=lambda number: (number not in accused, rank.index(number)))
        before = set(shown)


def test_the_page_remembers_who_was_shown() -> None:
    """From step to step; a page that is rendered again at the same step shows the same."""
    page = Page(Collector(MEASURES, top_employees=1, series_max=10_000))
    named = []
    steps = (ranking(1), ranking(2, 1), ranking(2, 1), ranking(2, 3, 1), ranking(3, 2))
    for step, snapshot in enumerate(steps):
        page.update(view_of(replace(snapshot, steps=41 + step)))
        series = series_on(page.get("", "").body.decode())
        named.append(label_values(series["touchpoint_employee_handlings"], "employee"))

    both = {"emp-00001", "emp-00002"}
    assert named == [{"emp-00001"}, both, both, {"emp-00002"}, {"emp-00002", "emp-00003"}]
    fresh = series_on(page_of(view_of(ranking(2, 1)), top_employees=1).get("", "").body.decode())
    assert label_values(fresh["touchpoint_employee_handlings"], "employee") == {"emp-00002"}
