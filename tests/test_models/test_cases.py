"""First contacts and predecessors, against a loop over contacts with a dictionary of cases."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from columns import Row, hours
from drawn import EMPLOYEES
from hypothesis import given
from hypothesis import strategies as st
from naive import Contact, follow

from models.cases import Cases
from models.handling import NO_CASE, NO_CODE, OUTCOMES
from models.settings import DAY, HOUR

HORIZON = 14 * DAY
AMENDED = 7 * DAY
NAMES = [name for name in EMPLOYEES if name is not None]

contacts = st.builds(
    Row,
    time=st.integers(0, 60 * 24).map(hours),
    event=st.integers(0, 2**64 - 1),
    employee=st.sampled_from(EMPLOYEES),
    issue=st.just("billing"),
    channel=st.just("voice"),
    case=st.sampled_from((NO_CASE, 1, 2**64 - 1)),
    outcome=st.sampled_from(OUTCOMES),
    goal_attained=st.none(),
    sla_met=st.none(),
    handle_time_s=st.just(0.0),
    survey=st.just(0.0),
    revision=st.just(0),
)


@pytest.fixture(params=[0, 1_024], ids=["merging often", "merging rarely"])
def _merging(request: pytest.FixtureRequest) -> Iterator[None]:
    with patch("models.sorted_table._SMALL_RUN_MIN", request.param):
        yield


def code(name: str | None) -> int:
    return NO_CODE if name is None else NAMES.index(name)


def fed(panes: Sequence[Sequence[Row]], horizon: int = HORIZON) -> list[tuple[bool, int, int]]:
    """Return (first, employee before, outcome before) of every contact, fed pane by pane."""
    cases = Cases(horizon)
    found: list[tuple[bool, int, int]] = []
    for pane in panes:
        before = cases.follow(
            np.array([row.case for row in pane], np.uint64),
            np.array([row.time for row in pane], np.int64),
            np.array([code(row.employee) for row in pane], np.int32),
            np.array([OUTCOMES.index(row.outcome or "") for row in pane], np.int8),
        )
        found += zip(before.first.tolist(), before.employee.tolist(), before.outcome.tolist(), strict=True)
    return found


def looped(panes: Sequence[Sequence[Row]], horizon: int = HORIZON) -> list[tuple[bool, int, int]]:
    def told(contact: Contact) -> tuple[bool, int, int]:
        before = contact.before
        if before is None:
            return contact.first, NO_CODE, NO_CODE
        return contact.first, code(before.employee), OUTCOMES.index(before.outcome or "")

    return [told(contact) for contact in follow(panes, horizon)]


def ordered(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.time, row.event))


def split(rows: list[Row], cuts: Sequence[int]) -> list[list[Row]]:
    edges = [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    return [rows[start:end] for start, end in pairwise(edges)]


@pytest.mark.usefixtures("_merging")
@given(rows=st.lists(contacts, max_size=60), cuts=st.lists(st.integers(0, 60), max_size=12))
def test_contacts_in_order_are_followed_as_a_loop_would(rows: list[Row], cuts: list[int]) -> None:
    """Pane by pane or all at once: first contact, who was before and how that ended."""
    panes = split(ordered(rows), cuts)
    assert fed(panes) == looped(panes)


@pytest.mark.usefixtures("_merging")
@given(
    data=st.data(),
    rows=st.lists(contacts, min_size=1, max_size=60),
    horizon=st.sampled_from((HORIZON, 2 * DAY)),
)
def test_amendments_are_followed_as_a_loop_would(data: st.DataObject, rows: list[Row], horizon: int) -> None:
    """Contacts that come up to the correction horizon late find their case as it is by then.

    They open no open case, have nobody before them that came later, and are not their case's last.
    """
    due: dict[int, list[Row]] = {}
    for row in ordered(rows):
        late = data.draw(st.sampled_from((0, 0, HOUR, AMENDED)))
        due.setdefault((row.time + late) // (3 * DAY), []).append(row)
    panes = [due[pane] for pane in sorted(due)]
    assert fed(panes, horizon) == looped(panes, horizon)


@pytest.mark.parametrize(("quiet", "first"), [(HORIZON, False), (HORIZON + 1, True)])
@pytest.mark.parametrize("together", [True, False])
def test_a_case_is_forgotten_after_the_horizon(quiet: int, first: bool, together: bool) -> None:
    """Quiet for 14 days a case is still open; a microsecond longer and the next contact opens it anew."""
    rows = [Row(hours(0), 1, "ann", case=5), Row(hours(0) + quiet, 2, "bob", case=5)]
    found = fed([rows] if together else [[row] for row in rows])
    assert found[1][0] is first
    assert found[1][1] == (NO_CODE if first else code("ann"))


def test_each_contact_prolongs_its_case() -> None:
    """What counts is quiet since the last contact, not since the first."""
    rows = [Row(hours(24 * 13 * turn), turn, "ann", case=5) for turn in range(5)]
    assert [first for first, _, _ in fed([[row] for row in rows])] == [True, False, False, False, False]


def test_contacts_without_a_case_are_all_first() -> None:
    """Nothing links what has neither case nor customer, however alike."""
    rows = [Row(hours(1), turn, "ann", case=NO_CASE) for turn in range(3)]
    assert [first for first, _, _ in fed([rows])] == [True, True, True]


def test_cases_that_were_quiet_too_long_are_let_go() -> None:
    """What is held follows the open cases, not all that ever were."""
    cases = Cases(HORIZON)
    for day in range(200):
        case = np.arange(day * 1_000, (day + 1) * 1_000, dtype=np.uint64) + np.uint64(1)
        cases.follow(case, np.full(1_000, day * DAY), np.zeros(1_000, np.int32), np.zeros(1_000, np.int8))
    assert len(cases) <= 1.5 * 1_000 * 14
