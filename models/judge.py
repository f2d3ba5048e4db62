"""The judge: a pure fold over the ledger, segments and idle marks in, snapshots out.

    record -> positions -> open panes -> [watermark passes] -> closing -> [day ends] -> evaluation

Nothing but the ledger reaches it, no wall clock and no query: the same ledger gives the same state, bit
for bit, and so does the same source however it was fetched, split or repeated, as long as no idle mark or
valve had to act.
"""

from collections.abc import Callable, Iterator

import numpy as np

from models.clock import BEGINNING, Clock
from models.closing import Closing
from models.counts import Tally
from models.evaluation import ALL, Evaluation, Step
from models.evidence import Names
from models.expectation import CellRegistry
from models.handling import CHANNELS, with_facts
from models.moments import Moments
from models.open_panes import OpenPanes
from models.positions import Positions
from models.segment import IdleMark, LedgerRecord, Segment
from models.settings import DAY, SECOND, JudgeSettings, facts_of
from models.snapshot import Snapshot, SourceState, Spreads
from models.steps import Steps
from models.verdicts import Alert
from models.windows import Sums


class Judge:
    """The one door to the core.

    Parameters
    ----------
    settings : JudgeSettings
    whole : bool
        Everything is one step and one window, judged when `finish` is called, with persistence 1 and no
        warm-up: for a file as a whole.
    """

    def __init__(self, settings: JudgeSettings, *, whole: bool = False) -> None:
        self._settings = settings
        self._whole = whole
        self._facts = facts_of(settings.measures)
        self._lateness = settings.time.lateness_s * SECOND
        self._horizon = settings.time.correction_horizon_days * DAY
        self._steps = Steps(settings.calendar.timezone, settings.time.pane_s)
        self._positions = Positions()
        self._clock = Clock(self._lateness, follows_wall=settings.time.clock == "wall")
        self._tally = Tally()
        self._open = OpenPanes(self._facts)
        self._registry = CellRegistry()
        self._closing = Closing(settings, self._steps, self._registry.strata, self._tally)
        self._evaluation = Evaluation(settings, self._registry, whole=whole)
        self._closed_until = BEGINNING
        self._due: int | None = None  # the day that holds closed panes and has not been evaluated
        self._origin: int | None = None
        self._last_step: int | None = None
        self._evaluated = 0
        self._forced = 0

    def apply(self, record: LedgerRecord) -> None:
        """Take the next record of the ledger."""
        self._clock.call_roll(record.roster, record.source)
        if isinstance(record, IdleMark):
            if self._positions.next(record.source) in {None, record.position}:
                self._clock.mark_idle(record.source, record.wall_time)
        else:
            self._take(record)
        self._advance(self._clock.advance())
        while self._open.rows > self._settings.time.valve_rows:
            self._force()

    def finish(self) -> None:
        """Close all panes and end the last step: nothing more will come."""
        while (pane := self._open.first()) is not None:
            self._advance(self._steps.start(pane + 1))
        if self._due is not None:
            end = self._steps.day_end(self._due)
            self._advance(end)
            if self._whole:
                self._evaluate(self._due, end)
        self._clock.move_to(self._closed_until)

    @property
    def steps(self) -> int:
        """How many steps have been evaluated; alerts change only with it."""
        return self._evaluated

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts as of the last step."""
        return self._evaluation.verdicts.alerts

    def snapshot(self) -> Snapshot:
        """Return the state as shown."""
        closing, evaluation = self._closing, self._evaluation
        names = self._names()
        pending = self._open.waiting(len(self._tally.topics))
        strata = len(closing.strata)
        windows = {label: closing.windows.window(inside, strata) for label, inside in self._windows()}
        channel, issue = closing.strata.left, closing.strata.right
        return Snapshot(
            counts=self._tally.by_topic(pending),
            sources=tuple(self._source_states()),
            watermark=None if self._clock.watermark == BEGINNING else self._clock.watermark,
            last_step=self._last_step,
            window_end=None if self._origin is None else self._closed_until,
            origin=self._origin,
            warm=self._last_step is not None and self._is_warm(self._last_step),
            steps=self._evaluated,
            corrections={
                "added": closing.corrections.added,
                "revised": closing.corrections.revised,
                "reused_ids": closing.corrections.reused_ids,
            },
            repeat_contacts=dict(closing.repeat_contacts),
            open_cases=len(closing.cases),
            refused_names={"employee": closing.employees.refused, "issue_type": closing.issues.refused},
            forced=self._forced,
            silent_partitions=self._clock.silent(),
            employees=tuple(names.employees),
            channels=CHANNELS,
            issue_types=tuple(closing.issues.names),
            strata=tuple(names.strata),
            by_stratum=self._spreads(windows),
            by_channel=self._spreads({k: w.regroup(channel, len(CHANNELS)) for k, w in windows.items()}),
            by_issue_type=self._spreads(
                {k: w.regroup(issue, len(closing.issues)) for k, w in windows.items()}
            ),
            strata_found=evaluation.strata_found,
            employees_found=evaluation.employees_found,
            coverage=evaluation.coverage,
            alerts=evaluation.verdicts.alerts,
            alerts_ended=dict(evaluation.verdicts.ended),
        )

    def _take(self, segment: Segment) -> None:
        """Let the new rows of a segment wait for the pane that they are due with."""
        new_rows, new_rejects = self._positions.admit(segment)
        rows = with_facts(segment.rows, self._facts)
        rows = rows if new_rows.all() else rows.take(new_rows)
        topic = self._tally.topic(segment.source.topic)
        self._tally.read(topic, len(rows), segment.reject_reasons[new_rejects])

        clock = self._clock.observe(segment.source, rows.time)
        pane = self._steps.pane_of(rows.time)
        pane_end = (pane + 1) * self._steps.width
        amends = (pane_end <= clock) | (pane_end <= self._closed_until)
        if amends.any():
            late = amends & (pane_end + self._horizon <= np.maximum(clock, self._closed_until))
            if self._whole:
                late[:] = False
            self._tally.late(np.full(int(late.sum()), topic, np.int16))
            rows, pane, amends, clock = rows.take(~late), pane[~late], amends[~late], clock[~late]
            first_open = self._closed_until // self._steps.width
            pane = np.where(amends, np.maximum(self._steps.pane_of(clock), first_open), pane)
        self._open.add(pane, amends, rows, topic)

    def _advance(self, watermark: int) -> None:
        """Close what the watermark has passed, in order of time; gaps are jumped."""
        while (pane := self._open.first()) is not None and self._steps.start(pane + 1) <= watermark:
            self._end_day_before(self._steps.start(pane))
            self._close(pane)
        closed_until = watermark // self._steps.width * self._steps.width
        self._closed_until = max(self._closed_until, closed_until)
        self._end_day_before(watermark)

    def _end_day_before(self, time: int) -> None:
        """Evaluate the day that is due if it has ended; what is judged as a whole has no days."""
        if self._due is not None and not self._whole and (end := self._steps.day_end(self._due)) <= time:
            self._evaluate(self._due, end)

    def _close(self, pane: int) -> None:
        start = self._steps.start(pane)
        if not self._whole:
            self._closing.forget_before(start - self._horizon)
            longest = self._settings.windows.days[-1] * DAY
            self._closing.windows.forget_before(pane - longest // self._steps.width)
        changed = self._closing.close(pane, *self._open.pop())
        self._closed_until = self._steps.start(pane + 1)
        if changed:  # copies that come late do not make a step of a day without work
            self._due = self._steps.day(pane)
            self._origin = start if self._origin is None else self._origin

    def _evaluate(self, day: int, end: int) -> None:
        self._evaluation.run(Step(day, end, self._is_warm(end)), self._closing.closed, self._names())
        self._last_step, self._due = end, None
        self._evaluated += 1

    def _is_warm(self, time: int) -> bool:
        warm_up = 0 if self._whole else self._settings.verdicts.warm_up_days * DAY
        return self._origin is not None and time - self._origin >= warm_up

    def _force(self) -> None:
        """Move the watermark past the first open pane: more rows wait than the valve allows."""
        pane = self._open.first()
        if pane is not None:
            self._forced += 1
            self._clock.move_to(self._steps.start(pane + 1))
            self._advance(self._clock.watermark)

    def _names(self) -> Names:
        strata, issues = self._closing.strata, self._closing.issues.names
        pairs = zip(strata.left.tolist(), strata.right.tolist(), strict=True)
        return Names(self._closing.employees.names, [(CHANNELS[c], issues[i]) for c, i in pairs])

    def _windows(self) -> list[tuple[str, Callable[[int], bool]]]:
        if self._whole:
            return [(ALL, lambda _: True)]
        last = self._closed_until // self._steps.width
        panes = DAY // self._steps.width
        return [(f"{days}d", _between(last - days * panes, last)) for days in self._settings.windows.days]

    def _spreads(self, windows: dict[str, Sums]) -> tuple[Spreads, ...]:
        return tuple(
            _spread(measure.name, label, sums.moments[index])
            for label, sums in windows.items()
            for index, measure in enumerate(self._settings.measures)
        )

    def _source_states(self) -> Iterator[SourceState]:
        for source in self._positions.sources():
            position = self._positions.next(source) or 0
            missing = self._positions.missing(source)
            clock, idle = self._clock.clock_of(source), self._clock.is_idle(source)
            yield SourceState(source, position, missing, clock, idle)


def _between(first: int, end: int) -> Callable[[int], bool]:
    return lambda pane: first <= pane < end


def _spread(measure: str, window: str, moments: Moments) -> Spreads:
    return Spreads(measure, window, moments.count, moments.reported_mean, moments.variance)
