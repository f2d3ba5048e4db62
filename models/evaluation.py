"""A step: expected outcomes for the rows that await judgement, then figures, findings and verdicts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.cells import CellWindows, binary_cells, continuous_cells
from models.closed_panes import ClosedPane, ClosedPanes, join, with_expected
from models.detectors import DETECTORS
from models.detectors.spread import spread
from models.evidence import Detector, Findings, JudgedWindow, Names, judged_window
from models.expectation import CellRegistry, Expectation
from models.grouping import sum_by_group
from models.measures import values
from models.settings import DAY, JudgeSettings, Measure
from models.snapshot import Coverage, EmployeeFigures, StratumFigures
from models.verdicts import Verdicts
from models.windows import Sums, Windows

ALL: str = "all"
"""The name of the window that holds everything."""


@dataclass(frozen=True, slots=True)
class Step:
    """One evaluation: its number, when it ends (microseconds since 1970 UTC), whether verdicts are due."""

    number: int
    end: int
    warm: bool


class Evaluation:
    """What the judge knows beyond sums: expectations, cells, verdicts, and the figures of the last step.

    With `whole`, everything is one step and one window.
    """

    def __init__(self, settings: JudgeSettings, registry: CellRegistry, *, whole: bool) -> None:
        self._settings = settings
        self._registry = registry
        self._whole = whole
        self._expectations = [Expectation(m.kind, settings.expectation) for m in settings.measures]
        self._cells = [CellWindows(measure.kind) for measure in settings.measures]
        self._employees = Windows(len(settings.measures))
        self._last_end: int | None = None
        self.verdicts = Verdicts(1 if whole else settings.verdicts.persistence)
        self.strata_found: tuple[StratumFigures, ...] = ()
        self.employees_found: tuple[EmployeeFigures, ...] = ()
        self.coverage: tuple[Coverage, ...] = ()

    def run(self, step: Step, closed: ClosedPanes, names: Names) -> None:
        """Evaluate a step over the panes that have closed since the one before."""
        panes = closed.unjudged()
        fresh = self._judge(panes, step.end)
        for number in sorted({self._step_of(pane.day) for pane in panes}):
            self._sum(number, closed.of_days([d for d in closed.days() if self._step_of(d) == number]))

        self.strata_found, self.employees_found, self.coverage = (), (), ()
        labels = [ALL] if self._whole else [f"{days}d" for days in self._settings.windows.days]
        for label in labels:
            inside = self._inside(label, step.number)
            sums = self._employees.window(inside, len(names.employees))
            for index, measure in enumerate(self._settings.measures):
                window = self._window(index, measure, inside, fresh[index], names)
                found = self._find(window, names, step) if label == labels[-1] and step.warm else {}
                self._show(label, index, window, sums, found)
        oldest = step.number - self._settings.windows.days[-1] + 1
        if not self._whole:
            self._employees.forget_before(oldest)
            for cells in self._cells:
                cells.forget_before(oldest)

    def _step_of(self, day: int) -> int:
        return 0 if self._whole else day

    def _inside(self, label: str, step: int) -> Callable[[int], bool]:
        if label == ALL:
            return lambda _: True
        first = step - int(label.removesuffix("d")) + 1
        return lambda at: first <= at <= step

    def _judge(self, panes: list[ClosedPane], end: int) -> list[NDArray[np.bool_]]:
        """Give rows that await it their expected outcome; return the cells with new evidence, by measure."""
        days = 0.0 if self._last_end is None else (end - self._last_end) / DAY
        self._last_end = end
        for expectation in self._expectations:
            expectation.age(days)
        if not panes:
            return [np.zeros(len(self._registry.cells), np.bool_) for _ in self._expectations]
        rows = join([pane.rows for pane in panes])
        sizes = [len(pane.rows) for pane in panes]
        day = np.repeat([pane.day for pane in panes], sizes)
        band = np.repeat([pane.band for pane in panes], sizes)
        candidate = np.flatnonzero(rows.first & (rows.employee >= 0))
        cell = np.full(len(rows), -1, np.int32)
        cell[candidate] = self._registry.assign(rows.employee[candidate], rows.stratum[candidate])
        expected = rows.expected.copy()
        judged_cells = []
        for index, measure in enumerate(self._settings.measures):
            value = values(measure, rows.facts, len(rows))
            due = candidate[~np.isnan(value[candidate]) & np.isnan(expected[index, candidate])]
            if len(due) > 0:
                expected[index, due] = self._expectations[index].judge(
                    self._registry, cell[due], day[due], band[due], value[due]
                )
            fresh = np.zeros(len(self._registry.cells), np.bool_)
            fresh[cell[due]] = True
            judged_cells.append(fresh)
        for pane, part in zip(panes, np.split(expected, np.cumsum(sizes)[:-1], axis=1), strict=True):
            pane.rows = with_expected(pane.rows, part)
            pane.unjudged = False
        return judged_cells

    def _sum(self, step: int, panes: list[ClosedPane]) -> None:
        """Make the sums of a step again from its rows."""
        rows = join([pane.rows for pane in panes])
        day = np.repeat([pane.day for pane in panes], [len(pane.rows) for pane in panes])
        said = [values(measure, rows.facts, len(rows)) for measure in self._settings.measures]
        self._employees.put(step, rows.employee, said)
        size = len(self._registry.cells)
        for index, measure in enumerate(self._settings.measures):
            judged = np.flatnonzero(~np.isnan(rows.expected[index]) & ~np.isnan(said[index]))
            stratum = rows.stratum[judged]
            cell = self._registry.assign(rows.employee[judged], stratum)
            value, expected = said[index][judged], rows.expected[index, judged]
            self._cells[index].put(
                step,
                binary_cells(cell, day[judged], stratum, value, expected, size)
                if measure.kind == "binary"
                else continuous_cells(cell, value, expected, size),
            )

    def _window(
        self,
        index: int,
        measure: Measure,
        inside: Callable[[int], bool],
        fresh: NDArray[np.bool_],
        names: Names,
    ) -> JudgedWindow:
        cells = self._registry.cells
        sums = self._cells[index].window(inside, len(cells))
        return judged_window(
            measure, (cells.left, cells.right), sums, fresh, len(names.employees), len(names.strata)
        )

    def _find(self, window: JudgedWindow, names: Names, step: Step) -> dict[str, Findings]:
        """Let every detector look at the window and the verdicts follow; return what was found, by kind."""
        found = {}
        for detector in DETECTORS:
            findings = detector.detect(window, self._settings.detectors)
            level = detector.level(self._settings.detectors)
            self.verdicts.decide(
                detector, window, findings, names, level=level, step=step.number, time=step.end
            )
            self.coverage += (_coverage(detector, window, findings),)
            found[detector.kind] = findings
        return found

    def _show(
        self, label: str, index: int, window: JudgedWindow, sums: Sums, found: dict[str, Findings]
    ) -> None:
        name = window.measure.name
        between = spread(window)
        first_contacts = sum_by_group(window.cell_stratum, window.sums.count, window.strata)
        self.strata_found += (
            StratumFigures(
                measure=name,
                window=label,
                employees=between.between.employees,
                first_contacts=first_contacts.astype(np.int64),
                tau2=between.between.tau2,
                i2=between.between.i2,
                icc=between.icc,
            ),
        )
        size = window.employees
        observed = sum_by_group(window.cell_employee, window.sums.observed, size)
        untested = np.full(size, np.nan)
        funnel = found.get("employee_outlier")
        moments = sums.moments[index]
        self.employees_found += (
            EmployeeFigures(
                measure=name,
                window=label,
                handlings=moments.count,
                mean=moments.reported_mean,
                variance=moments.variance,
                first_contacts=sum_by_group(window.cell_employee, window.sums.count, size).astype(np.int64),
                observed=observed,
                expected=observed - sum_by_group(window.cell_employee, window.sums.residual, size),
                z=untested if funnel is None else funnel.z,
                q=untested if funnel is None else funnel.q,
            ),
        )


def _coverage(detector: Detector, window: JudgedWindow, findings: Findings) -> Coverage:
    of = window.cell_employee if detector.entity == "employee" else window.cell_stratum
    size = window.employees if detector.entity == "employee" else window.strata
    handlings = sum_by_group(of, window.sums.count, size)
    judged = ~np.isnan(findings.z)
    everything = handlings.sum()
    share = float(handlings[judged].sum() / everything) if everything else 0.0
    return Coverage(detector.kind, window.measure.name, share, int(judged.sum()), int((handlings > 0).sum()))
