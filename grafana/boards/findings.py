"""Panels of the monitor's findings that more than one board shows."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards import fields, links
from grafana.boards.charts import Line, scatter
from grafana.boards.colours import AMBER, BLUE, VERMILLION
from grafana.boards.fields import COUNT, NUMBER, SHARE, WHEN
from grafana.boards.panels import Says
from grafana.boards.queries import CELL, OF_CELL, level, shown, times_tolerated
from grafana.boards.tables import Column, table_panel

TOLERANCE: Final = ((None, BLUE), (1.0, AMBER), (2.0, VERMILLION))
"""Colours of a spread over what is tolerated."""

NO_FIGURES: Final = "No figures: nobody judges, the judge catches up, or a group is too small to be shown"
TOO_LITTLE: Final = "too few to tell"

_ALERT: Final = "kind, employee, channel, issue_type, measure, alert_id"
_ALERT_LABELS: Final = {
    "kind": "Finding",
    "measure": "Measure",
    "channel": "Channel",
    "issue_type": "Issue type",
    "employee": "Employee",
    "alert_id": "Alert",
}


def quadrant() -> dashboard.Panel:
    """Return level against spread, one point a stratum."""
    by_level = level(CELL, OF_CELL)
    by_spread = times_tolerated(CELL, OF_CELL)
    x, y = (f"{a} and on ({CELL}) {b}" for a, b in ((by_level, by_spread), (by_spread, by_level)))
    return scatter(
        "Level and spread: $measure",
        Says(
            "Each point is a touchpoint (channel and issue type): to the right the level of the measure, "
            "upwards how differently like cases are handled between employees, in multiples of what is "
            "tolerated.",
            "Above the line at 1 customers get a different answer depending on who takes the case. The "
            "upright "
            "line is the mean level of what is shown. Click a point for its board.",
            "A high point does not say that the level is bad, nor who is right: the one who differs may be. "
            "Points of measures that are durations are on the board of strata.",
            "No stratum with enough evidence for this choice; durations have no level between 0 and 1",
        ),
        Column("Level", x, SHARE),
        Column("Spread, times tolerated", y, NUMBER, decimals=2),
        {"channel": "Channel", "issue_type": "Issue type"},
        lines=[
            Line("tolerated", f"({y}) * 0 + 1", colour=VERMILLION),
            Line("mean level", f"({y}) * 0 + scalar(avg({x}))", is_vertical=True),
        ],
        link=links.to_touchpoint(),
    )


def standing(*matchers: str) -> dashboard.Panel:
    """Return the table of findings that stand."""

    def column(name: str, metric: str, unit: str, decimals: int | None = None, times: str = "") -> Column:
        return Column(name, shown(_ALERT, metric, *matchers) + times, unit, decimals=decimals)

    return table_panel(
        "Findings that stand",
        Says(
            "Every finding that lasts: what it is about, since when, how large and how sure.",
            "Start with the largest effect. Effect: between two typical employees of a touchpoint, or "
            "between "
            "an employee and peers, the odds or the times differ by this factor. q: the share of false ones "
            "among findings as strong. `touchpoint explain ALERT` tells the reasons; channel and employee "
            "lead "
            "on to their boards.",
            "A finding about an employee says that he differs from peers with the same mix of cases, not "
            "that "
            "he is wrong. `*`: not about one of them.",
            "Nothing stands out: look at the blind spots for what could not be judged",
        ),
        [
            column("Effect, factor", "touchpoint_alert_effect_factor", NUMBER, 2),
            column("Effect, points", "touchpoint_alert_effect_score", SHARE, 1),
            column("q", "touchpoint_alert_q_value_ratio", "sci", 1),
            column("Employees", "touchpoint_alert_employees", COUNT, 0),
            column("First contacts", "touchpoint_alert_evidence_outcomes", COUNT, 0),
            column("Since (event time)", "touchpoint_alert_started_timestamp_seconds", WHEN, None, " * 1000"),
        ],
        _ALERT_LABELS,
        sort_by="Effect, factor",
        links={
            "Channel": [
                links.to_board(
                    "This touchpoint",
                    links.STRATA,
                    measure=links.field("Measure"),
                    channel=links.field("Channel"),
                    issue_type=links.field("Issue type"),
                )
            ],
            "Employee": [
                links.to_board(
                    "This employee",
                    links.EMPLOYEE,
                    measure=links.field("Measure"),
                    employee=links.field("Employee"),
                )
            ],
        },
    )


def blind_spots() -> dashboard.Panel:
    """Return how much could not be judged."""

    def column(name: str, metric: str, unit: str, limits: fields.Steps = ()) -> Column:
        return Column(name, shown("kind, measure", metric), unit, limits, 0)

    return table_panel(
        "Blind spots: what could be judged",
        Says(
            "For each kind of finding and each measure: the share of first contacts that belong to somebody "
            "or "
            "something with enough evidence to be judged.",
            "A low share is a blind spot: there is silence there because little is known, not because all is "
            "well. Wider windows, fewer issue types or a fact that upstream begins to send make it smaller.",
            "100 % does not mean that everything is consistent, only that everything was looked at.",
            "Nothing was judged yet: less than the warm-up of data, or nobody judges",
        ),
        [
            column(
                "Judged",
                "touchpoint_judgeable_handlings_ratio",
                SHARE,
                ((None, VERMILLION), (0.5, AMBER), (0.8, BLUE)),
            ),
            column("With enough evidence", "touchpoint_judgeable_entities", COUNT),
            column("Seen", "touchpoint_seen_entities", COUNT),
        ],
        {"kind": "Finding", "measure": "Measure"},
        sort_by="Judged",
    )
