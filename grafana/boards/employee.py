"""What is behind a finding about an employee? Observed against what peers would have come to."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links, variables
from grafana.boards.board import board
from grafana.boards.colours import AMBER, BLUE, GREY, VERMILLION
from grafana.boards.fields import COUNT, NUMBER, SECONDS, SHARE
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course, stat_panel, timeline, words
from grafana.boards.queries import Query, one, shown
from grafana.boards.tables import Column, table_panel

_WHO: Final = 'employee="$employee"'
_OF: Final = 'employee="$employee", measure="$measure"'
_NOBODY: Final = "Nobody is chosen who stands out; in team mode no person is shown and this stays empty"

Z_LIMITS: Final = ((-3.09, "1 in 1,000"), (-1.96, "1 in 40"), (1.96, "1 in 40"), (3.09, "1 in 1,000"))
"""Limits of 95 % and 99.8 %, drawn as in a funnel plot (Spiegelhalter 2005, section 2)."""


def limits_of_z() -> list[Query]:
    """Return the limits as lines."""
    return [
        Query(
            f"vector({bound})", f"{bound:+} ({chance})", VERMILLION if abs(bound) > 3 else AMBER, limit=True
        )
        for bound, chance in Z_LIMITS
    ]


def _share(what: str, by: str, *matchers: str) -> str:
    """Return the observed or expected share, of an outcome or a score."""
    outcome, score = (
        shown(by, f"touchpoint_employee_{what}_{kind}_ratio", *matchers) for kind in ("outcome", "score")
    )
    return f"({outcome} or {score})"


def _time(what: str, by: str, *matchers: str) -> str:
    return shown(by, f"touchpoint_employee_{what}_duration_geometric_mean_seconds", *matchers)


def _now() -> Row:
    return Row(
        "What is behind it?",
        (
            Placed(
                words(
                    "How to read this board",
                    "What the figures are, and what they are not.",
                    "**Expected** is what peers would have come to with the same mix of cases, days and "
                    "hours; the "
                    "employee's own cases are not in it. **z** is the distance from it in standard "
                    "deviations, the "
                    "spread that exists among peers allowed for.\n\n"
                    "Differing is no fault. Check what the issue types do not tell apart, then tools, "
                    "authority "
                    "and training. Where peers are wrong, the one who differs may be right. **In team mode "
                    "no "
                    "person is shown and this board is empty.**",
                ),
                24,
                4,
            ),
            Placed(
                stat_panel(
                    "Distance from peers (z)",
                    Says(
                        "How far the employee is from peers, for the chosen measure, over 28 days.",
                        "Between -2 and 2 is ordinary; beyond 3 chance is a poor explanation.",
                        "The sign has no good or bad: it depends on the measure and on who is right.",
                        _NOBODY,
                    ),
                    one("touchpoint_employee_z_score", _OF),
                    NUMBER,
                    decimals=1,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "First contacts",
                    Says(
                        "On how many first contacts the comparison rests.",
                        "Under some 20 nobody is compared. The more, the surer.",
                        "It is not the workload: repeat contacts and cases that say nothing are left out.",
                        _NOBODY,
                    ),
                    one("touchpoint_employee_first_contacts", _OF),
                    COUNT,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Findings",
                    Says(
                        "How many findings about this employee stand, of any measure.",
                        "Their course is below.",
                        "No finding does not say that nothing differs.",
                        "No finding stands",
                    ),
                    f"sum({shown('alert_id', 'touchpoint_inconsistency_alert', _WHO)})",
                    COUNT,
                    limits=((None, BLUE), (1, AMBER)),
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Handlings",
                    Says(
                        "Handlings of 28 days that say something for the measure.",
                        "All of them, repeat contacts too.",
                        "It is no measure of diligence.",
                        _NOBODY,
                    ),
                    one("touchpoint_employee_handlings", _OF),
                    COUNT,
                ),
                6,
                4,
            ),
        ),
    )


def _courses() -> Row:
    return Row(
        "Over time",
        (
            Placed(
                course(
                    "Observed and expected: $measure",
                    Says(
                        "What the employee came to, and what peers would have come to with the same cases.",
                        "The distance between the lines is the difference; the grey line moves with the mix "
                        "of "
                        "cases.",
                        "The levels are not a target, and one is not the better by being higher.",
                        f"{_NOBODY}; or the measure is a duration: see beside",
                    ),
                    [
                        Query(_share("observed", "employee", _OF), "observed", BLUE),
                        Query(_share("expected", "employee", _OF), "expected of peers", GREY),
                    ],
                    SHARE,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Typical times",
                    Says(
                        "The geometric mean of the employee's times, and of peers with the same cases.",
                        "The distance between the lines is the difference.",
                        "Longer is not worse.",
                        f"{_NOBODY}; or no duration is watched",
                    ),
                    [
                        Query(_time("observed", "measure", _WHO), "observed {{measure}}", BLUE),
                        Query(_time("expected", "measure", _WHO), "expected of peers {{measure}}", GREY),
                    ],
                    SECONDS,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Distance from peers (z), with limits",
                    Says(
                        "The distance from peers over time, for the chosen measure.",
                        "By chance it is beyond the inner limits in 1 of 20 cases, beyond the outer ones in "
                        "1 of "
                        "500. A finding needs it to last, and is held against all employees at once "
                        "(false discovery rate), so it can need more than the outer limit.",
                        "Windows overlap: neighbouring points are nearly the same cases.",
                        _NOBODY,
                    ),
                    [Query(shown("employee", "touchpoint_employee_z_score", _OF), "z", BLUE), *limits_of_z()],
                    NUMBER,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Evidence",
                    Says(
                        "First contacts that the comparison rests on, by measure.",
                        "From about 20 on an employee is compared (detectors.funnel in the settings).",
                        "More evidence makes surer, not worse.",
                        _NOBODY,
                    ),
                    [
                        Query(shown("measure", "touchpoint_employee_first_contacts", _WHO), "{{measure}}"),
                    ],
                    COUNT,
                    least=0.0,
                ),
                12,
                7,
            ),
            Placed(
                timeline(
                    "Findings over time",
                    Says(
                        "When findings about this employee stood, by measure.",
                        "A band is the time in which it stood; it ends when the difference is no longer "
                        "sure.",
                        "A gap while another worker takes over is a gap of the record, not of the finding.",
                        "No finding about this employee in this time",
                    ),
                    [Query(shown("measure", "touchpoint_inconsistency_alert", _WHO), "{{measure}}")],
                    {1: ("stands", AMBER)},
                ),
                12,
                7,
            ),
            Placed(
                table_panel(
                    "All measures",
                    Says(
                        "The figures of all measures side by side.",
                        "A difference in one measure often has its reason in another: longer times with more "
                        "goals "
                        "attained, say.",
                        "A column is empty where the measure is of another kind.",
                        "not of this kind",
                    ),
                    [
                        Column(
                            "z", shown("measure", "touchpoint_employee_z_score", _WHO), NUMBER, decimals=1
                        ),
                        Column(
                            "First contacts",
                            shown("measure", "touchpoint_employee_first_contacts", _WHO),
                            COUNT,
                        ),
                        Column("Observed", _share("observed", "measure", _WHO), SHARE, decimals=1),
                        Column("Expected of peers", _share("expected", "measure", _WHO), SHARE, decimals=1),
                        Column("Observed time", _time("observed", "measure", _WHO), SECONDS),
                        Column("Expected time", _time("expected", "measure", _WHO), SECONDS),
                        Column("All handlings", _all("ratio"), SHARE, decimals=1),
                    ],
                    {"measure": "Measure"},
                    sort_by="First contacts",
                    links={
                        "Measure": [
                            links.to_board("All employees", links.FUNNEL, measure=links.field("Measure"))
                        ]
                    },
                ),
                24,
                7,
            ),
        ),
    )


def _all(what: str) -> str:
    outcome, score = (
        shown("measure", f"touchpoint_employee_{kind}_{what}", _WHO) for kind in ("outcome", "score")
    )
    return f"({outcome} or {score})"


def employee() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.EMPLOYEE,
        "Touchpoints: one employee",
        "What is behind a finding about an employee? In team mode no person is shown and the board is empty.",
        [_now(), _courses()],
        variables.measure(),
        variables.employee(),
        tags=["findings"],
    )
