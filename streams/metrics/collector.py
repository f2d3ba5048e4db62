"""From the last view to families: a custom collector, so what is not in the view is not on the page."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric

from models.settings import Measure
from models.snapshot import EmployeeFigures, Snapshot, Spreads, StratumFigures
from streams.metrics.alerts import alert_series, coverage_series
from streams.metrics.budget import within
from streams.metrics.catalogue import BY_NAME, DROPPABLE, PROCESS_SERIES
from streams.metrics.consistency import consistency_bundles
from streams.metrics.employees import employee_bundles, funnel_series
from streams.metrics.family import Family
from streams.metrics.membership import shown_by_name
from streams.metrics.pipeline import clock_series, count_series
from streams.metrics.series import Distribution, Series, told
from streams.metrics.spreads import spread_bundles
from streams.metrics.view import View
from streams.metrics.worker import worker_series

_Figures = TypeVar("_Figures", Spreads, StratumFigures, EmployeeFigures)

_HISTOGRAMS: Final[Mapping[str, Any]] = {
    "gaugehistogram": GaugeHistogramMetricFamily,
    "histogram": HistogramMetricFamily,
}

_OWN_SERIES = len(DROPPABLE) + 3
"""Of the exporter itself: one a family that can be cut, how many, how long it took, how often it failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Families that change together, and how many series they are."""

    families: tuple[Metric, ...] = ()
    lines: int = 0
    cut: Counter[str] = field(default_factory=Counter)

    def collect(self) -> Iterable[Metric]:
        """Return the families; prometheus_client renders whatever has this method."""
        return self.families


class Collector:
    """Yields the families of the last view, and of no other.

    Parameters
    ----------
    measures : sequence of Measure
        Those of the judge whose snapshots come.
    top_employees : int
        Who ranks so high comes to be shown by name, and is so up to twice the rank; those alerting always.
    series_max : int
        Cap on all series of the page. Families of the pipeline and of alerts stand even beyond it.
    """

    def __init__(self, measures: Sequence[Measure], *, top_employees: int, series_max: int) -> None:
        self._kinds = {measure.name: measure.kind for measure in measures}
        self._top = top_employees
        self._series_max = series_max
        self._named: frozenset[str] = frozenset()
        self._state: tuple[object, ...] = ()
        self.judged = Part()
        """Verdicts and what they rest on; the same object until a pane closes or a step ends."""
        self.steady = Part()
        """Everything else."""

    def update(self, view: View) -> None:
        """Take the next view."""
        snapshot, worker = view.snapshot, view.worker
        steady = [*worker_series(view)]
        if snapshot is not None:
            steady += clock_series(snapshot)
        if snapshot is not None and worker.caught_up:
            steady += count_series(snapshot, worker.topics)
        steady = told(steady)
        taken = sum(one.lines() for one in steady) + _OWN_SERIES + PROCESS_SERIES
        if snapshot is None or not worker.caught_up:
            self._state, self.judged = (), Part()
        elif self._state != (state := (snapshot.window_end, snapshot.steps, taken)):
            self._state, self.judged = state, self._judged(snapshot, self._series_max - taken)
        self.steady = _part([*steady, *self._own_series(taken)])

    def collect(self) -> Iterator[Metric]:
        """Yield every family of the last view."""
        yield from self.judged.families
        yield from self.steady.families

    def describe(self) -> list[Metric]:
        """Return nothing: what there is depends on the view."""
        return []

    def _judged(self, snapshot: Snapshot, room: int) -> Part:
        always = told(chain(alert_series(snapshot, self._kinds), coverage_series(snapshot)))
        longest = snapshot.by_channel[-1].window
        employees = _of_window(longest, snapshot.employees_found)
        named = shown_by_name(snapshot, employees, self._top, self._named)
        self._named = frozenset(snapshot.employees[employee] for employee in named)
        kept, cut = within(room - len(always), self._bundles(snapshot, employees, named))
        return _part([*always, *kept], cut)

    def _bundles(
        self, snapshot: Snapshot, employees: Sequence[EmployeeFigures], named: Sequence[int]
    ) -> Iterator[list[Series]]:
        """Yield what the cap may cut, the most important first.

        The first and the last window only. Employees by name come last: who is cut is still in the funnel.
        """
        windows = [spread.window for spread in snapshot.by_channel]
        first, last = windows[0], windows[-1]
        shown = tuple(dict.fromkeys((last, first)))
        channels = [(channel,) for channel in snapshot.channels]
        issues = [(issue,) for issue in snapshot.issue_types]
        yield from ([series] for series in funnel_series(employees))
        for window in shown:
            means = _of_window(window, snapshot.by_channel)
            yield from spread_bundles("channel", channels, means, self._kinds)
        for window in shown:
            means = _of_window(window, snapshot.by_stratum)
            between = _of_window(window, snapshot.strata_found)
            for parts in zip(
                consistency_bundles(snapshot.strata, between),
                spread_bundles("stratum", snapshot.strata, means, self._kinds),
                strict=True,
            ):
                yield [*chain(*parts)]
        for window in shown:
            means = _of_window(window, snapshot.by_issue_type)
            yield from spread_bundles("issue_type", issues, means, self._kinds)
        yield from employee_bundles(snapshot, employees, self._kinds, named)

    def _own_series(self, taken: int) -> Iterator[Series]:
        yield Series("touchpoint_export_series", (), taken + self.judged.lines)
        for family in DROPPABLE:
            yield Series("touchpoint_export_series_dropped", (family.name,), self.judged.cut[family.name])


def _of_window(window: str, figures: Sequence[_Figures]) -> list[_Figures]:
    return [one for one in figures if one.window == window]


def _part(series: Sequence[Series], cut: Counter[str] | None = None) -> Part:
    by_family: dict[str, list[Series]] = {}
    for one in series:
        by_family.setdefault(one.family, []).append(one)
    families = tuple(_metric(BY_NAME[name], members) for name, members in by_family.items())
    return Part(families, sum(one.lines() for one in series), cut or Counter())


def _metric(family: Family, series: Sequence[Series]) -> Metric:
    if family.type in _HISTOGRAMS:
        histogram: GaugeHistogramMetricFamily | HistogramMetricFamily
        histogram = _HISTOGRAMS[family.type](family.name, family.help, labels=family.labels, unit=family.unit)
        for one in series:
            if isinstance(one.value, Distribution):
                histogram.add_metric(one.labels, one.value.buckets, one.value.total)
        return histogram
    kind = CounterMetricFamily if family.type == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels, unit=family.unit)
    for one in series:
        if not isinstance(one.value, Distribution):
            metric.add_metric(one.labels, one.value)
    return metric
