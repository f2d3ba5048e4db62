"""What became of records, how long they took, and what was refused or missed."""

from typing import Final

from grafana_foundation_sdk.models import common

from grafana.boards.charts import histogram
from grafana.boards.colours import BLUE, PURPLE, SKY, VERMILLION
from grafana.boards.fields import NUMBER, PER_SECOND, SECONDS, SHARE
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course
from grafana.boards.queries import Query, of, per_second

NOBODY: Final = "Nobody judges, or the judge has not caught up: it exports no counts until then"
NO_WORKER: Final = "No worker is scraped"
IDLE: Final = "No record came in this time"
_DELAY: Final = "touchpoint_ledger_ack_delay_seconds"
_GOOD: Final = 'le="5.0"'
"""Bucket of the promise that alerts hold: 99 of 100 records in the ledger within 5 s (`slo.rules.yml`)."""
_SHARE_ALLOWED: Final = 0.01

EVENTS: Final = "touchpoint_events_{}_total"


def _too_slow(window: str) -> str:
    """Return how fast the error budget burns: 1 uses it up exactly."""
    good = f"sum(rate({of(f'{_DELAY}_bucket', _GOOD)}[{window}]))"
    every = f"sum(rate({of(f'{_DELAY}_count')}[{window}]))"
    return f"(1 - {good} / {every}) / {_SHARE_ALLOWED} >= 0"  # without records there is none, not NaN


def _quantile(q: float) -> str:
    buckets = per_second("le", f"{_DELAY}_bucket")
    return f"histogram_quantile({q}, {buckets}) >= 0"


def _ratio(result: str) -> str:
    total = f"sum(rate({of(EVENTS.format('received'))}[$__rate_interval]))"
    return f"sum(rate({of(EVENTS.format(result))}[$__rate_interval])) / {total} >= 0"


def rate_errors_duration() -> Row:
    """Return the row."""

    def rate(result: str, colour: str) -> Query:
        return Query(f"sum(rate({of(EVENTS.format(result))}[$__rate_interval]))", result, colour)

    return Row(
        "Rate, errors, duration",
        (
            Placed(
                course(
                    "What became of records",
                    Says(
                        "Records a second, by how they ended.",
                        "The blue band should be nearly all.",
                        "They are counted when the judge applies them, so a judge that catches up shows a "
                        "peak.",
                        NOBODY,
                    ),
                    [
                        rate("accepted", BLUE),
                        rate("duplicate", SKY),
                        rate("late", PURPLE),
                        rate("rejected", VERMILLION),
                    ],
                    PER_SECOND,
                    least=0.0,
                    stacked=common.StackingMode.NORMAL,
                ),
                12,
                8,
            ),
            Placed(
                course(
                    "Share that does not count",
                    Says(
                        "Rejected, duplicate and late records as a share of those received.",
                        "A step up usually follows a change upstream: compare with its deploys.",
                        "Duplicates are no error: at-least-once delivery makes them.",
                        NOBODY,
                    ),
                    [
                        Query(_ratio("rejected"), "rejected", VERMILLION),
                        Query(_ratio("duplicate"), "duplicate", SKY),
                        Query(_ratio("late"), "late", PURPLE),
                    ],
                    SHARE,
                    least=0.0,
                ),
                12,
                8,
            ),
            Placed(
                histogram(
                    "From record to ledger",
                    Says(
                        "How long records took from their time in Kafka until the ledger had them.",
                        "The dark band should lie under 1 s; beyond 5 s a record uses up the error budget.",
                        "It is not the age of the figures: those follow panes and days. Records without a "
                        "time of "
                        "their own are not in it.",
                        IDLE,
                    ),
                    per_second("le", f"{_DELAY}_bucket"),
                    axis="delay",
                    unit=SECONDS,
                ),
                8,
                9,
            ),
            Placed(
                course(
                    "Delay: typical and slow",
                    Says(
                        "The delay that 50 and 99 of 100 records stay below.",
                        "Under 1 s is usual for 99 of 100; the dashed line is what the alerts hold them to.",
                        "Read from buckets: between two bounds it is a guess.",
                        IDLE,
                    ),
                    [
                        Query(_quantile(0.99), "99 of 100", BLUE),
                        Query(_quantile(0.5), "50 of 100", SKY),
                        Query("vector(5)", "promised", VERMILLION, limit=True),
                    ],
                    SECONDS,
                    least=0.0,
                ),
                8,
                9,
            ),
            Placed(
                course(
                    "Freshness: how fast the error budget burns",
                    Says(
                        "Records slower than 5 s, over the one in a hundred that may be.",
                        "1 uses the budget up exactly. 14 over an hour pages; 3 over six hours opens a "
                        "ticket.",
                        "A short peak over the hour alone is no reason to act.",
                        IDLE,
                    ),
                    [
                        Query(_too_slow("1h"), "over 1 h", BLUE),
                        Query(_too_slow("1d"), "over 1 d", SKY),
                        Query("vector(1)", "budget", VERMILLION, limit=True),
                    ],
                    NUMBER,
                    least=0.0,
                ),
                8,
                9,
            ),
        ),
    )
