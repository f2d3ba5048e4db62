"""The page: rendered once per change, served as bytes."""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from threading import Lock
from typing import Final, NamedTuple, Protocol

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, gzip_accepted
from prometheus_client.exposition import generate_latest as text_of
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE_OPENMETRICS
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of

from models.snapshot import Snapshot
from streams.config import Config
from streams.metrics.catalogue import BY_NAME
from streams.metrics.collector import Collector, Part
from streams.metrics.thresholds import thresholds
from streams.metrics.view import View, WorkerState

_GZIP: Final = 31
"""zlib's name for a gzip stream with the largest window."""


class Reply(NamedTuple):
    """What goes into an HTTP response; `content_encoding` is None where the body is not compressed."""

    body: bytes
    content_type: str
    content_encoding: str | None


class _Families(Protocol):
    def collect(self) -> Iterable[Metric]: ...


class _Format(NamedTuple):
    content_type: str
    render: Callable[[_Families], bytes]
    end: bytes


_TEXT: Final = _Format(CONTENT_TYPE_PLAIN_0_0_4, text_of, b"")
_OPENMETRICS: Final = _Format(CONTENT_TYPE_OPENMETRICS, openmetrics_of, b"# EOF\n")


class _Packer(Protocol):
    """A compressor in the middle of a stream; a copy goes on from there."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...
    def copy(self) -> "_Packer": ...


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """The page as far as it has been written, plain and as one gzip stream that can still be continued."""

    plain: bytes
    packed: bytes
    packer: _Packer

    def then(self, text: bytes) -> "_Written":
        packer = self.packer.copy()
        return _Written(self.plain + text, self.packed + packer.compress(text), packer)

    def as_gzip(self) -> bytes:
        return self.packed + self.packer.copy().flush()


_NOTHING: Final = _Written(b"", b"", zlib.compressobj(level=1, wbits=_GZIP))


class _Process:
    """What is true at the moment of the scrape: the process, and how rendering went."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self.duration = 0.0
        self.errors = 0

    def collect(self) -> Iterator[Metric]:
        family = BY_NAME["touchpoint_collect_duration_seconds"]
        yield GaugeMetricFamily(family.name, family.help, self.duration, unit=family.unit)
        family = BY_NAME["touchpoint_collect_errors_total"]
        yield CounterMetricFamily(family.name, family.help, self.errors)
        yield from self._registry.collect()


class Page:
    """Renders in `update`, which may run on another thread than `get`; `get` is fast.

    At 10,000 series of 20,000 employees `update` takes 90 ms when a pane has closed and 1 ms otherwise, and
    `get` 0.4 ms. OpenMetrics costs another 30 ms, so a format is rendered in `update` only from the first
    time on that somebody asks for it; the first to ask waits.
    """

    def __init__(self, collector: Collector, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._collector = collector
        self._clock = clock
        self._process = _Process()
        self._judged: dict[_Format, tuple[Part, _Written]] = {}
        self._pages: dict[_Format, _Written] = {}
        self._rendering = Lock()
        self._looked_at = clock()

    @property
    def age_s(self) -> float:
        """Seconds since somebody looked for something new to show, be it that it could not be rendered."""
        return self._clock() - self._looked_at

    def update(self, view: View) -> None:
        """Show this view from now on; where that fails it is counted, and the page stays as it was."""
        with self._rendering:
            begin = self._looked_at = self._clock()
            try:
                self._collector.update(view)
                self._pages = {form: self._render(form) for form in self._pages}
            except Exception:
                self._process.errors += 1
                raise
            self._process.duration = self._clock() - begin

    def get(self, accept: str, accept_encoding: str) -> Reply:
        """Return the page as the headers `Accept` and `Accept-Encoding` ask for it."""
        asked = choose_encoder(accept)[1]
        form = _OPENMETRICS if asked.startswith("application/openmetrics-text") else _TEXT
        page = self._pages.get(form) or self._first(form)
        page = page.then(form.render(self._process))
        if gzip_accepted(accept_encoding):
            return Reply(page.as_gzip(), form.content_type, "gzip")
        return Reply(page.plain, form.content_type, None)

    def _first(self, form: _Format) -> _Written:
        with self._rendering:
            page = self._render(form)
            self._pages = {**self._pages, form: page}
        return page

    def _render(self, form: _Format) -> _Written:
        part, written = self._judged.get(form, (None, _NOTHING))
        if part is not self._collector.judged:
            part = self._collector.judged
            written = _NOTHING.then(_without_end(form, part))
            self._judged[form] = part, written
        return written.then(_without_end(form, self._collector.steady))


def page_of(snapshot: Snapshot, config: Config) -> bytes:
    """Return the page, as text, of a snapshot that no worker stands behind."""
    limits = config.metrics
    page = Page(Collector(config.measures, top_employees=limits.top_employees, series_max=limits.series_max))
    worker = WorkerState(
        version=version("touchpoint-monitor"),
        config_hash=config.fingerprint(),
        privacy_mode=config.privacy.mode,
        thresholds=thresholds(config),
        topics=(),
        caught_up=True,
    )
    page.update(View(snapshot, worker))
    return page.get("", "").body


def _without_end(form: _Format, part: Part) -> bytes:
    return form.render(part).removesuffix(form.end)
