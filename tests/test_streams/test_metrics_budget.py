"""The cap: the page stays small whatever comes, and says what it left out."""

from functools import cache

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pages import Labels, crowd, label_values, labels, series_on, text_of, view_of

from streams.metrics.budget import within
from streams.metrics.catalogue import ALERTS, COVERAGE, DROPPABLE, PIPELINE, WORKER
from streams.metrics.series import Series


@cache
def capped(series_max: int, *, strata: int = 180) -> dict[str, dict[Labels, float]]:
    """Return the page of 20,000 employees of whom 2,000 would be shown by name; 5 alert."""
    snapshot = crowd(20_000, strata=strata, alerting=5)
    return series_on(text_of(view_of(snapshot), top_employees=2_000, series_max=series_max))


def size(page: dict[str, dict[Labels, float]]) -> int:
    return sum(map(len, page.values()))


@given(st.integers(-3, 40), st.lists(st.integers(0, 6), max_size=12))
def test_what_fits_is_kept_in_order_and_the_rest_is_counted(room: int, sizes: list[int]) -> None:
    """Kept is the longest run of the most important bundles that fits; kept and cut are everything."""
    bundles = [[Series(f"f{n}", (str(number),), 1.0) for n in range(s)] for number, s in enumerate(sizes)]
    everything = [series for bundle in bundles for series in bundle]

    kept, cut = within(room, bundles)

    assert kept == everything[: len(kept)]
    assert len(kept) + cut.total() == len(everything)
    assert len(kept) in {sum(sizes[:n]) for n in range(len(sizes) + 1)}
    assert len(kept) <= max(room, 0)
    if cut:
        assert len(kept) + next(s for s in _left(sizes, len(kept)) if s > 0) > room


def _left(sizes: list[int], kept: int) -> list[int]:
    """Return the sizes of the bundles behind those that make up `kept`."""
    taken = 0
    while taken < len(sizes) and sum(sizes[: taken + 1]) <= kept:
        taken += 1
    return sizes[taken:]


@pytest.mark.parametrize("series_max", [1_000, 3_000, 10_000])
def test_the_page_never_exceeds_the_cap(series_max: int) -> None:
    """With 20,000 employees and 180 strata the page has at most as many series as configured."""
    page = capped(series_max)

    assert size(page) <= series_max
    assert page["touchpoint_export_series"] == {labels(): size(page)}


def test_pipeline_and_alerts_survive_the_smallest_cap() -> None:
    """However little fits, what on-call staff look at first is whole."""
    small, large = capped(1_000), capped(1_000_000)

    for family in (*WORKER, *PIPELINE, *ALERTS, *COVERAGE):
        for name in family.series_names():
            assert small.get(name) == large.get(name)


def test_alerts_stand_even_beyond_the_cap() -> None:
    """A thousand alerts are a thousand alerts: the cap cuts everything else away."""
    snapshot = crowd(1_500, alerting=1_000)

    page = series_on(text_of(view_of(snapshot), series_max=1_000))

    assert len(page["touchpoint_inconsistency_alert"]) == 1_000
    assert not {name for family in DROPPABLE for name in family.series_names()} & set(page)


def test_the_cut_is_counted_by_family() -> None:
    """What a page without a cap has more is what the capped one says it dropped."""
    small, large = capped(3_000), capped(1_000_000)

    for family in DROPPABLE:
        missing = sum(len(large.get(name, ())) - len(small.get(name, ())) for name in family.series_names())
        assert small["touchpoint_export_series_dropped"][labels(family=family.name)] == missing
        assert large["touchpoint_export_series_dropped"][labels(family=family.name)] == 0


def test_employees_by_name_go_first_then_issue_types_then_the_short_window_of_strata() -> None:
    """A tighter cap takes from the end of this order; the funnel of all employees stays."""
    cut_to = {cap: capped(cap, strata=60) for cap in (10_000, 5_000, 2_500)}
    by_name, strata = "touchpoint_employee_handlings", "touchpoint_stratum_handlings"

    assert 0 < len(cut_to[10_000][by_name]) < 2_000 * 5
    assert len(cut_to[10_000]["touchpoint_issue_type_handlings"]) == 4 * 5 * 2
    assert by_name not in cut_to[5_000]
    assert "touchpoint_issue_type_handlings" not in cut_to[5_000]
    assert 60 * 5 < len(cut_to[5_000][strata]) < 60 * 5 * 2
    assert label_values(cut_to[2_500][strata], "window") == {"28d"}
    assert all("touchpoint_employee_funnel_z_bucket" in page for page in cut_to.values())
    assert all("touchpoint_channel_handlings" in page for page in cut_to.values())


def test_the_most_extreme_and_those_alerting_stay_longest() -> None:
    """Of the employees shown by name a tight cap cuts those nearest to their peers."""
    page = series_on(text_of(view_of(crowd(300, alerting=2)), top_employees=300, series_max=2_000))

    shown = label_values(page["touchpoint_employee_handlings"], "employee")
    furthest = {f"emp-{number:05}" for number in range(300 - len(shown) + 2, 300)}
    assert 10 < len(shown) < 100
    assert shown == {"emp-00000", "emp-00001"} | furthest
