"""Verdicts: a finding becomes an alert when it lasts, and ends when it is no longer there."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from math import nan

import numpy as np
import pytest
from columns import MIDNIGHT, PLAIN, Row, judged, segment
from judged_windows import KINDS, names_of, random_window

from models.evidence import Detector, Entity, Findings, JudgedWindow, Names
from models.judge import Judge
from models.settings import DAY, CaseSettings, JudgeSettings, VerdictSettings
from models.verdicts import Alert, Verdicts, alert_id

LEVEL = (0.02, 0.05)
WINDOW = random_window(KINDS[0], 1, employees=3, strata=3)
NAMES = names_of(WINDOW)
SEEN: Mapping[str, tuple[float, bool]] = {
    "*": (0.001, True),  # rejected, with new evidence
    ".": (0.001, False),  # rejected, on old evidence
    "o": (0.03, True),  # not rejected, yet not beyond the off level
    "-": (0.2, True),  # beyond the off level
    "_": (0.2, False),  # beyond the off level, on old evidence
    "?": (nan, False),  # too little evidence
}


def detector(entity: Entity = "employee") -> Detector:
    return Detector(
        kind="test",
        entity=entity,
        detect=lambda window, _: findings("-" * window.employees),
        explain=lambda _, __, place, names: (f"about {names.employees[place]}", "check first: all"),
        level=lambda _: LEVEL,
    )


def findings(seen: str) -> Findings:
    """Return what was seen of each of three entities."""
    p, fresh = (np.array([SEEN[mark][side] for mark in seen]) for side in (0, 1))
    n = len(seen)
    observed = np.arange(n, dtype=np.float64) + 0.5
    return Findings(
        z=-np.log(p), p=p, q=p * 1.5, fresh=fresh.astype(np.bool_),
        handlings=np.full(n, 9), evidence={"observed": observed},
    )  # fmt: skip


def decide(
    verdicts: Verdicts,
    step: int,
    seen: str,
    *,
    by: Detector | None = None,
    window: JudgedWindow = WINDOW,
    names: Names = NAMES,
) -> tuple[Alert, ...]:
    verdicts.decide(
        detector() if by is None else by, window, findings(seen), names,
        level=LEVEL, step=step, time=step * DAY,
    )  # fmt: skip
    return verdicts.alerts


@pytest.mark.parametrize(
    ("seen", "alerts"),
    [
        # seen of one entity step by step, and then: R raised, S stands, E ended, blank nothing
        ("***o-", "  RSE"),  # three in a row; it stands until p is beyond the off level
        ("**-***", "     R"),  # a step that does not reject begins anew
        ("**o***", "     R"),  # also one that is only just not rejected
        ("*.*..*", "     R"),  # steps without new evidence neither count nor begin anew
        ("......", "      "),  # old evidence alone never raises
        ("**?*", "   R"),  # a window that is too thin for a step says nothing
        ("***oooo", "  RSSSS"),  # hysteresis: between the two levels it stands
        ("***...", "  RSSS"),
        ("***_", "  RE"),  # it ends as evidence leaves the window, too
        ("***?", "  RE"),  # and where too little evidence is left
        ("***-**", "  RE  "),  # after its end three are needed again
        ("***-***", "  RE  R"),
        ("***o**-***", "  RSSSE  R"),
    ],
)
def test_alerts_step_by_step(seen: str, alerts: str) -> None:
    """What is seen of an entity at each step decides when its alert is raised, stands and ends."""
    verdicts = Verdicts(persistence=3)
    told = ""
    for step, mark in enumerate(seen):
        now = decide(verdicts, step, mark + "--")
        begun = [alert for alert in now if alert.since == step * DAY]
        ended = [alert for alert in now if alert.until == step * DAY]
        stands = [alert for alert in now if alert.until is None]
        told += "R" if begun else "E" if ended else "S" if stands else " "
    assert told == alerts


def test_an_alert_stands_with_the_figures_of_the_last_step() -> None:
    """Since is its onset; evidence and reasons are those of now."""
    verdicts = Verdicts(persistence=1)
    (first,) = decide(verdicts, 5, "*--")
    assert dict(first.evidence) == {"observed": 0.5, "p": 0.001, "q": pytest.approx(0.0015)}
    assert first.reasons == ("about e0", "check first: all")
    (later,) = decide(verdicts, 6, "o--")
    assert (later.id, later.since, later.until) == (first.id, 5 * DAY, None)
    assert dict(later.evidence)["p"] == 0.03


@pytest.mark.parametrize(("mark", "why"), [("-", "no longer"), ("?", "too little evidence")])
def test_ended_alerts_are_listed_with_the_reason(mark: str, why: str) -> None:
    """An alert that has ended says when and why, with the figures that it last stood on."""
    verdicts = Verdicts(persistence=1)
    decide(verdicts, 5, "*--")
    (ended,) = decide(verdicts, 6, f"{mark}--")
    assert ended.until == 6 * DAY
    assert why in ended.reasons[-1]
    assert dict(ended.evidence)["p"] == 0.001
    assert decide(verdicts, 7, "---") == (ended,)


def test_entities_measures_and_kinds_are_judged_apart() -> None:
    """A streak of one is not a streak of another."""
    verdicts = Verdicts(persistence=2)
    other = replace(WINDOW, measure=KINDS[1])
    decide(verdicts, 1, "*--")
    decide(verdicts, 1, "---", window=other)
    assert decide(verdicts, 2, "-*-") == ()
    assert decide(verdicts, 2, "*--", window=other) == ()
    assert decide(verdicts, 3, "*--", by=replace(detector(), kind="other")) == ()
    (alert,) = decide(verdicts, 3, "-*-")
    assert (alert.kind, alert.measure, alert.employee) == ("test", "refused", "e1")


def test_entities_may_come_later() -> None:
    """An alert stands while the number of entities grows."""
    verdicts = Verdicts(persistence=1)
    decide(verdicts, 1, "*--")
    grown = Names([*NAMES.employees, "e3"], NAMES.strata)
    alerts = decide(verdicts, 2, "*--*", names=grown)
    assert [alert.employee for alert in alerts] == ["e0", "e3"]


def test_ids_follow_from_what_an_alert_is_about() -> None:
    """The first 16 hex digits of SHA-256 over kind, entity, measure and onset step."""
    text = "stratum_split\x1f*\x1fvoice\x1frefund\x1frefused\x1f738000"
    expected = sha256(text.encode()).hexdigest()[:16]
    assert alert_id("stratum_split", (None, "voice", "refund"), "refused", 738_000) == expected
    (alert,) = decide(Verdicts(1), 5, "--*", by=detector("stratum"))
    assert alert.id == alert_id("test", (None, "voice", "issue 2"), "refused", 5)
    assert (alert.employee, alert.channel, alert.issue_type) == (None, "voice", "issue 2")


def test_alerts_are_in_order_of_onset() -> None:
    """Ended and standing ones together, the oldest first."""
    verdicts = Verdicts(persistence=1)
    decide(verdicts, 1, "--*")
    decide(verdicts, 2, "*--")
    alerts = decide(verdicts, 3, "**-")
    assert [alert.since // DAY for alert in alerts] == [1, 2, 3]


def split_day(day: int) -> list[Row]:
    """Return a day on which half of twenty employees refuse everything and half nothing."""
    return [
        Row(MIDNIGHT + day * DAY + number, day * 1_000 + number, f"employee {number % 20}",
            outcome="refused" if number % 2 else "resolved")
        for number in range(200)
    ]  # fmt: skip


SHORT = replace(PLAIN, verdicts=VerdictSettings(persistence=3, warm_up_days=3), cases=CaseSettings(1))


@pytest.mark.parametrize(("settings", "onset"), [(SHORT, 4), (PLAIN, 15)])
def test_nothing_is_found_before_warm_up(settings: JudgeSettings, onset: int) -> None:
    """Verdicts begin with the step that ends warm-up days after the data began; then three are needed."""
    judge = Judge(settings)
    for day in range(onset + 1):
        judge.apply(segment(split_day(day), day * 1_000))
        shown = judge.snapshot()
        assert shown.alerts == ()
        assert shown.warm == (shown.steps >= settings.verdicts.warm_up_days)
        assert (shown.coverage == ()) == (not shown.warm)
    judge.finish()
    shown = judge.snapshot()
    assert {alert.since for alert in shown.alerts} == {MIDNIGHT + (onset + 1) * DAY}
    assert {alert.kind for alert in shown.alerts} == {"stratum_split"}


def test_an_alert_lasts_over_days_without_work() -> None:
    """Days on which nobody works are no steps: nothing is raised and nothing ends on them."""
    days = (0, 1, 2, 3, 6, 7)
    judge = judged([segment(split_day(day), day * 1_000) for day in days], SHORT)
    judge.finish()
    shown = judge.snapshot()
    assert shown.steps == len(days)
    assert {(alert.since, alert.until) for alert in shown.alerts} == {(MIDNIGHT + 7 * DAY, None)}
