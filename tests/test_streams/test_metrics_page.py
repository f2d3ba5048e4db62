"""The page: what was asked for, once per change, never stale."""

import gzip
import itertools
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from pages import (
    Feed,
    Labels,
    alert,
    crowd,
    judged,
    label_values,
    labels,
    openmetrics_families,
    page_of,
    rows_of,
    series_on,
    text_of,
    view_of,
)

from models.settings import MEASURES
from streams.config import load
from streams.metrics import Collector, Page
from streams.metrics.page import page_of as page_of_snapshot

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def ours(text: str) -> dict[str, dict[Labels, float]]:
    """Return the series that do not depend on the moment of the scrape."""
    told = series_on(text)
    for name in ("touchpoint_collect_duration_seconds", "touchpoint_collect_errors_total"):
        del told[name]
    return {name: series for name, series in told.items() if name.startswith("touchpoint_")}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html", TEXT),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
    ],
    ids=["nothing", "anything", "a browser", "prometheus 2", "prometheus 3"],
)
def test_the_format_is_the_one_asked_for(accept: str, content_type: str) -> None:
    """OpenMetrics for those who accept it, the text format 0.0.4 for everybody else."""
    reply = page_of(view_of()).get(accept, "")

    assert reply.content_type == content_type
    assert reply.body.endswith(b"# EOF\n") == (content_type == OPENMETRICS)


def test_openmetrics_says_the_same_as_text() -> None:
    """Both formats carry the same series, and the strict parser of OpenMetrics takes the page."""
    page = page_of(view_of())
    text = ours(page.get("", "").body.decode())
    told: dict[str, dict[Labels, float]] = {}
    for family in openmetrics_families(page.get(PROMETHEUS_2, "").body.decode()):
        for sample in family.samples:
            told.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value

    assert {name: told[name] for name in text} == text


def test_gzip_is_one_stream_and_holds_the_page() -> None:
    """A client that knows nothing of joined streams gets all of it, and only one that asked."""
    page = page_of(view_of())

    packed, plain = page.get("", "deflate, gzip;q=1.0"), page.get("", "")

    assert (packed.content_encoding, plain.content_encoding) == ("gzip", None)
    assert ours(gzip.decompress(packed.body).decode()) == ours(plain.body.decode())
    assert packed.body.count(b"\x1f\x8b\x08") == 1
    assert len(packed.body) < len(plain.body) / 4


def test_an_updated_page_equals_one_made_from_nothing() -> None:
    """Whatever is kept between updates, after each of them the page is what the view alone gives."""
    everyone = {"top_employees": 60}  # who is shown by rank depends on who was
    feed, page = Feed(), Page(Collector(MEASURES, **everyone, series_max=10_000))
    closed = []
    for day in range(17):
        rows = rows_of(day)
        parts = (0, 400, 401, 402, len(rows)) if day > 14 else (0, len(rows))
        for start, end in itertools.pairwise(parts):
            feed.give(rows.take(np.arange(start, end)), rejects=(3,))
            if day > 14:
                view = view_of(feed.judge.snapshot())
                page.update(view)
                closed.append(feed.judge.snapshot().window_end)
                assert ours(page.get("", "").body.decode()) == ours(text_of(view, **everyone))
    assert 1 < len(set(closed)) < len(closed)


def test_what_did_not_change_is_not_rendered_again() -> None:
    """Records that wait for their pane change the counts only: verdicts are the same families as before."""
    collector = Collector(MEASURES, top_employees=50, series_max=10_000)
    snapshot = judged()
    collector.update(view_of(snapshot))
    judged_before, steady_before = collector.judged, collector.steady

    collector.update(view_of(replace(snapshot, open_cases=snapshot.open_cases + 1)))

    assert collector.judged is judged_before
    assert collector.steady is not steady_before


def test_a_collector_tells_a_registry_nothing_in_advance() -> None:
    """What there is depends on the view; it is not asked for before there is one."""
    collector = Collector(MEASURES, top_employees=50, series_max=10_000)
    assert list(collector.collect()) == []

    collector.update(view_of())

    assert collector.describe() == []
    assert {family.name for family in collector.collect()} >= {
        "touchpoint_events_received",
        "touchpoint_warm",
    }


