"""From the last view to families: a custom collector, so what is not in the view is not on the page."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from models.settings import Kind, Measure
from models.snapshot import Snapshot
from streams.metrics.alerts import alert_series, coverage_series
from streams.metrics.budget import within
from streams.metrics.catalogue import BY_NAME, CONSISTENCY, EMPLOYEES
from streams.metrics.consistency import consistency_bundles
from streams.metrics.employees import employee_bundles, funnel_series
from streams.metrics.pipeline import clock_series, count_series
from streams.metrics.series import Distribution, Series, told
from streams.metrics.spreads import spread_bundles
from streams.metrics.view import View
from streams.metrics.worker import worker_series


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Families that change together."""

    families: tuple[Metric, ...] = ()

    def collect(self) -> Iterable[Metric]:
        """Return them as prometheus_client asks for them."""
        return self.families


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What changes only when a pane closes or a step ends."""

    part: Part = Part()
    lines: int = 0
    cut: Mapping[str, int] = field(default_factory=dict)
