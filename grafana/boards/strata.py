"""Where is it inconsistent? Level, spread and what the variance is made of, by channel and issue type."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links, variables
from grafana.boards.board import board
from grafana.boards.colours import VERMILLION
from grafana.boards.decomposition import decomposition
from grafana.boards.fields import COUNT, NUMBER, SECONDS, SHARE
from grafana.boards.findings import NO_FIGURES, TOLERANCE, TOO_LITTLE, quadrant, standing
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course
from grafana.boards.queries import (
    CELL,
    OF_CELL,
    Query,
    judged,
    level,
    odds_factor,
    of,
    shown,
    threshold,
    times_tolerated,
)
from grafana.boards.tables import Column, table_panel

_NAME: Final = "{{channel}} / {{issue_type}}"
_ANY_MEASURE: Final = 'channel=~"$channel", issue_type=~"$issue_type", window="$window"'


def _busiest(expr: str) -> str:
    """Return those of the eight touchpoints with most handlings: more lines than that nobody reads."""
    handlings = of("touchpoint_stratum_handlings", _ANY_MEASURE)
    # Those at the end of the time that is shown: otherwise lines would come and go.
    return f"{expr} and on ({CELL}) topk(8, max by ({CELL}) ({handlings} @ end()))"


def _courses() -> Row:
    return Row(
        "Where is it inconsistent?",
        (
            Placed(quadrant(), 12, 11),
            Placed(decomposition(), 12, 11),
            Placed(
                course(
                    "Level: $measure, the eight busiest",
                    Says(
                        "The mean of the measure over the chosen window, one line for each of the eight "
                        "busiest of the chosen "
                        "touchpoints.",
                        "Choose one issue type to compare channels, or one channel to compare issues.",
                        "The level is over all cases; who had the harder ones is allowed for in the spread "
                        "only.",
                        "No handlings for this choice, or the measure is a duration: see below",
                    ),
                    [Query(_busiest(level(CELL, OF_CELL)), _NAME)],
                    SHARE,
                ),
                12,
                9,
            ),
            Placed(
                course(
                    "Spread, times tolerated: $measure, the eight busiest",
                    Says(
                        "How differently like cases are handled between employees, chance taken out, in "
                        "multiples "
                        "of what is tolerated.",
                        "Above the dashed line it is more than you said you would accept. A finding needs it "
                        "to "
                        "last and to be sure.",
                        "A line above the limit without a finding may rest on little evidence.",
                        TOO_LITTLE,
                    ),
                    [
                        Query(_busiest(times_tolerated(CELL, OF_CELL)), _NAME),
                        Query("vector(1)", "tolerated", VERMILLION, limit=True),
                    ],
                    NUMBER,
                    least=0.0,
                ),
                12,
                9,
            ),
            Placed(
                course(
                    "Gap between channels: $measure",
                    Says(
                        "For each issue type, the best channel's level less the worst one's.",
                        "A wide gap: the same wish ends differently depending on the way it comes in.",
                        "Channels may have customers of different kinds; and a channel with few handlings "
                        "makes a "
                        "gap by chance.",
                        "Needs at least one channel with handlings for this choice",
                    ),
                    [
                        Query(
                            f"max by (issue_type) ({level(CELL, OF_CELL)}) "
                            f"- min by (issue_type) ({level(CELL, OF_CELL)})",
                            "{{issue_type}}",
                        )
                    ],
                    SHARE,
                    least=0.0,
                ),
                12,
                9,
            ),
            Placed(
                course(
                    "Due to who answered: $measure, the eight busiest",
                    Says(
                        "The share of variance that is due to who answered (intraclass correlation), one "
                        "line a "
                        "touchpoint.",
                        "0: it does not matter who answers. The higher, the more a customer's result depends "
                        "on "
                        "the person he happens to get.",
                        "It compares employees with the differences between cases: with very unlike cases it "
                        "is "
                        "low although employees differ.",
                        TOO_LITTLE,
                    ),
                    [Query(_busiest(judged(CELL, "touchpoint_employee_icc_ratio", OF_CELL)), _NAME)],
                    SHARE,
                    least=0.0,
                ),
                12,
                9,
            ),
        ),
    )


def _figures() -> Row:
    return Row(
        "Figures and findings",
        (
            Placed(
                table_panel(
                    "Touchpoints: $measure over $window",
                    Says(
                        "All figures of the chosen touchpoints.",
                        "Factor: the odds (of outcomes) or the times between two typical employees; for "
                        "scores "
                        "read the spread in multiples of what is tolerated. More than chance (I2): the share "
                        "of "
                        "what lies between employees that chance does not explain.",
                        "Employees with little evidence are not compared, so the number of employees is not "
                        "the "
                        "size of the team.",
                        TOO_LITTLE,
                    ),
                    [
                        Column(
                            "Spread, times tolerated", times_tolerated(CELL, OF_CELL), NUMBER, TOLERANCE, 2
                        ),
                        Column("Factor", odds_factor(CELL, OF_CELL), NUMBER, decimals=2),
                        Column("Level", level(CELL, OF_CELL), SHARE, decimals=1),
                        Column(
                            "Who answered",
                            judged(CELL, "touchpoint_employee_icc_ratio", OF_CELL),
                            SHARE,
                            decimals=1,
                        ),
                        Column(
                            "More than chance",
                            judged(CELL, "touchpoint_between_employee_i2_ratio", OF_CELL),
                            SHARE,
                            decimals=0,
                        ),
                        Column("Employees", shown(CELL, "touchpoint_stratum_employees", OF_CELL), COUNT),
                        Column(
                            "First contacts", shown(CELL, "touchpoint_stratum_first_contacts", OF_CELL), COUNT
                        ),
                        Column("Handlings", shown(CELL, "touchpoint_stratum_handlings", OF_CELL), COUNT),
                    ],
                    {"channel": "Channel", "issue_type": "Issue type"},
                    sort_by="Spread, times tolerated",
                    links={
                        "Channel": [
                            links.to_board("Employees against peers", links.FUNNEL, "measure"),
                            links.to_board(
                                "Only this touchpoint",
                                links.STRATA,
                                "measure",
                                "window",
                                channel=links.field("Channel"),
                                issue_type=links.field("Issue type"),
                            ),
                        ]
                    },
                ),
                24,
                10,
            ),
            # An employee's alert singles out no channel: "\\*" keeps it in the list whatever is chosen.
            Placed(standing('channel=~"$channel|\\\\*"', 'issue_type=~"$issue_type|\\\\*"'), 24, 8),
        ),
    )


def _durations() -> Row:
    geometric = shown(f"{CELL}, measure", "touchpoint_stratum_duration_geometric_mean_seconds", _ANY_MEASURE)
    factor = f"{odds_factor(f'{CELL}, measure', _ANY_MEASURE)} and {geometric}"
    return Row(
        "Durations",
        (
            Placed(
                course(
                    "Typical time, the eight busiest",
                    Says(
                        "The geometric mean of each duration that is watched, one line a touchpoint.",
                        "It is the typical time: a few very long cases hardly move it, as they would an "
                        "average.",
                        "A short time is not a good one: see the share of goals attained.",
                        "No event carries a duration for this choice",
                    ),
                    [Query(_busiest(geometric), f"{_NAME} {{{{measure}}}}")],
                    SECONDS,
                    least=0.0,
                ),
                12,
                9,
            ),
            Placed(
                course(
                    "Times between two typical employees, the eight busiest",
                    Says(
                        "By what factor the time for like cases differs between two typical employees.",
                        "1 is no difference; the dashed line is the most that is tolerated.",
                        "Who takes longer may be the one who solves it.",
                        TOO_LITTLE,
                    ),
                    [
                        Query(_busiest(factor), f"{_NAME} {{{{measure}}}}"),
                        Query(
                            f"exp({threshold('detectors.spread.tolerance_duration')})",
                            "tolerated",
                            VERMILLION,
                            limit=True,
                        ),
                    ],
                    NUMBER,
                    least=1.0,
                ),
                12,
                9,
            ),
        ),
    )


def _multiples() -> Row:
    return Row(
        "One panel an issue type",
        (
            Placed(
                course(
                    "$issue_type: $measure",
                    Says(
                        "The level of the measure for one issue type, one line a channel.",
                        "Lines that part: the same wish ends differently depending on the way it comes in.",
                        "Channels may have customers of different kinds.",
                        NO_FIGURES,
                    ),
                    [Query(level(CELL, OF_CELL), "{{channel}}")],
                    SHARE,
                    repeat="issue_type",
                ),
                6,
                7,
            ),
        ),
        collapsed=True,
    )


def strata() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.STRATA,
        "Touchpoints: channel and issue type",
        "Where are like cases handled differently, and what is the variance made of?",
        [_courses(), _figures(), _durations(), _multiples()],
        variables.channel(),
        variables.issue_type(),
        variables.measure(),
        variables.window(),
        tags=["findings"],
    )
