"""All that depends on how records came: what was applied before, event time, counts, and rows that wait."""

from collections.abc import Iterator

import numpy as np

from models.clock import Clock
from models.counts import Counts, Tally
from models.handling import with_facts
from models.open_panes import OpenPanes
from models.positions import Positions
from models.segment import IdleMark, LedgerRecord, Segment
from models.settings import DAY, SECOND, JudgeSettings, facts_of
from models.snapshot import SourceState
from models.state import Fields, State
from models.steps import Steps


class Arrivals:
    """Takes the ledger's records; what is new of them waits for its pane.

    With `whole`, nothing is ever late.

    Attributes
    ----------
    positions : Positions
    clock : Clock
    tally : Tally
    waiting : OpenPanes
    forced : int
        How often the valve moved the watermark.
    """

    def __init__(self, settings: JudgeSettings, steps: Steps, *, whole: bool) -> None:
        self._facts = facts_of(settings.measures)
        self._horizon = settings.time.correction_horizon_days * DAY
        self._steps = steps
        self._whole = whole
        self.positions = Positions()
        self.clock = Clock(settings.time.lateness_s * SECOND, follows_wall=settings.time.clock == "wall")
        self.tally = Tally()
        self.waiting = OpenPanes(self._facts)
        self.forced = 0

    def take(self, record: LedgerRecord, closed_until: int) -> None:
        """Take the next record of the ledger, all panes before `closed_until` being closed."""
        self.clock.call_roll(record.roster, record.source)
        if not isinstance(record, IdleMark):
            self._wait(record, closed_until)
        elif self.positions.next(record.source) in {None, record.position}:
            self.clock.mark_idle(record.source, record.wall_time)

    def counts(self) -> dict[str, Counts]:
        """Return what became of the records of each topic."""
        return self.tally.by_topic(self.waiting.count(len(self.tally.topics)))

    def sources(self) -> Iterator[SourceState]:
        """Yield where each partition of the required topics stands, in every epoch."""
        for source in filter(self.clock.requires, self.positions.sources()):
            yield SourceState(
                source=source,
                position=self.positions.next(source) or 0,
                missing=self.positions.missing(source),
                lost=self.positions.lost(source),
                clock=self.clock.clock_of(source),
                idle=self.clock.is_idle(source),
            )

    def dump(self) -> State:
        """Return the state."""
        return {
            "positions": self.positions.dump(),
            "clock": self.clock.dump(),
            "counts": self.tally.dump(),
            "waiting": self.waiting.dump(),
            "forced": self.forced,
        }

    def load(self, state: Fields) -> None:
        """Take over a state that was dumped."""
        self.positions.load(state["positions"])
        self.clock.load(state["clock"])
        self.tally.load(state["counts"])
        self.waiting.load(state["waiting"])
        self.forced = state["forced"]

    def _wait(self, segment: Segment, closed_until: int) -> None:
        """Let the new rows of a segment wait for the pane that they are due with."""
        new_rows, new_rejects = self.positions.admit(segment)
        rows = with_facts(segment.rows, self._facts)
        rows = rows if new_rows.all() else rows.take(new_rows)
        topic = self.tally.topic(segment.source.topic)
        self.tally.read(topic, len(rows), segment.reject_reasons[new_rejects])

        clock = self.clock.observe(segment.source, rows.time)
        pane = self._steps.pane_of(rows.time)
        pane_end = (pane + 1) * self._steps.width
        amends = (pane_end <= clock) | (pane_end <= closed_until)
        if amends.any():
            late = amends & (pane_end + self._horizon <= np.maximum(clock, closed_until))
            if self._whole:
                late[:] = False
            self.tally.late(np.full(int(late.sum()), topic, np.int16))
            rows, pane, amends, clock = rows.take(~late), pane[~late], amends[~late], clock[~late]
            first_open = closed_until // self._steps.width
            pane = np.where(amends, np.maximum(self._steps.pane_of(clock), first_open), pane)
        self.waiting.add(pane, amends, rows, topic)
