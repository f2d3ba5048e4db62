"""A real incident log through real Kafka and the worker, held against pandas."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
import volvo
from kafka.broker import Broker
from worker import SECRET, RunningWorker, config_for, conserves, page_conserves, publish

from models.identity import Identity, Keys

pytestmark = pytest.mark.kafka

ONE: Final = {"refused": {"refused"}, "goal_attained": {"yes"}}
ZERO: Final = {
    "refused": {"resolved", "resolved_partial", "workaround", "escalated", "unresolved"},
    "goal_attained": {"partly", "no"},
}
LAST_STEP: Final = ("touchpoint_last_step_timestamp_seconds", frozenset[tuple[str, str]]())
Figures = Mapping[tuple[Any, ...], tuple[int, float, float]]


@pytest.fixture(scope="module")
def judged(kafka: Broker) -> Iterator[RunningWorker]:
    """Lend a worker that has judged the whole log, published in order of time over four partitions."""
    events = volvo.events()
    topic = kafka.create_topic("volvo", partitions=4)
    publish(kafka, topic, ((event["case_id"].encode(), json.dumps(event).encode()) for event in events))
    config = config_for(kafka, topic)
    everything = replace(
        config,
        limits=replace(config.limits, issue_types=1_000),
        metrics=replace(config.metrics, series_max=1_000_000, top_employees=10_000),
    )
    with RunningWorker(everything) as worker:
        worker.until_read(len(events))
        yield worker


@cache
def frame() -> pd.DataFrame:
    """Return the events with a column a measure, NaN where one says nothing."""
    events = pd.DataFrame(volvo.events())
    identity = Identity(Keys.from_secret(SECRET.encode()))
    told = {
        measure: pd.Series(np.nan, events.index)
        .mask(events[fact].isin(list(ONE[measure])), 1.0)
        .mask(events[fact].isin(list(ZERO[measure])), 0.0)
        for measure, fact in (("refused", "outcome"), ("goal_attained", "goal_attained"))
    }
    seconds = events["handle_time_s"].where(events["handle_time_s"] > 0)
    return events.assign(
        time=pd.to_datetime(events["occurred_at"], utc=True, format="ISO8601"),
        employee=events["employee_id"].map(identity.employee),
        **told,
        log_handle_time=np.log(seconds),
    )


def figures(events: pd.DataFrame, by: list[str], end: str) -> Figures:
    """Return count, mean and variance of each group, measure and window that ends at `end`."""
    result = {}
    for days in (1, 7, 28):
        until = pd.Timestamp(end)
        inside = events[(events["time"] >= until - pd.Timedelta(days=days)) & (events["time"] < until)]
        for measure in ("refused", "goal_attained", "log_handle_time"):
            stated = inside[inside[measure].notna()]
            told = stated.groupby(by)[measure].agg(["size", "mean", "var"])
            for group, size, mean, variance in told.itertuples():
                key = (*(group if isinstance(group, tuple) else (group,)), measure, f"{days}d")
                result[key] = (size, mean, variance)
    return result


def rows(document: Mapping[str, Any], kind: str, by: list[str]) -> Figures:
    """Return the same of a document; a null is NaN."""
    return {
        (*(row[key] for key in by), row["measure"], row["window"]): (
            row["handlings"],
            *(np.nan if row[what] is None else row[what] for what in ("mean", "variance")),
        )
        for row in document[kind]
    }


def assert_equal(told: Figures, expected: Figures) -> None:
    assert expected.keys() == told.keys()
    for key, figure in expected.items():
        assert told[key] == pytest.approx(figure, rel=1e-9, abs=1e-12, nan_ok=True), key


@pytest.mark.parametrize(
    ("kind", "by", "end"),
    [
        ("strata", ["channel", "issue_type"], "window_end"),
        ("channels", ["channel"], "window_end"),
        ("issue_types", ["issue_type"], "window_end"),
        ("employees", ["employee"], "last_step"),
    ],
)
def test_figures_equal_pandas(judged: RunningWorker, kind: str, by: list[str], end: str) -> None:
    """Count, mean and variance of every group, measure and window equal what pandas makes of the events."""
    document = judged.document()
    expected = figures(frame(), by, document[end])
    assert len(expected) > 20
    assert_equal(rows(document, kind, by), expected)


def test_every_record_is_accounted_for(judged: RunningWorker) -> None:
    """All 65,533 records are read, none is rejected, and none is lost on the way."""
    events = judged.document()["events"]
    assert events["read"] == len(volvo.events()) == 65_533
    assert events["rejected"] == {}
    assert conserves(events)
    assert page_conserves(judged.samples())


def test_the_page_shows_the_same_28_days(judged: RunningWorker) -> None:
    """Every series of strata, channels and employees over 28 days equals pandas on the same cut."""
    document = judged.document()
    events = frame()
    samples = judged.until_page(
        lambda page: page[LAST_STEP] == pd.Timestamp(document["last_step"]).timestamp()
    )
    expected: dict[Any, float] = {}
    for by, end, level in (
        (["channel", "issue_type"], "window_end", "stratum"),
        (["channel"], "window_end", "channel"),
        (["employee"], "last_step", "employee"),
    ):
        for (*group, measure, window), figure in figures(events, by, document[end]).items():
            if window == "28d":
                labels = dict(zip(by, group, strict=True)) | {"measure": measure}
                labels |= {} if level == "employee" else {"window": window}
                expected |= series(level, labels, figure)
    names = {name for name, _ in expected}
    shown = {key: samples[key] for key in samples if key[0] in names and ("window", "1d") not in key[1]}
    assert len(expected) > 1_000
    assert expected.keys() == shown.keys()
    for key, value in expected.items():
        assert shown[key] == pytest.approx(value, rel=1e-9, abs=1e-12), key


def series(level: str, labels: dict[str, str], figure: tuple[int, float, float]) -> dict[Any, float]:
    """Return the series that tell a figure: those of one unit each, and none that cannot be told."""
    count, mean, variance = figure
    is_time = labels["measure"] == "log_handle_time"
    names = {
        "handlings": float(count),
        "duration_geometric_mean_seconds" if is_time else "outcome_ratio": np.exp(mean) if is_time else mean,
        "log_duration_variance" if is_time else "outcome_variance": variance,
    }
    key = frozenset(labels.items())
    return {
        (f"touchpoint_{level}_{what}", key): value for what, value in names.items() if not np.isnan(value)
    }
