"""Views of a simulated contact centre, and the pages that show them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from models.handling import CHANNELS, Handlings
from models.judge import Judge
from models.segment import Segment, Source
from models.settings import MEASURES, JudgeSettings
from models.simulation.centre import Centre
from models.simulation.scenario import SimulationSettings, inconsistencies
from models.snapshot import EmployeeFigures, Snapshot, Spreads, StratumFigures
from models.verdicts import Alert
from streams.durations import STAGES
from streams.metrics import Collector, Page, View, WorkerState
from streams.metrics.series import Distribution

TOPIC = "events"
MEASURE_NAMES = tuple(measure.name for measure in MEASURES)
KIND_OF = {measure.name: measure.kind for measure in MEASURES}

Labels = frozenset[tuple[str, str]]


class Feed:
    """A judge that is given handlings one stretch of a partition after the other."""

    def __init__(self, *, whole: bool = False) -> None:
        self.judge = Judge(JudgeSettings(), whole=whole)
        self._position = 0

    def give(self, rows: Handlings, rejects: tuple[int, ...] = ()) -> None:
        """Let the judge apply rows, and behind them records with these reasons that are no handlings."""
        start, between = self._position, self._position + len(rows)
        self._position = between + len(rejects)
        self.judge.apply(
            Segment(
                source=Source(TOPIC, 0, 0),
                start=start,
                end=self._position,
                roster={TOPIC: 1},
                rows=rows,
                offsets=np.arange(start, between),
                reject_offsets=np.arange(between, self._position),
                reject_reasons=np.array(rejects, np.uint8),
                key_id="k",
            )
        )


@cache
def centre() -> Centre:
    """Return the demo's centre: one employee and one stratum are planted."""
    return Centre(SimulationSettings(days=40, inconsistencies=inconsistencies("demo")), 1)


@cache
def rows_of(day: int) -> Handlings:
    """Return one of its days."""
    return centre().day(day).handlings


@cache
def judged(days: int = 40, *, whole: bool = False) -> Snapshot:
    """Return what is shown after so many of its days; all panes are closed."""
    feed = Feed(whole=whole)
    for day in range(days):
        feed.give(rows_of(day))
    feed.judge.finish()
    return feed.judge.snapshot()


def crowd(employees: int, *, strata: int = 0, alerting: int = 0) -> Snapshot:
    """Return a snapshot made by hand: employee i has z = i / 1000, the first ones alert; many strata."""
    names = tuple(f"emp-{number:05}" for number in range(employees))
    z = np.arange(employees) / 1_000
    many, some = np.full(employees, 400), np.full(employees, 0.25)
    counts, half = np.full(strata, 90), np.full(strata, 0.5)
    issues = tuple(f"issue-{number:03}" for number in range(-(-strata // len(CHANNELS))))
    return replace(
        judged(),
        employees=names,
        employees_found=tuple(
            EmployeeFigures(name, "28d", many, some, some, many, many * 0.25, many * 0.2, z, some)
            for name in MEASURE_NAMES
        ),
        issue_types=issues,
        strata=tuple((channel, issue) for issue in issues for channel in CHANNELS)[:strata],
        by_stratum=tuple(Spreads(n, w, counts, half, half) for n in MEASURE_NAMES for w in ("1d", "28d")),
        by_issue_type=tuple(
            Spreads(n, w, counts[: len(issues)], half[: len(issues)], half[: len(issues)])
            for n in MEASURE_NAMES
            for w in ("1d", "28d")
        ),
        strata_found=tuple(
            StratumFigures(n, w, counts, counts, half, half, half)
            for n in MEASURE_NAMES
            for w in ("1d", "28d")
        ),
        alerts=tuple(alert(employee=name) for name in names[:alerting]),
    )


def with_z(snapshot: Snapshot, **z: list[float]) -> Snapshot:
    """Return a snapshot with these z of a measure, NaN for the other measures."""
    nothing = [float("nan")] * len(snapshot.employees)
    found = (replace(one, z=np.array(z.get(one.measure, nothing))) for one in snapshot.employees_found)
    return replace(snapshot, employees_found=tuple(found))


def alert(**changes: Any) -> Alert:
    """Return an alert that stands, with these fields changed."""
    fields: dict[str, Any] = {
        "id": "0" * 16,
        "kind": "employee_outlier",
        "severity": "warning",
        "employee": None,
        "channel": None,
        "issue_type": None,
        "measure": "refused",
        "since": 1_704_067_200_000_000,
        "until": None,
        "evidence": (("first_contacts", 120.0), ("z", 4.5), ("q", 0.001)),
        "reasons": ("differs from peers",),
    }
    return Alert(**(fields | changes))


def worker(**changes: Any) -> WorkerState:
    """Return a worker that has caught up, with these fields changed."""
    fields: dict[str, Any] = {
        "version": "0.1.0",
        "config_hash": "0123456789ab",
        "privacy_mode": "pseudonym",
        "thresholds": {"detectors.spread.q": 0.02, "windows.days": 28.0},
        "topics": (TOPIC,),
        "caught_up": True,
        "assigned": {TOPIC: 1},
        "rebalances": 2,
        "lag": {(TOPIC, 0): 7},
        "last_record": 1_704_067_200_500_000,
        "dead_letters": {TOPIC: 3},
        "alerts_published": 5,
        "alert_publish_failures": 2,
        "checkpoint_failures": 1,
        "ledger_position": 40,
        "ledger_lag": 2,
        "fetches": 11,
        "ack_delay": Distribution((("0.5", 4.0), ("+Inf", 5.0)), 1.5),
        "loop_lag": Distribution((("0.1", 90.0), ("+Inf", 91.0)), 0.5),
        "durations": {stage: Distribution((("1.0", 4.0), ("+Inf", 4.0)), 0.1) for stage in STAGES},
        "take_overs": 1,
        "take_over_s": 2.5,
        "checkpoint_at": 1_704_067_200_000_000,
        "checkpoint_position": 30,
        "incomplete_since": 1_703_980_800_000_000,
    }
    return WorkerState(**(fields | changes))


def view_of(snapshot: Snapshot | None = None, **changes: Any) -> View:
    """Return a view of a snapshot, the demo's centre after 40 days unless told otherwise."""
    return View(snapshot if snapshot is not None else judged(), worker(**changes))


def page_of(view: View, *, top_employees: int = 50, series_max: int = 10_000) -> Page:
    """Return a page that shows a view."""
    page = Page(Collector(MEASURES, top_employees=top_employees, series_max=series_max))
    page.update(view)
    return page


def text_of(view: View, *, top_employees: int = 50, series_max: int = 10_000) -> str:
    """Return that page as text."""
    return page_of(view, top_employees=top_employees, series_max=series_max).get("", "").body.decode()


def series_on(text: str) -> dict[str, dict[Labels, float]]:
    """Return what a Prometheus would read: by name, the value of each set of labels."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def openmetrics_families(text: str) -> list[Metric]:
    """Return the families of an OpenMetrics page, read by the strict parser."""
    return list(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


@cache
def shown() -> Mapping[str, Mapping[Labels, float]]:
    """Return the series of the demo's centre after 40 days."""
    return series_on(text_of(view_of()))


def labels(**values: str) -> Labels:
    """Return a set of labels as `series_on` writes it."""
    return frozenset(values.items())


def label_values(series: Mapping[Labels, float], name: str) -> set[str]:
    """Return the values that a label takes in a family."""
    return {value for one in series for key, value in one if key == name}
