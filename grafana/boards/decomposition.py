"""What the variance of a measure is made of: channels, who answered, and the cases themselves."""

from grafana_foundation_sdk.models import common, dashboard

from grafana.boards.colours import AMBER, BLUE, GREY
from grafana.boards.fields import SHARE
from grafana.boards.panels import Says, course
from grafana.boards.queries import CELL, OF_CELL, Query, judged, level, shown, variance


def _parts() -> tuple[str, str, str]:
    """Return the parts of the variance: between channels, between employees, within an employee's cases.

    A stratum counts by its handlings; one without a share of its own (too little evidence) does not count.
    """
    handlings = shown(CELL, "touchpoint_stratum_handlings", OF_CELL)
    icc = judged(CELL, "touchpoint_employee_icc_ratio", OF_CELL)
    inside = variance(CELL, OF_CELL)
    known = f"({handlings} and on ({CELL}) {icc})"
    of_issue = f"sum by (issue_type) ({known})"
    channels = f"sum({of_issue} * on (issue_type) stdvar by (issue_type) ({level(CELL, OF_CELL)}))"
    employees = f"sum({known} * on ({CELL}) {icc} * on ({CELL}) {inside})"
    within = f"sum({known} * on ({CELL}) (1 - {icc}) * on ({CELL}) {inside})"
    return channels, employees, within


def decomposition() -> dashboard.Panel:
    """Return the bands; together they are 100 %."""
    channels, employees, within = _parts()
    total = f"({channels} + {employees} + {within})"
    return course(
        "What the variance of $measure is made of",
        Says(
            "Of all variance of the measure in the chosen touchpoints, the share that lies between channels "
            "for "
            "the same issue, the share that is due to who answered, and the rest: what differs from case to "
            "case.",
            "The bottom bands are what an organisation can even out; the top one is the work itself. A band "
            "of "
            "'who answered' that grows is the thing to watch.",
            "Channels count alike here whatever their volume, and for outcomes the share of 'who answered' "
            "is "
            "that of the latent scale, so read the course more than the number. A small share can still mean "
            "a "
            "large difference for the customer: see the spread.",
            "No stratum with enough evidence for this choice; durations are below",
        ),
        [
            Query(f"{channels} / {total}", "between channels", BLUE),
            Query(f"{employees} / {total}", "who answered", AMBER),
            Query(f"{within} / {total}", "case to case", GREY),
        ],
        SHARE,
        least=0.0,
        most=1.0,
        stacked=common.StackingMode.PERCENT,
    )
