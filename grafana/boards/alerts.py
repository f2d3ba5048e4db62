"""Are alerts any good? Raised and ended, how long they stand, and what was left out."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links
from grafana.boards.board import board
from grafana.boards.colours import AMBER, BLUE, VERMILLION
from grafana.boards.fields import COUNT, NUMBER, SECONDS
from grafana.boards.findings import NO_FIGURES, blind_spots, standing
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course, stat_panel, timeline
from grafana.boards.queries import Query, of, one, shown
from grafana.boards.tables import Column, table_panel

_EACH: Final = "kind, measure, employee, channel, issue_type, alert_id"
_QUIET: Final = "No finding stands"


def _grown(metric: str) -> str:
    return f"sum by (kind) (increase({of(metric)}[$__range]))"


def _good() -> Row:
    false_ones = f"sum({shown(_EACH, 'touchpoint_alert_q_value_ratio')})"
    started = shown(_EACH, "touchpoint_alert_started_timestamp_seconds")
    age = f"scalar({one('touchpoint_window_end_timestamp_seconds')}) - {started}"
    return Row(
        "Are alerts any good?",
        (
            Placed(
                stat_panel(
                    "Stand now",
                    Says(
                        "Findings that stand now, by kind.",
                        "More than a team can look into in a week: raise the tolerance or begin with the "
                        "largest.",
                        "None does not mean consistent: see the blind spots.",
                        NO_FIGURES,
                    ),
                    f"sum by (kind) ({shown('kind, severity', 'touchpoint_alerts_active')})",
                    COUNT,
                    limits=((None, BLUE), (1, AMBER)),
                    legend="{{kind}}",
                ),
                6,
                5,
            ),
            Placed(
                stat_panel(
                    "Raised, in this time",
                    Says(
                        "Findings raised in the chosen time, by kind.",
                        "A peak after a change of settings or of issue types is the change, not the people.",
                        "A finding that ended and came back counts twice.",
                        NO_FIGURES,
                    ),
                    _grown("touchpoint_alerts_raised_total"),
                    COUNT,
                    legend="{{kind}}",
                    decimals=0,
                ),
                6,
                5,
            ),
            Placed(
                stat_panel(
                    "Ended, in this time",
                    Says(
                        "Findings that ended in the chosen time, by kind.",
                        "As many as were raised: what is found is dealt with, or it passes by itself.",
                        "An end does not say that anybody did something.",
                        NO_FIGURES,
                    ),
                    _grown("touchpoint_alerts_ended_total"),
                    COUNT,
                    legend="{{kind}}",
                    decimals=0,
                ),
                6,
                5,
            ),
            Placed(
                stat_panel(
                    "False ones to expect",
                    Says(
                        "How many of the findings that stand are to be expected false: the sum of their q.",
                        "Well under 1 is as it should be.",
                        "It allows for chance only, not for issue types that mix unlike cases.",
                        _QUIET,
                    ),
                    false_ones,
                    NUMBER,
                    decimals=2,
                ),
                6,
                5,
            ),
            Placed(
                course(
                    "Standing findings, by kind",
                    Says(
                        "Findings that stand, over time.",
                        "A line that only rises: nobody works on them. Steps down: they end.",
                        "A gap while another worker takes over is a gap of the record.",
                        NO_FIGURES,
                    ),
                    [
                        Query(
                            f"sum by (kind) ({shown('kind, severity', 'touchpoint_alerts_active')})",
                            "{{kind}}",
                        )
                    ],
                    COUNT,
                    least=0.0,
                ),
                12,
                8,
            ),
            Placed(
                course(
                    "How long they have stood (event time)",
                    Says(
                        "The age of each standing finding, one line a finding.",
                        "Old ones are either accepted (then raise the tolerance) or forgotten.",
                        "It is event time: in a replay days pass in seconds.",
                        _QUIET,
                    ),
                    [Query(age, "{{kind}} {{measure}} {{channel}} {{issue_type}} {{employee}}")],
                    SECONDS,
                    least=0.0,
                ),
                12,
                8,
            ),
            Placed(
                timeline(
                    "When each stood",
                    Says(
                        "Each finding as a band for as long as it stood.",
                        "Short bands side by side are flapping: it is near the limit. One long band is a "
                        "real one.",
                        "In team mode those about a person are not here.",
                        "No finding stood in this time",
                    ),
                    [
                        Query(
                            shown(_EACH, "touchpoint_inconsistency_alert"),
                            "{{kind}} {{measure}} {{channel}} {{issue_type}} {{employee}}",
                        )
                    ],
                    {1: ("stands", AMBER)},
                ),
                24,
                9,
            ),
            Placed(standing(), 24, 9),
        ),
    )


def _left_out() -> Row:
    fires = 'ALERTS{alertstate="firing", alertname=~"Touchpoint.+", alertname!="TouchpointWatchdog"}'
    return Row(
        "What was left out, and what was sent?",
        (
            Placed(blind_spots(), 12, 9),
            Placed(
                table_panel(
                    "Rules that fire",
                    Says(
                        "Rules of Prometheus that fire now, about findings and about the pipeline.",
                        "What Alertmanager is given; it groups, inhibits and silences before anybody is "
                        "told.",
                        "Firing is not notified: while the pipeline is at fault findings are held back.",
                        "No rule fires, or the rules are not loaded",
                    ),
                    [
                        Column(
                            "Alerts",
                            f"count by (alertname, severity) ({fires})",
                            COUNT,
                            ((None, BLUE), (1, VERMILLION)),
                        )
                    ],
                    {"alertname": "Rule", "severity": "Severity"},
                    sort_by="Alerts",
                ),
                12,
                9,
            ),
        ),
    )


def alerts() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.ALERTS,
        "Touchpoints: review of alerts",
        "For the weekly review. Are alerts any good? Raised and ended, how long they stand, and what was "
        "left out.",
        [_good(), _left_out()],
        tags=["findings"],
    )
