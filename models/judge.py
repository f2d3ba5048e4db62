"""The judge: a pure fold over the ledger, segments and idle marks in, snapshots out.

    record -> positions -> open panes -> [watermark passes] -> closing -> [day ends] -> evaluation

Nothing but the ledger reaches it, no wall clock and no query: the same ledger gives the same state, bit
for bit, and so does the same source however it was fetched, split or repeated, as long as no idle mark or
valve had to act.
"""

from collections.abc import Callable, Iterator

from models.arrivals import Arrivals
from models.clock import BEGINNING
from models.closing import Closing
from models.compatibility import definitions, grid_of, kept_measures, require_grid
from models.errors import StateError
from models.evaluation import ALL, Evaluation, Step
from models.evidence import Names
from models.expectation import CellRegistry
from models.handling import CHANNELS
from models.pieces import Pieces, done
from models.segment import LedgerRecord, Source
from models.settings import DAY, JudgeSettings
from models.snapshot import Snapshot, Spreads
from models.state import FORMAT, Fields, State, digest
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
        self._horizon = settings.time.correction_horizon_days * DAY
        self._steps = Steps(settings.calendar.timezone, settings.time.pane_s)
        self._arrivals = Arrivals(settings, self._steps, whole=whole)
        self._registry = CellRegistry()
        self._closing = Closing(settings, self._steps, self._registry.strata, self._arrivals.tally)
        self._evaluation = Evaluation(settings, self._registry, whole=whole)
        self._closed_until = BEGINNING
        self._due: int | None = None  # the day that holds closed panes and has not been evaluated
        self._origin: int | None = None
        self._evaluated = 0
        self._under_way: Pieces[None] | None = None  # a record that is taken in pieces

    @classmethod
    def load(cls, settings: JudgeSettings, state: Fields, *, whole: bool = False) -> "Judge":
        """Return the judge that goes on from a state that was dumped, perhaps under other settings.

        Raises
        ------
        StateError
            If the state is of another format, on another grid or damaged.
        """
        judge = cls(settings, whole=whole)
        try:
            require_grid(state, settings, whole=whole)
            judge._restore(state["sources"], state["judged"], state["settings"])
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise StateError(f"the state is damaged: {type(error).__name__}") from None
        return judge

    def apply(self, record: LedgerRecord) -> None:
        """Take the next record of the ledger."""
        self._settle()
        done(self._take(record))

    def applying(self, record: LedgerRecord) -> Iterator[None]:
        """Take the next record of the ledger in pieces, and yield between two of them.

        A pane that closes or a day that is judged may take a second; a piece of it takes 0.1 s at a million
        handlings a day. Whatever the judge is asked in between, it first does what is left.
        """
        self._settle()
        self._under_way = work = self._take(record)
        for _ in work:  # not `yield from`: who stops asking for pieces must not end the work
            yield

    def finish(self) -> None:
        """Close all panes and end the last step: nothing more will come."""
        self._settle()
        while (pane := self._arrivals.waiting.first()) is not None:
            done(self._advance(self._steps.start(pane + 1)))
        if self._due is not None:
            end = self._steps.day_end(self._due)
            done(self._advance(end))
            if self._whole:
                done(self._evaluate(self._due, end))
        self._arrivals.clock.move_to(self._closed_until)

    def dump(self) -> dict[str, State]:
        """Return the whole state as data that nothing changes any more, whatever is applied next.

        `judged` holds what follows from the handlings and their times alone, `sources` what depends on
        where they were read, how often and in which pieces.
        """
        self._settle()
        return {
            "format": FORMAT,
            "grid": grid_of(self._settings, whole=self._whole),
            "settings": self._evaluation.judged_under,
            "sources": self._arrivals.dump(),
            "judged": self._judged(),
        }

    def fingerprint(self) -> str:
        """Return the digest of what was judged, in hex.

        When nothing more will come, it is the same for the same handlings however they were delivered, as
        long as no idle mark or valve had to act.
        """
        self._settle()
        return digest(self._judged())

    @property
    def steps(self) -> int:
        """How many steps have been evaluated; alerts change only with it."""
        self._settle()
        return self._evaluated

    @property
    def last_step(self) -> int | None:
        """When the last step ended, microseconds since 1970 UTC; None before the first."""
        self._settle()
        return None if self._evaluation.last is None else self._evaluation.last.end

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerts as of the last step."""
        self._settle()
        return self._evaluation.verdicts.alerts

    def positions(self) -> Iterator[tuple[Source, int]]:
        """Yield every partition that was read, in every epoch, with the position that is applied next."""
        self._settle()
        for source in self._arrivals.positions.sources():
            yield source, self._arrivals.positions.next(source) or 0

    def snapshot(self, *, at_step: bool = False) -> Snapshot:
        """Return the state as shown; `at_step`, windows of groups end with the last step like headcounts."""
        self._settle()
        arrivals, closing, evaluation = self._arrivals, self._closing, self._evaluation
        names, watermark = self._names(), arrivals.clock.watermark
        strata = len(closing.strata)
        windows = {label: closing.windows.window(inside, strata) for label, inside in self._windows(at_step)}
        channel, issue = closing.strata.left, closing.strata.right
        return Snapshot(
            counts=arrivals.counts(),
            sources=tuple(arrivals.sources()),
            watermark=None if watermark == BEGINNING else watermark,
            last_step=self.last_step,
            window_end=self.last_step if at_step or self._origin is None else self._closed_until,
            origin=self._origin,
            warm=self.last_step is not None and self._is_warm(self.last_step),
            steps=self._evaluated,
            corrections={
                "added": closing.corrections.added,
                "revised": closing.corrections.revised,
                "reused_ids": closing.reused_ids.count,
            },
            repeat_contacts=dict(closing.repeat_contacts),
            open_cases=len(closing.cases),
            refused_names={"employee": closing.employees.refused, "issue_type": closing.issues.refused},
            forced=arrivals.forced,
            silent_partitions=arrivals.clock.silent(),
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
            headcounts=evaluation.headcounts,
            coverage=evaluation.coverage,
            alerts=evaluation.verdicts.alerts,
            alerts_ended=dict(evaluation.verdicts.ended),
        )

    def _judged(self) -> State:
        return {
            "measures": definitions(self._settings.measures),
            "closed_until": self._closed_until,
            "due_day": self._due,
            "origin": self._origin,
            "steps": self._evaluated,
            "registry": self._registry.dump(),
            "closing": self._closing.dump(),
            "evaluation": self._evaluation.dump(),
        }

    def _restore(self, sources: Fields, judged: Fields, judged_under: str) -> None:
        self._arrivals.load(sources)
        kept = kept_measures(self._settings.measures, judged["measures"])
        self._registry.load(judged["registry"])
        self._closing.load(judged["closing"], kept)
        self._evaluation.load(judged["evaluation"], kept)
        self._evaluation.judged_under = judged_under
        self._closed_until, self._due = judged["closed_until"], judged["due_day"]
        self._origin, self._evaluated = judged["origin"], judged["steps"]

    def _settle(self) -> None:
        """Do what is left of a record that is taken in pieces."""
        if self._under_way is not None:
            done(self._under_way)
            self._under_way = None

    def _take(self, record: LedgerRecord) -> Pieces[None]:
        self._arrivals.take(record, self._closed_until)
        yield from self._advance(self._arrivals.clock.advance())
        while self._arrivals.waiting.rows > self._settings.time.valve_rows:
            yield from self._force()

    def _advance(self, watermark: int) -> Pieces[None]:
        """Close what the watermark has passed, in order of time; gaps are jumped."""
        waiting, start = self._arrivals.waiting, self._steps.start
        while (pane := waiting.first()) is not None and start(pane + 1) <= watermark:
            yield from self._end_day_before(start(pane))
            yield from self._close(pane)
        closed_until = watermark // self._steps.width * self._steps.width
        self._closed_until = max(self._closed_until, closed_until)
        yield from self._end_day_before(watermark)

    def _end_day_before(self, time: int) -> Pieces[None]:
        """Evaluate the day that is due if it has ended; what is judged as a whole has no days."""
        if self._due is not None and not self._whole and (end := self._steps.day_end(self._due)) <= time:
            yield from self._evaluate(self._due, end)

    def _close(self, pane: int) -> Pieces[None]:
        start = self._steps.start(pane)
        if not self._whole:
            self._closing.forget_before(start - self._horizon)
            self._closing.windows.forget_before(self._oldest(pane))
        changed = yield from self._closing.close(pane, *self._arrivals.waiting.pop())
        self._closed_until = self._steps.start(pane + 1)
        if changed:  # copies that come late do not make a step of a day without work
            self._due = self._steps.day(pane)
            self._origin = start if self._origin is None else self._origin
        yield

    def _oldest(self, pane: int) -> int:
        """Return the first pane of the longest window up to this one, and of the last step's."""
        longest, last = self._settings.windows.days[-1], self._evaluation.last
        oldest = self._steps.panes_before(self._steps.start(pane), longest).start
        return oldest if last is None else min(oldest, self._steps.panes_of(last.number, longest).start)

    def _evaluate(self, day: int, end: int) -> Pieces[None]:
        names = self._names()
        step = Step(day, end, self._is_warm(end), len(names.employees), len(names.strata))
        yield from self._evaluation.run(step, self._closing.closed, names)
        self._due = None
        self._evaluated += 1
        yield

    def _is_warm(self, time: int) -> bool:
        warm_up = 0 if self._whole else self._settings.verdicts.warm_up_days * DAY
        return self._origin is not None and time - self._origin >= warm_up

    def _force(self) -> Pieces[None]:
        """Move the watermark past the first open pane: more rows wait than the valve allows."""
        pane, clock = self._arrivals.waiting.first(), self._arrivals.clock
        if pane is not None:
            self._arrivals.forced += 1
            clock.move_to(self._steps.start(pane + 1))
            yield from self._advance(clock.watermark)

    def _names(self) -> Names:
        strata, issues = self._closing.strata, self._closing.issues.names
        pairs = zip(strata.left.tolist(), strata.right.tolist(), strict=True)
        return Names(self._closing.employees.names, [(CHANNELS[c], issues[i]) for c, i in pairs])

    def _windows(self, at_step: bool) -> list[tuple[str, Callable[[int], bool]]]:
        if self._whole:
            return [(ALL, lambda _: True)]
        steps, last, days = self._steps, self._evaluation.last, self._settings.windows.days
        if at_step and last is not None:
            return [(f"{one}d", steps.panes_of(last.number, one).__contains__) for one in days]
        end = BEGINNING if at_step else self._closed_until
        return [(f"{one}d", steps.panes_before(end, one).__contains__) for one in days]

    def _spreads(self, windows: dict[str, Sums]) -> tuple[Spreads, ...]:
        return tuple(
            Spreads(measure.name, label, moments.count, moments.reported_mean, moments.variance)
            for label, sums in windows.items()
            for measure, moments in zip(self._settings.measures, sums.moments, strict=True)
        )
