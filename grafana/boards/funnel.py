"""Who lies outside what chance explains? All employees against their peers."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links, variables
from grafana.boards.board import board
from grafana.boards.charts import Line, histogram, scatter
from grafana.boards.colours import AMBER, BLUE, GREY, VERMILLION
from grafana.boards.employee import Z_LIMITS
from grafana.boards.fields import COUNT, NUMBER, SHARE
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course, stat_panel
from grafana.boards.queries import Query, one, shown
from grafana.boards.tables import Column, table_panel

_OF: Final = 'measure="$measure"'
_Z: Final = "touchpoint_employee_z_score"
_SHAPE: Final = "touchpoint_employee_funnel_z"
_NO_FUNNEL: Final = "Fewer than ten employees with enough evidence make no funnel; or nobody judges yet"
_NO_PERSON: Final = (
    "In team mode no person is shown: the heat map has all employees without names. Otherwise nobody has "
    "enough evidence yet"
)


def _funnel() -> dashboard.Panel:
    evidence = shown("employee", "touchpoint_employee_first_contacts", _OF)
    z = shown("employee", _Z, _OF)
    x, y = f"{evidence} and on (employee) {z}", f"{z} and on (employee) {evidence}"
    return scatter(
        "Funnel: $measure",
        Says(
            "Each point is an employee: to the right the evidence (first contacts), upwards the distance "
            "from peers "
            "with the same mix of cases, in standard deviations.",
            "Inside the inner lines (95 %) is what chance and the usual spread explain; 1 of 20 lies outside "
            "by "
            "chance, 1 of 500 outside the outer lines (99.8 %). The lines are level because z already allows "
            "for "
            "the evidence: the funnel is drawn straight.",
            "Only those furthest away and those with a finding are shown by name, so the middle looks "
            "thinner than "
            "it is: the heat map has everybody. Outside is not wrong.",
            _NO_PERSON,
        ),
        Column("First contacts", x, COUNT),
        Column("Distance from peers (z)", y, NUMBER, decimals=1),
        {"employee": "Employee"},
        lines=[
            Line(f"{bound:+}", f"({y}) * 0 + {bound}", colour=VERMILLION if abs(bound) > 3 else AMBER)
            for bound, _ in Z_LIMITS
        ],
        link=links.to_board("This employee", links.EMPLOYEE, "measure", employee=links.field("Employee")),
    )


def _beyond(bound: str) -> str:
    """Return the share of employees whose z is at least so large, up or down."""
    count = one(f"{_SHAPE}_gcount", _OF)
    low = one(f"{_SHAPE}_bucket", _OF, f'le="-{bound}"')
    high = one(f"{_SHAPE}_bucket", _OF, f'le="{bound}"')
    return f"({low} + {count} - {high}) / {count}"


def _shape() -> Row:
    buckets = shown("le", f"{_SHAPE}_bucket", _OF)
    return Row(
        "The shape of all",
        (
            Placed(
                stat_panel(
                    "Employees in the funnel",
                    Says(
                        "How many employees have enough evidence to be compared.",
                        "Everybody is in it, also who is not shown by name.",
                        "The others are not forgotten: they are judged once there is enough.",
                        _NO_FUNNEL,
                    ),
                    one(f"{_SHAPE}_gcount", _OF),
                    COUNT,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Beyond 2 standard deviations",
                    Says(
                        "The share of employees at least two standard deviations from their peers.",
                        "By chance about 5 % are. Much more: there are groups that work differently.",
                        "Much less than 5 % is no sign of quality: with few employees it moves in large "
                        "steps.",
                        _NO_FUNNEL,
                    ),
                    _beyond("2.0"),
                    SHARE,
                    limits=((None, BLUE), (0.1, AMBER)),
                    decimals=1,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Beyond 3 standard deviations",
                    Says(
                        "The share of employees at least three standard deviations from their peers.",
                        "By chance 3 of 1,000 are.",
                        "It is not the share of findings: those must last as well.",
                        _NO_FUNNEL,
                    ),
                    _beyond("3.0"),
                    SHARE,
                    limits=((None, BLUE), (0.02, AMBER)),
                    decimals=1,
                ),
                6,
                4,
            ),
            Placed(
                stat_panel(
                    "Judged: employees, $measure",
                    Says(
                        "The share of first contacts whose employee has enough evidence.",
                        "Below 80 % much is unseen.",
                        "It says nothing about what was found.",
                        "Nobody was judged yet",
                    ),
                    one("touchpoint_judgeable_handlings_ratio", 'kind="employee_outlier"', _OF),
                    SHARE,
                    limits=((None, VERMILLION), (0.5, AMBER), (0.8, BLUE)),
                    decimals=0,
                ),
                6,
                4,
            ),
            Placed(
                histogram(
                    "All employees by distance from peers: $measure",
                    Says(
                        "How many employees lie in which stretch of z, over time. Nobody is named.",
                        "A healthy shape is a band around 0 that is thin at the ends. Two bands: two ways of "
                        "working. A row far out that lasts: look at the funnel.",
                        "It is a count at a time, not a rate.",
                        _NO_FUNNEL,
                    ),
                    buckets,
                    axis="distance from peers (z)",
                    unit=NUMBER,
                ),
                12,
                10,
            ),
            Placed(
                course(
                    "Quantiles of distance: $measure",
                    Says(
                        "The distance from peers that 5, 50 and 95 of 100 employees stay below.",
                        "About -1.6, 0 and 1.6 is what chance gives.",
                        "Read from buckets: it is rough in the tails.",
                        _NO_FUNNEL,
                    ),
                    [
                        Query(f"histogram_quantile(0.95, {buckets})", "95 of 100", AMBER),
                        Query(f"histogram_quantile(0.5, {buckets})", "middle", BLUE),
                        Query(f"histogram_quantile(0.05, {buckets})", "5 of 100", GREY),
                    ],
                    NUMBER,
                ),
                12,
                10,
            ),
        ),
    )


def _by_name() -> Row:
    return Row(
        "Who lies outside what chance explains?",
        (
            Placed(_funnel(), 14, 12),
            Placed(
                table_panel(
                    "Furthest from peers: $measure",
                    Says(
                        "The fifteen employees furthest from their peers, either way.",
                        "It is an order of distance, not of worth. Click one for the figures behind it.",
                        "Who stands here without a finding may do so by chance.",
                        _NO_PERSON,
                    ),
                    [
                        Column(
                            "Distance", f"topk(15, abs({shown('employee', _Z, _OF)}))", NUMBER, decimals=1
                        ),
                        Column("z", _far(shown("employee", _Z, _OF)), NUMBER, decimals=1),
                        Column(
                            "First contacts",
                            _far(shown("employee", "touchpoint_employee_first_contacts", _OF)),
                            COUNT,
                        ),
                    ],
                    {"employee": "Employee"},
                    sort_by="Distance",
                    links={
                        "Employee": [
                            links.to_board(
                                "This employee", links.EMPLOYEE, "measure", employee=links.field("Employee")
                            )
                        ]
                    },
                ),
                10,
                12,
            ),
        ),
    )


def _far(expr: str) -> str:
    return f"{expr} and on (employee) topk(15, abs({shown('employee', _Z, _OF)}))"


def funnel() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.FUNNEL,
        "Touchpoints: employees against peers",
        "Who lies outside what chance explains? The figures are of the longest window.",
        [_by_name(), _shape()],
        variables.measure(),
        tags=["findings"],
    )
