"""How often verdicts are wrong and how soon they are right, on simulated centres; run by `make bench`.

The targets (`design.md` section 5) are at most 1 onset per 1,000 employee-weeks and 2 per 1,000
stratum-weeks where nothing is planted, under case mix, drift and a harmless spread.
"""

from collections import Counter
from typing import Any

import numpy as np
import pytest

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
    """Onsets where nothing is planted, over 16 centres of 60 employees and 90 days."""
    onsets: Counter[str] = Counter()
    weeks: Counter[str] = Counter()
    for seed in range(100, 116):
        snapshot = judged(Centre(SimulationSettings(days=90), seed), 90)
        onsets.update(alert.kind for alert in snapshot.alerts)
        watched = (90 - WARM_UP) / 7
        weeks["employee_outlier"] += round(len(snapshot.employees) * watched)
        weeks["stratum_split"] += round(len(snapshot.strata) * watched)
    print()
    for kind, count in sorted(weeks.items()):
        rate = 1_000 * onsets[kind] / count
        print(f"{kind:<18} {onsets[kind]:3} false onsets in {count:,} weeks: {rate:.2f} per 1,000")


@pytest.mark.parametrize(
    ("kind", "size"), [("employee", 0.8), ("employee", 1.2), ("stratum", 0.8), ("stratum", 1.2)]
)
def test_detection(kind: str, size: float) -> None:
    """How many of what is planted on day 42 are found within 28 days, over 12 centres."""
    found, delays = 0, []
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
        found += bool(hits)
        delays += [min(hits)] if hits else []
    after = f"after {np.median(delays):.0f} days" if delays else ""
    print(f"\n{kind} {size} log odds (x{np.exp(size):.1f}): {found} of 12 found within 28 days {after}")
