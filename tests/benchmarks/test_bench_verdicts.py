"""How often verdicts are wrong and how soon they are right, on simulated centres; run by `make bench`.

The targets (`design.md` section 5) are at most 1 onset per 1,000 employee-weeks and 2 per 1,000
stratum-weeks where nothing is planted, under case mix, drift and a harmless spread.
"""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from benchmarks.results import table, tell

from models.judge import Judge
from models.segment import Segment, Source
from models.settings import DAY, JudgeSettings
from models.simulation import Centre, SimulationSettings, inconsistencies
from models.snapshot import Snapshot

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1_800)]

SOURCE = Source("events", 0, 0)
WARM_UP = 14
ONSET = 42


def judged(centre: Centre, days: int) -> Snapshot:
    """Return the state after so many days of a centre."""
    judge, position, nothing = Judge(JudgeSettings()), 0, np.empty(0, np.int64)
    for day in range(days):
        rows = centre.day(day).handlings
        end = position + len(rows)
        offsets = np.arange(position, end)
        rejects = (nothing, nothing.astype(np.uint8))
        judge.apply(Segment(SOURCE, position, end, {"events": 1}, rows, offsets, *rejects, "k"))
        position = end
    judge.finish()
    return judge.snapshot()


def test_false_alarms() -> None:
    """Onsets where nothing is planted."""
    onsets: Counter[str] = Counter()
    weeks: Counter[str] = Counter()
    for seed in range(100, 116):
        snapshot = judged(Centre(SimulationSettings(days=90), seed), 90)
        onsets.update(alert.kind for alert in snapshot.alerts)
        watched = (90 - WARM_UP) / 7
        weeks["employee_outlier"] += round(len(snapshot.employees) * watched)
        weeks["stratum_split"] += round(len(snapshot.strata) * watched)
    rows = [
        (kind, f"{count:,}", str(onsets[kind]), f"{1_000 * onsets[kind] / count:.2f}")
        for kind, count in sorted(weeks.items())
    ]
    tell(
        "False alarms",
        "16 centres of 60 employees, 90 days, nothing planted.",
        table(("kind", "weeks", "onsets", "per 1,000 weeks"), rows),
    )


def test_detection() -> None:
    """How many of what is planted are found, and when."""
    planted = [("employee", 0.8), ("employee", 1.2), ("stratum", 0.8), ("stratum", 1.2)]
    tell(
        "Detection",
        f"12 centres of 60 employees each; planted on day {ONSET}, found within 28 days.",
        table(("planted", "log odds", "found of 12", "median days"), [found(*one) for one in planted]),
    )


def found(kind: str, size: float) -> tuple[str, ...]:
    """Return a row of the table."""
    delays = []
    for seed in range(300, 312):
        settings = SimulationSettings(days=ONSET + 29, inconsistencies=inconsistencies(kind, size, ONSET))
        centre = Centre(settings, seed)
        truth: Any = centre.truth()
        [planted] = truth["inconsistencies"]
        where = (planted["employee"], planted["channel"], planted["issue_type"])
        snapshot = judged(centre, settings.days)
        onset = centre.day(ONSET).start
        hits = [
            (alert.since - onset) / DAY
            for alert in snapshot.alerts
            if (alert.employee, alert.channel, alert.issue_type) == where
            and onset < alert.since <= onset + 28 * DAY
        ]
        delays += [min(hits)] if hits else []
    after = f"{np.median(delays):.0f}" if delays else "-"
    return (kind, f"{size} (x{np.exp(size):.1f})", str(len(delays)), after)
