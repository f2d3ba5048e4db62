"""The first board: which touchpoints matter most, how are we doing there, what can we do about it."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links, variables
from grafana.boards.board import board
from grafana.boards.colours import AMBER, BLUE, VERMILLION
from grafana.boards.customers import GOAL, SURVEY, matter
from grafana.boards.fields import COUNT, NUMBER, SECONDS, SHARE, WHEN
from grafana.boards.findings import (
    NO_FIGURES,
    TOLERANCE,
    TOO_LITTLE,
    blind_spots,
    quadrant,
    standing,
)
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course, stat_panel, words
from grafana.boards.queries import CELL, OF_CELL, Query, of, one, shown, times_tolerated
from grafana.boards.tables import matrix

_WHERE: Final = 'channel=~"$channel", window="$window"'


def _doing() -> Row:
    def by_channel(title: str, says: Says, expr: str) -> dashboard.Panel:
        to_channel = links.to_board(
            "This channel", links.STRATA, "measure", "window", channel=links.label("channel")
        )
        return course(title, says, [Query(expr, "{{channel}}")], SHARE, link=to_channel)

    goal = shown("channel", "touchpoint_channel_outcome_ratio", _WHERE, GOAL)
    survey = shown("channel", "touchpoint_channel_score_ratio", _WHERE, SURVEY)
    return Row(
        "How are we doing there?",
        (
            Placed(
                by_channel(
                    "Goal attained, by channel",
                    Says(
                        "The share of goals attained over the chosen window, one line a channel.",
                        "Lines that part: the same wish ends differently depending on the way it comes in.",
                        "A rolling window reacts slowly: a jump of a day is a small step here.",
                        "No event says whether the goal was attained",
                    ),
                    goal,
                ),
                8,
                8,
            ),
            Placed(
                by_channel(
                    "Survey score, by channel",
                    Says(
                        "The mean survey score over the chosen window, one line a channel.",
                        "Watch a line that falls while its goals attained do not: perception is leaving.",
                        "Few answers make a restless line; the board of strata says how many there are.",
                        "No survey answers come with the events",
                    ),
                    survey,
                ),
                8,
                8,
            ),
            Placed(
                by_channel(
                    "Perception gap, by channel",
                    Says(
                        "Goals attained less survey score, one line a channel.",
                        "Above 0 you count successes that customers of that channel don't feel.",
                        "It mixes two scales: differences between channels mean more than the number.",
                        "Needs both goals and survey answers",
                    ),
                    f"{goal} - {survey}",
                ),
                8,
                8,
            ),
            Placed(quadrant(), 10, 10),
            Placed(
                matrix(
                    "Spread between employees, times tolerated: $measure",
                    Says(
                        "How differently like cases are handled between employees, in multiples of what is "
                        "tolerated: issue types down, channels across.",
                        "1 is the most that is tolerated. Above it customers get another answer from another "
                        "employee; the figure says by how much.",
                        "An empty cell had too little evidence. A low figure does not say that the level is "
                        "good.",
                        TOO_LITTLE,
                    ),
                    times_tolerated(CELL, OF_CELL),
                    NUMBER,
                    limits=TOLERANCE,
                    decimals=2,
                ),
                14,
                10,
            ),
        ),
    )


def _can_do() -> Row:
    delay = of("touchpoint_ledger_ack_delay_seconds_bucket")
    return Row(
        "What can we do about it?",
        (
            Placed(
                stat_panel(
                    "Findings",
                    Says(
                        "How many findings stand now.",
                        "Each is listed below with what to look at first.",
                        "0 does not mean consistent: see how much could be judged.",
                        NO_FIGURES,
                    ),
                    f"sum({shown('kind, severity', 'touchpoint_alerts_active')})",
                    COUNT,
                    limits=((None, BLUE), (1, AMBER)),
                    link=links.to_board("Review of alerts", links.ALERTS),
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Judged: touchpoints, $measure",
                    Says(
                        "The share of first contacts in touchpoints with enough evidence to be judged.",
                        "Below 80 % much is unseen; the table of blind spots says where.",
                        "It says nothing about what was found.",
                        NO_FIGURES,
                    ),
                    one("touchpoint_judgeable_handlings_ratio", 'kind="stratum_split"', 'measure="$measure"'),
                    SHARE,
                    limits=((None, VERMILLION), (0.5, AMBER), (0.8, BLUE)),
                    decimals=0,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Figures up to (event time)",
                    Says(
                        "The end of the windows that the figures are taken over.",
                        "It moves on at the end of each pane (an hour) while events come.",
                        "An old time on a quiet night is no fault: without events nothing moves.",
                        NO_FIGURES,
                    ),
                    f"{one('touchpoint_window_end_timestamp_seconds')} * 1000",
                    WHEN,
                    link=links.to_board("Can the figures be trusted?", links.PIPELINE),
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Freshness, 99 of 100 records",
                    Says(
                        "How long 99 of 100 records took from Kafka to the ledger.",
                        "Under 1 s is usual, 5 s is what alerts hold it to; the board of the pipeline says "
                        "why.",
                        "It is not the age of the figures: those follow panes and days.",
                        "No record came in this time",
                    ),
                    f"histogram_quantile(0.99, sum by (le) (rate({delay}[$__rate_interval]))) >= 0",
                    SECONDS,
                    limits=((None, BLUE), (1.0, AMBER), (5.0, VERMILLION)),
                    link=links.to_board("Can the figures be trusted?", links.PIPELINE),
                ),
                6,
                4,
            ),
            Placed(standing(), 24, 7),
            Placed(blind_spots(), 14, 9),
            Placed(
                words(
                    "Where to begin",
                    "What to do with a finding, in order.",
                    "1. **The process first.** Is there one written rule for this issue on this channel? Do "
                    "all teams know it, with the same tools and authority?\n"
                    "2. **Then the cases.** Do the issue types tell unlike cases apart? If not, a difference "
                    "may be the work, not the worker.\n"
                    "3. **Persons last.** Who differs from peers may be the one who does it right: listen "
                    "before you judge.\n"
                    "4. `touchpoint explain ALERT` gives reasons and figures of one finding; the runbook "
                    "says "
                    "how to silence it and when to escalate.",
                ),
                10,
                9,
            ),
        ),
    )


def overview() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.OVERVIEW,
        "Touchpoints: overview",
        "Which touchpoints matter most, how are we doing there, what can we do about it? What customers say "
        "and "
        "get comes first; how differently like cases are handled explains it.",
        [matter(), _doing(), _can_do()],
        variables.channel(),
        variables.issue_type(),
        variables.measure(),
        variables.window(),
        tags=["findings"],
    )