def test_the_process_is_told_as_it_is_at_the_scrape(tmp_path: Path) -> None:
    """On a quiet night nothing is rendered, and still the process's figures are those of now."""
    page = page_of(view_of())
    before = series_on(page.get("", "").body.decode())["process_open_fds"]

    with (tmp_path / "open").open("wb"):
        now = series_on(page.get("", "").body.decode())["process_open_fds"]

    assert sum(now.values()) == sum(before.values()) + 1


def test_the_page_tells_how_long_it_took() -> None:
    """`touchpoint_collect_duration_seconds` is the last rendering, by the clock that was given."""
    ticks = iter((9.0, 10.0, 10.25))  # when it is made, when rendering begins, when it ends
    page = Page(Collector(MEASURES, top_employees=50, series_max=10_000), clock=lambda: next(ticks))

    page.update(view_of())

    told = series_on(page.get("", "").body.decode())
    assert told["touchpoint_collect_duration_seconds"] == {frozenset(): 0.25}


def test_before_the_first_view_the_page_is_whole() -> None:
    """A scrape that comes too early finds the process and nothing else."""
    page = Page(Collector(MEASURES, top_employees=50, series_max=10_000))

    told = series_on(page.get("", "").body.decode())

    assert "process_start_time_seconds" in told
    assert {name for name in told if name.startswith("touchpoint_")} == {
        "touchpoint_collect_duration_seconds",
        "touchpoint_collect_errors_total",
    }


def test_a_rendering_that_fails_is_counted_on_the_page_that_stays() -> None:
    """It may fail for ever: what counts the failures is told at the scrape, not rendered."""
    page = page_of(view_of())
    before = page.get("", "").body.decode()

    with pytest.raises(KeyError):
        page.update(view_of(replace(judged(), alerts=(alert(measure="unheard of"),), steps=41)))

    after = page.get("", "").body.decode()
    assert ours(after) == ours(before)
    assert series_on(before)["touchpoint_collect_errors_total"] == {labels(): 0}
    assert series_on(after)["touchpoint_collect_errors_total"] == {labels(): 1}


def test_after_a_rendering_that_failed_the_next_one_counts() -> None:
    """Nothing of the view that could not be shown is left."""
    page = page_of(view_of())
    with pytest.raises(KeyError):
        page.update(view_of(replace(judged(), alerts=(alert(measure="unheard of"),), steps=41)))
    later = view_of(replace(judged(), steps=42))
    page.update(later)

    assert ours(page.get("", "").body.decode()) == ours(text_of(later))


def test_a_replay_gives_the_page_that_a_worker_would_serve() -> None:
    """A snapshot and a configuration make a page: the judge's series, its settings, its thresholds."""
    config = load(None, overrides=["metrics.top_employees=3"], environment={})

    told = series_on(page_of_snapshot(judged(), config).decode())

    verdicts = told["touchpoint_inconsistency_alert"]
    assert len(verdicts) == sum(one.until is None for one in judged().alerts)
    described = labels(config_hash=config.fingerprint(), privacy_mode=config.privacy.mode)
    assert told["touchpoint_config_info"] == {described: 1}
    assert told["touchpoint_config_threshold"][labels(name="detectors.spread.q")] == 0.02
    assert len(label_values(told["touchpoint_employee_handlings"], "employee")) == 3


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4, unique=True
    )
)
def test_any_name_is_a_label(names: list[str]) -> None:
    """Quotes, backslashes, line ends and any other character come back as they were."""
    snapshot = crowd(len(names))
    nothing = replace(
        snapshot, by_channel=snapshot.by_channel[-1:], strata=(), issue_types=(), strata_found=()
    )
    employees = replace(nothing, employees=tuple(names), alerts=(alert(employee=names[0]),))

    page = page_of(view_of(employees))

    told = series_on(page.get("", "").body.decode())
    assert label_values(told["touchpoint_employee_handlings"], "employee") == set(names)
    [accused] = label_values(told["touchpoint_inconsistency_alert"], "employee")
    assert accused == names[0]
    strict = openmetrics_families(page.get(PROMETHEUS_2, "").body.decode())
    found = {family.name: family for family in strict}
    samples = found["touchpoint_employee_handlings"].samples
    assert {sample.labels["employee"] for sample in samples} == set(names)
