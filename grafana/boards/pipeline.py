"""Can the figures be trusted? Records in, what became of them, how late, and what was missed."""

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links
from grafana.boards.board import board
from grafana.boards.colours import AMBER, BLUE, VERMILLION
from grafana.boards.fields import COUNT, NUMBER, SECONDS, YES
from grafana.boards.lag import behind
from grafana.boards.layout import Placed, Row
from grafana.boards.missed import missed
from grafana.boards.panels import Says, stat_panel
from grafana.boards.queries import of, one, shown
from grafana.boards.records import EVENTS, NO_WORKER, NOBODY, rate_errors_duration


def _wrong_now() -> Row:
    return Row(
        "Is anything wrong now?",
        (
            Placed(
                stat_panel(
                    "Workers",
                    Says(
                        "Workers that answer the scrape.",
                        "Fewer than you run: one is down or can't be reached.",
                        "A worker that answers may still be stuck: see the stall.",
                        NO_WORKER,
                    ),
                    'sum(up{job=~"$job"})',
                    COUNT,
                    limits=((None, VERMILLION), (1, BLUE)),
                    link=links.to_board("Which worker?", links.WORKERS),
                ),
                4,
                4,
            ),
            Placed(
                stat_panel(
                    "Somebody judges",
                    Says(
                        "Whether one worker holds the judge.",
                        "'no' for longer than a session: nobody reaches verdicts.",
                        "'yes' does not say that the judge is up to date: see beside.",
                        NO_WORKER,
                    ),
                    one("touchpoint_judge_active"),
                    NUMBER,
                    limits=((None, VERMILLION), (1, BLUE)),
                    texts=YES,
                ),
                4,
                4,
            ),
            Placed(
                stat_panel(
                    "It has caught up",
                    Says(
                        "Whether the judge has applied what stood in the ledger when it took over.",
                        "'no' after a restart is usual for a moment; figures and findings are not shown "
                        "until then.",
                        "'no' does not mean that anything is lost.",
                        NO_WORKER,
                    ),
                    one("touchpoint_judge_caught_up"),
                    NUMBER,
                    limits=((None, VERMILLION), (1, BLUE)),
                    texts=YES,
                ),
                4,
                4,
            ),
            Placed(
                stat_panel(
                    "Longest stall",
                    Says(
                        "How long records have waited somewhere while nothing was handled.",
                        "More than a minute: a worker is stuck; it fails its own health check at "
                        "worker.stall_s.",
                        "A quiet night is no stall: without records nothing waits.",
                        NO_WORKER,
                    ),
                    one("touchpoint_stalled_seconds"),
                    SECONDS,
                    limits=((None, BLUE), (30, AMBER), (120, VERMILLION)),
                ),
                4,
                4,
            ),
            Placed(
                stat_panel(
                    "Records that wait",
                    Says(
                        "Source records that no worker has read yet.",
                        "It should stay near 0 or fall.",
                        "A worker that is down can't report what waits for it: compare with Kafka's own "
                        "exporter.",
                        "No worker holds a partition",
                    ),
                    f"sum({shown('topic, partition', 'touchpoint_consumer_lag_messages')})",
                    COUNT,
                ),
                4,
                4,
            ),
            Placed(
                stat_panel(
                    "Unaccounted for",
                    Says(
                        "Records received less those accepted, rejected, duplicate, late and pending.",
                        "It is 0, always: every record ends somewhere, once.",
                        "0 does not say that upstream sent everything: see missing positions.",
                        NOBODY,
                    ),
                    _unaccounted(),
                    COUNT,
                    limits=((None, VERMILLION), (0, BLUE), (1, VERMILLION)),
                ),
                4,
                4,
            ),
        ),
    )


def _unaccounted() -> str:
    def total(name: str) -> str:
        return f"sum(max without (instance) ({of(name)}))"

    ended = " + ".join(
        [
            *(total(EVENTS.format(result)) for result in ("accepted", "rejected", "duplicate", "late")),
            total("touchpoint_events_pending"),
        ]
    )
    # A count in full: over a range it would be an increase, which says nothing of what went before.
    return f"{total(EVENTS.format('received'))} - ({ended})"


def pipeline() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.PIPELINE,
        "Touchpoints: pipeline",
        "Can the figures be trusted? Records in, what became of them, how late, and what was missed.",
        [_wrong_now(), rate_errors_duration(), behind(), missed()],
        tags=["pipeline"],
        since="now-6h",
    )
