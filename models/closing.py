"""What happens when a pane closes (rules 6, 7): rows ordered, copies dropped, cases followed, sums made.

Amendments that were due with it go first: they are older. Each changes the pane that it belongs to.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.cases import Cases
from models.closed_panes import ClosedPane, ClosedPanes, Expectations, PaneRows, join, wide
from models.codes import Codes, PairCodes
from models.counts import Tally
from models.grouping import first_rows
from models.handling import NO_CODE, Handlings
from models.measures import values
from models.open_panes import Waiting
from models.order import same_event, total_order
from models.pieces import Pieces
from models.reused_ids import ReusedIds
from models.settings import DAY, JudgeSettings, facts_of
from models.state import Fields, State
from models.steps import Steps
from models.windows import Windows

_T = TypeVar("_T", bound=np.generic)

OTHER: Final = "other"
"""The issue type under which those beyond the bound are counted."""


@dataclass(slots=True)
class Corrections:
    """How often the past was changed."""

    added: int = 0
    revised: int = 0


class Closing:
    """Turns waiting rows into closed panes.

    Attributes
    ----------
    closed : ClosedPanes
        The rows of the panes within the correction horizon.
    windows : Windows
        Sums by stratum, one block a pane.
    employees, issues, strata : Codes, Codes, PairCodes
        Names in order of first appearance in event time.
    """

    def __init__(self, settings: JudgeSettings, steps: Steps, strata: PairCodes, tally: Tally) -> None:
        self._settings = settings
        self._steps = steps
        self._tally = tally
        self._forgotten = np.iinfo(np.int64).min
        self.closed = ClosedPanes(len(settings.measures))
        self.windows = Windows([measure.kind for measure in settings.measures])
        self.employees = Codes(settings.limits.employees)
        self.issues = Codes(settings.limits.issue_types, OTHER)
        self.strata = strata
        self.cases = Cases(settings.cases.horizon_days * DAY)
        self.reused_ids = ReusedIds(settings.time.correction_horizon_days * DAY)
        self.corrections = Corrections()
        self.repeat_contacts = {"same": 0, "other": 0}
        """Repeat contacts by whether the same or another employee had the one before."""

    def close(self, pane: int, own: Waiting, amendments: Waiting) -> Pieces[bool]:
        """Apply what waited for this pane; return whether there was anything but copies."""
        changes = self.corrections.added + self.corrections.revised
        if len(amendments.rows) > 0:
            yield from self._amend(*self._versions(amendments))
        waiting, topic = self._versions(own)
        if len(waiting) == 0:
            return self.corrections.added + self.corrections.revised > changes
        self._tally.accepted(topic)
        yield
        rows = self._follow(waiting)
        yield
        self.reused_ids.note(rows.event, rows.time)
        self._put(pane, rows)
        return True

    def forget_before(self, time: int) -> None:
        """Let the rows of all days that ended by `time` go; what still comes for them is late.

        A day with rows that await a step stays until then: a step can be longer than a pane, and where
        clocks change longer than a day.
        """
        for day in self.closed.days():
            if self._steps.day_end(day) <= time and not self.closed.awaits(day):
                self.closed.forget(day)
                self._forgotten = max(self._forgotten, day)

    def dump(self) -> State:
        """Return the state; strata are the registry's."""
        return {
            "forgotten_day": self._forgotten,
            "panes": self.closed.dump(),
            "windows": self.windows.dump(),
            "employees": self.employees.dump(),
            "issue_types": self.issues.dump(),
            "cases": self.cases.dump(),
            "reused_ids": self.reused_ids.dump(),
            "corrections": asdict(self.corrections),
            "repeat_contacts": dict(self.repeat_contacts),
        }

    def load(self, state: Fields, kept: Sequence[int | None]) -> None:
        """Take over a state that was dumped; `kept` says where each measure stood then, None if nowhere."""
        self._forgotten = state["forgotten_day"]
        self.closed.load(state["panes"], facts_of(self._settings.measures), kept)
        self.windows.load(state["windows"], kept)
        self.employees.load(state["employees"])
        self.issues.load(state["issue_types"])
        self.cases.load(state["cases"])
        self.reused_ids.load(state["reused_ids"])
        self.corrections = Corrections(**state["corrections"])
        self.repeat_contacts = dict(state["repeat_contacts"])
        if None in kept:  # a new measure begins with the rows that no step has judged yet
            for pane in self.closed.unjudged():
                self._put(pane.index, wide(pane.rows))

    def _versions(self, waiting: Waiting) -> tuple[Handlings, NDArray[np.int16]]:
        """Return the newest version of each event, in total order, with its topic; count the rest."""
        by_name = np.argsort(np.argsort(self._tally.topics))
        order = total_order(waiting.rows, by_name[waiting.topic])
        superseded = same_event(waiting.rows, order)
        self._tally.duplicate(waiting.topic[order[superseded]])
        kept = order[~superseded]
        return waiting.rows.take(kept), waiting.topic[kept]

    def _coded(self, rows: Handlings) -> PaneRows:
        """Return rows under the codes of the state; new names get theirs in row order."""
        n = len(rows)
        employee = self._codes(self.employees, rows.employee, rows.employees)
        issue = self._codes(self.issues, rows.issue, rows.issues)
        return PaneRows(
            time=rows.time,
            event=rows.event,
            revision=rows.revision,
            employee=employee,
            stratum=self.strata.assign(rows.channel.astype(np.int32), issue),
            first=np.zeros(n, np.bool_),
            facts=rows.facts,
            judged=np.full(n, NO_CODE, np.int32),
        )

    @staticmethod
    def _codes(codes: Codes, index: NDArray[np.int32], names: tuple[str, ...]) -> NDArray[np.int32]:
        appears = first_rows(index, len(names) + 1)[:-1]  # the last element is where -1 went
        used = np.flatnonzero(appears >= 0)
        used = used[np.argsort(appears[used], kind="stable")]
        into = np.full(len(names) + 1, NO_CODE, np.int32)  # the last element answers -1
        into[used] = codes.assign(names[place] for place in used.tolist())
        return into[index]

    def _follow(self, rows: Handlings) -> PaneRows:
        """Return coded rows with their first contacts marked."""
        coded = self._coded(rows)
        outcome = rows.facts.get("outcome", np.full(len(rows), NO_CODE, np.int8)).astype(np.int8)
        before = self.cases.follow(rows.case, rows.time, coded.employee, outcome)
        again = ~before.first & (before.employee != NO_CODE) & (coded.employee != NO_CODE)
        same = int((again & (before.employee == coded.employee)).sum())
        self.repeat_contacts["same"] += same
        self.repeat_contacts["other"] += int(again.sum()) - same
        return replace(coded, first=before.first)

    def _put(self, pane: int, rows: PaneRows) -> None:
        day = self._steps.day(pane)
        band = self._steps.band(pane, self._settings.expectation.band_hours)
        self.closed.put(ClosedPane(pane, day, band, rows))
        measures = self._settings.measures
        self.windows.put(pane, rows.stratum, [values(measure, rows.facts, len(rows)) for measure in measures])

    def _amend(self, rows: Handlings, topic: NDArray[np.int16]) -> Pieces[None]:
        """Change the panes that amendments belong to; those of forgotten days are late."""
        pane = self._steps.pane_of(rows.time)
        held = np.array([self._steps.day(int(index)) > self._forgotten for index in pane], np.bool_)
        self._tally.late(topic[~held])
        rows, topic, pane = rows.take(held), topic[held], pane[held]

        new = np.ones(len(rows), np.bool_)
        for index in np.unique(pane):
            here = np.flatnonzero(pane == index)
            closed = self.closed.get(self._steps.day(int(index)), int(index))
            if closed is not None:
                version = _place_in(closed.rows, rows.take(here))
                known = version >= 0
                new[here[known]] = False
                self._revise(closed, version[known], rows.take(here[known]))
                yield
        self._tally.duplicate(topic[~new])
        self._tally.accepted(topic[new])
        self.corrections.added += int(new.sum())

        added, pane = self._follow(rows.take(new)), pane[new]
        self.reused_ids.note(added.event, added.time)
        for index in np.unique(pane):
            closed = self.closed.get(self._steps.day(int(index)), int(index))
            parts = (
                [added.take(pane == index)] if closed is None else [closed.rows, added.take(pane == index)]
            )
            together = join(parts)
            self._put(int(index), together.take(np.lexsort((together.event, together.time))))
            yield

    def _revise(self, closed: ClosedPane, place: NDArray[np.intp], rows: Handlings) -> None:
        """Replace rows of a pane by greater revisions; whoever was judged by a cell keeps its expectation."""
        greater = rows.revision > closed.rows.revision[place]
        if not greater.any():
            return
        place = place[greater]
        coded = self._coded(rows.take(greater))
        old = closed.rows
        judged = old.judged[place]
        judged[(old.employee[place] != coded.employee) | (old.stratum[place] != coded.stratum)] = NO_CODE
        kept = np.flatnonzero(judged != NO_CODE)
        judged[kept] = self._own_expectations(closed, place[kept])
        self._put(
            closed.index,
            replace(
                old,
                revision=_replaced(old.revision, place, coded.revision),
                employee=_replaced(old.employee, place, coded.employee),
                stratum=_replaced(old.stratum, place, coded.stratum),
                facts={name: _replaced(old.facts[name], place, coded.facts[name]) for name in old.facts},
                judged=_replaced(old.judged, place, judged),
            ),
        )
        self.corrections.revised += len(place)

    def _own_expectations(self, closed: ClosedPane, place: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return, for rows that change, new expectations with just what each was judged by."""
        old = closed.rows.take(place)
        by = self.closed.expectations(closed.day)
        expected = by.expected[:, old.judged]
        for index, measure in enumerate(self._settings.measures):
            said_nothing = np.isnan(values(measure, old.facts, len(old)))
            expected[index, said_nothing & ~by.own[old.judged]] = np.nan
        own = Expectations(by.cell[old.judged], np.ones(len(old), np.bool_), expected)
        return np.arange(len(old), dtype=np.int32) + np.int32(self.closed.expect(closed.day, own))


def _replaced(column: NDArray[_T], place: NDArray[np.intp], by: NDArray[_T]) -> NDArray[_T]:
    changed = column.copy()
    changed[place] = by
    return changed


def _place_in(held: PaneRows, rows: Handlings) -> NDArray[np.intp]:
    """Return where each event at its time is among the rows of a pane, -1 where it is not."""
    time = np.concatenate((held.time, rows.time))
    event = np.concatenate((held.event, rows.event))
    order = np.lexsort((event, time))  # stable: a held row comes before its new version
    same = (time[order[:-1]] == time[order[1:]]) & (event[order[:-1]] == event[order[1:]])
    place = np.full(len(rows), -1, np.intp)
    place[order[1:][same] - len(held)] = order[:-1][same]
    return place
