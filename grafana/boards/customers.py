"""The overview's first row: which touchpoints matter most? What customers get and say comes first."""

from typing import Final

from grafana.boards import links
from grafana.boards.fields import COUNT, NUMBER, SHARE
from grafana.boards.findings import TOLERANCE, TOO_LITTLE
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, stat_panel
from grafana.boards.queries import CELL, shown, times_tolerated
from grafana.boards.tables import Column, matrix, table_panel

GOAL: Final = 'measure="goal_attained"'
SURVEY: Final = 'measure="survey"'
_WHERE: Final = 'channel=~"$channel", window="$window"'
_CELL_WHERE: Final = 'channel=~"$channel", issue_type=~"$issue_type", window="$window"'


def _mean(kind: str, measure: str) -> str:
    """Return the mean over the chosen channels, each by its handlings."""
    ratio = shown("channel", f"touchpoint_channel_{kind}_ratio", _WHERE, measure)
    handlings = shown("channel", "touchpoint_channel_handlings", _WHERE, measure)
    return f"sum({ratio} * {handlings}) / sum({handlings})"


def _without_goal() -> str:
    ratio = shown(CELL, "touchpoint_stratum_outcome_ratio", _CELL_WHERE, GOAL)
    return f"(1 - {ratio}) * {shown(CELL, 'touchpoint_stratum_handlings', _CELL_WHERE, GOAL)}"


def matter() -> Row:
    """Return the row."""
    to_strata = links.to_touchpoint()
    most = f"topk(12, {_without_goal()})"

    def among(expr: str) -> str:
        return f"{expr} and on ({CELL}) {most}"

    survey = Says(
        "The mean of what customers answered in surveys, 0 to 100 %, over the chosen channels and window.",
        "Read it beside the share of goals attained: the two answer the same question from two sides.",
        "Those who answer a survey are not all customers. Recommendation scores (NPS) are never mixed in.",
        "No survey answers come with the events: a blind spot for what customers feel",
    )
    goal = Says(
        "The share of handlings after which the customer had what he came for, as upstream reports it.",
        "The first figure to look at: everything below explains it.",
        "Partly attained counts as not attained. Handlings without the fact are not in it.",
        "No event says whether the goal was attained: a blind spot for what customers get",
    )
    gap = Says(
        "The share of goals attained less the mean survey score: what was delivered, less how it was felt.",
        "Far above 0: you count successes that customers don't feel. Below 0: they are kinder than the "
        "outcome.",
        "The two have scales of their own: watch changes and differences between channels, not the number.",
        "Needs both goals and survey answers; one of them does not come with the events",
    )
    without = Says(
        "How many handlings of the window left the customer without what he came for.",
        "This is how much could be gained at all.",
        "Not every one could have ended otherwise: some wishes can't be met.",
        "No event says whether the goal was attained",
    )
    return Row(
        "Which touchpoints matter most?",
        (
            Placed(stat_panel("Survey score", survey, _mean("score", SURVEY), SHARE, decimals=1), 6, 4),
            Placed(stat_panel("Goal attained", goal, _mean("outcome", GOAL), SHARE, decimals=1), 6, 4),
            Placed(
                stat_panel(
                    "Perception gap",
                    gap,
                    f"{_mean('outcome', GOAL)} - {_mean('score', SURVEY)}",
                    SHARE,
                    decimals=1,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel("Customers without their goal", without, f"sum({_without_goal()})", COUNT), 6, 4
            ),
            Placed(
                table_panel(
                    "Touchpoints that leave most customers without their goal",
                    Says(
                        "The twelve touchpoints (channel and issue type) with most handlings that did not "
                        "attain the customer's goal.",
                        "From the top: this is where a better or a more even answer reaches most customers. "
                        "Spread above 1: who answers matters more there than you tolerate. Click a channel "
                        "for "
                        "its board.",
                        "The order is by number, not by share: a large touchpoint with a good share can "
                        "stand "
                        "above a small bad one.",
                        TOO_LITTLE,
                    ),
                    [
                        Column("Without goal", most, COUNT, decimals=0),
                        Column(
                            "Goal attained",
                            among(shown(CELL, "touchpoint_stratum_outcome_ratio", _CELL_WHERE, GOAL)),
                            SHARE,
                            decimals=0,
                        ),
                        Column(
                            "Survey score",
                            among(shown(CELL, "touchpoint_stratum_score_ratio", _CELL_WHERE, SURVEY)),
                            SHARE,
                            decimals=0,
                        ),
                        Column(
                            "Spread, times tolerated",
                            among(times_tolerated(CELL, _CELL_WHERE, GOAL)),
                            NUMBER,
                            TOLERANCE,
                            2,
                        ),
                    ],
                    {"channel": "Channel", "issue_type": "Issue type"},
                    sort_by="Without goal",
                    links={"Channel": [to_strata]},
                ),
                14,
                10,
            ),
            Placed(
                matrix(
                    "Goal attained, by channel and issue type",
                    Says(
                        "The share of handlings that attained the customer's goal: issue types down, "
                        "channels "
                        "across.",
                        "Compare along a row: the same issue should end alike on every channel. Darker is "
                        "more.",
                        "There is no target in the colours. Channels may serve different customers.",
                        TOO_LITTLE,
                    ),
                    shown(CELL, "touchpoint_stratum_outcome_ratio", _CELL_WHERE, GOAL),
                    SHARE,
                    decimals=0,
                ),
                10,
                10,
            ),
        ),
    )
