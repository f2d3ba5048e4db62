"""A step: expected outcomes for the rows that await judgement, then figures, findings and verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from models.cells import CellWindows, binary_cells, continuous_cells
from models.closed_panes import ClosedPanes
from models.compatibility import fingerprint_of
from models.detectors import DETECTORS
from models.evidence import Detector, Findings, JudgedWindow, Names, judged_window
from models.expectation import CellRegistry, Expectation
from models.figures import coverage, employee_figures, stratum_figures
from models.headcounts import Headcounts
from models.judging import JudgedRows, due_contacts, settle
from models.pieces import Pieces, done
from models.settings import DAY, JudgeSettings
from models.snapshot import Coverage, EmployeeFigures, Headcount, StratumFigures
from models.state import Fields, State
from models.verdicts import Verdicts
from models.windows import Windows

ALL: str = "all"
"""The name of the window that holds everything."""


@dataclass(frozen=True, slots=True)
class Step:
    """One evaluation.

    Attributes
    ----------
    number, end : int
        The day, as a proleptic Gregorian ordinal; when it ends, microseconds since 1970 UTC.
    warm : bool
        Verdicts are due.
    employees, strata : int
        How many of each there were.
    """

    number: int
    end: int
    warm: bool
    employees: int
    strata: int


class Evaluation:
    """What the judge knows beyond sums: expectations, cells, verdicts, and the figures of the last step.

    With `whole`, everything is one step and one window.

    Attributes
    ----------
    last : Step or None
    verdicts : Verdicts
    judged_under : str
        Fingerprint of the settings that the last verdicts were reached under.
    strata_found, employees_found, headcounts, coverage : tuples of figures of the last step
    """

    def __init__(self, settings: JudgeSettings, registry: CellRegistry, *, whole: bool) -> None:
        self._settings = settings
        self._fingerprint = fingerprint_of(settings)
        self.judged_under = self._fingerprint
        self._registry = registry
        self._whole = whole
        self._expectations = [Expectation(m.kind, settings.expectation) for m in settings.measures]
        self._cells = [CellWindows(measure.kind) for measure in settings.measures]
        self._employees = Windows([measure.kind for measure in settings.measures])
        self.last: Step | None = None
        self.verdicts = Verdicts(1 if whole else settings.verdicts.persistence)
        self.strata_found: tuple[StratumFigures, ...] = ()
        self.employees_found: tuple[EmployeeFigures, ...] = ()
        self.headcounts: tuple[Headcount, ...] = ()
        self.coverage: tuple[Coverage, ...] = ()

    def run(self, step: Step, closed: ClosedPanes, names: Names) -> Pieces[None]:
        """Evaluate a step over the panes that have closed since the one before."""
        days = 0.0 if self.last is None else (step.end - self.last.end) / DAY
        for expectation in self._expectations:
            expectation.age(days)
        fresh = yield from self._judge(closed)
        for detector, window, findings in (yield from self._look(step, fresh)):
            level = detector.level(self._settings.detectors)
            resettled = self.judged_under != self._fingerprint
            self.verdicts.decide(
                detector, window, findings, names,
                level=level, step=step.number, time=step.end, resettled=resettled,
            )  # fmt: skip
        self.judged_under = self._fingerprint if step.warm else self.judged_under
        self.last = step
        oldest = step.number - self._settings.windows.days[-1] + 1
        if not self._whole:
            self._employees.forget_before(oldest)
            for cells in self._cells:
                cells.forget_before(oldest)

    def dump(self) -> State:
        """Return the state; the figures of the last step follow from it."""
        return {
            "last": None if self.last is None else asdict(self.last),
            "expectations": [expectation.dump() for expectation in self._expectations],
            "cells": [cells.dump() for cells in self._cells],
            "employees": self._employees.dump(),
            "verdicts": self.verdicts.dump(),
        }

    def load(self, state: Fields, kept: Sequence[int | None]) -> None:
        """Take over a state that was dumped; `kept` says where each measure stood then, None if nowhere.

        The registry must have been loaded. The figures of the last step are made again.
        """
        self.last = None if state["last"] is None else Step(**state["last"])
        self._employees.load(state["employees"], kept)
        for index, place in enumerate(kept):
            if place is not None:
                self._expectations[index].load(state["expectations"][place])
                self._cells[index].load(state["cells"][place])
        self.verdicts.load(
            state["verdicts"],
            kinds={detector.kind for detector in DETECTORS},
            measures={
                m.name for m, place in zip(self._settings.measures, kept, strict=True) if place is not None
            },
            last_step=None if self.last is None else self.last.end,
        )
        if self.last is not None:
            done(self._look(self.last, [np.zeros(len(self._registry.cells), np.bool_) for _ in kept]))

    def _step_of(self, day: int) -> int:
        return 0 if self._whole else day

    def _inside(self, label: str, step: int) -> Callable[[int], bool]:
        if label == ALL:
            return lambda _: True
        first = step - int(label.removesuffix("d")) + 1
        return lambda at: first <= at <= step

    def _judge(self, closed: ClosedPanes) -> Pieces[list[NDArray[np.bool_]]]:
        """Judge the rows that await it, sum their steps; return the cells with new evidence, by measure."""
        measures, panes = self._settings.measures, closed.unjudged()
        due = yield from due_contacts(panes, closed, self._registry, measures)
        like = self._registry.contacts(due.cell, due.day)
        fresh = [np.zeros(len(self._registry.cells), np.bool_) for _ in measures]
        for index, expectation in enumerate(self._expectations):
            count, total = due.count[index], due.total[index]
            new = count > 0
            if new.any():
                expected = expectation.judge(self._registry, like, due.band, count, total)
                due.expected[index, new] = expected[new]
                fresh[index][due.cell[new]] = True
            yield
        settle(panes, closed, due)
        yield
        for number in sorted({self._step_of(pane.day) for pane in panes}):
            days = [day for day in closed.days() if self._step_of(day) == number]
            yield from self._sum(number, closed, days)
        return fresh

    def _sum(self, step: int, closed: ClosedPanes, days: list[int]) -> Pieces[None]:
        """Make the sums of a step again from its rows."""
        measures, rows = self._settings.measures, JudgedRows(closed, days)
        yield
        yield from self._employees.putting(step, rows.employee, (rows.said(measure) for measure in measures))
        like, size = self._registry.contacts(rows.by.cell, rows.day), len(self._registry.cells)
        for index, measure in enumerate(measures):
            sums = binary_cells if measure.kind == "binary" else continuous_cells
            said = rows.judged(measure, rows.by.expected[index])
            expected = np.where(said.count > 0, rows.by.expected[index], 0.0)
            self._cells[index].put(step, sums(like, said, expected, size))
            yield

    def _look(
        self, step: Step, fresh: list[NDArray[np.bool_]]
    ) -> Pieces[list[tuple[Detector, JudgedWindow, Findings]]]:
        """Make the figures of a step and return what the detectors find in its longest window."""
        self.strata_found, self.employees_found, self.headcounts, self.coverage = (), (), (), ()
        judged: list[tuple[Detector, JudgedWindow, Findings]] = []
        cells, detectors = self._registry.cells, DETECTORS if step.warm else ()
        headcounts = Headcounts(cells, self._registry.strata, step.strata)
        shorter = [np.zeros(len(cells), np.int64) for _ in self._settings.measures]
        yield
        labels = [ALL] if self._whole else [f"{days}d" for days in self._settings.windows.days]
        for label in labels:
            inside = self._inside(label, step.number)
            of_employees = self._employees.window(inside, step.employees)
            yield
            for index, measure in enumerate(self._settings.measures):
                sums = self._cells[index].window(inside, len(cells))
                yield
                window = judged_window(
                    measure, (cells.left, cells.right), sums, fresh[index], step.employees, step.strata
                )
                looking = detectors if label == labels[-1] else ()
                found = {one.kind: one.detect(window, self._settings.detectors) for one in looking}
                judged += ((detector, window, found[detector.kind]) for detector in looking)
                self.coverage += tuple(coverage(one, window, found[one.kind]) for one in looking)
                self.strata_found += (stratum_figures(label, window),)
                funnel = found.get("employee_outlier")
                moments = of_employees.moments[index]
                earlier = sums.count > shorter[index]
                shorter[index] = sums.count
                self.headcounts += (headcounts.of(measure.name, label, sums.count > 0, earlier),)
                self.employees_found += (employee_figures(label, window, moments, funnel),)
                yield
        return judged
