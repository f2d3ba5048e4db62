"""A row of the pipeline's board: how far behind are the workers, the judge and the clock."""

from grafana.boards.colours import AMBER, BLUE, GREY, VERMILLION
from grafana.boards.fields import COUNT, NUMBER, SECONDS
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course, history, stat_panel
from grafana.boards.queries import Query, one, shown
from grafana.boards.records import NOBODY


def behind() -> Row:
    """Return the row."""
    clock = shown("topic, partition", "touchpoint_partition_clock_timestamp_seconds")
    return Row(
        "How far behind?",
        (
            Placed(
                course(
                    "Records that wait, by partition",
                    Says(
                        "Source records that no worker has read yet.",
                        "All lines up: too few workers or too slow. One line up: one partition is stuck.",
                        "It is reported by the worker that holds the partition; while nobody does there is a "
                        "gap.",
                        "No worker holds a partition",
                    ),
                    [
                        Query(
                            shown("topic, partition", "touchpoint_consumer_lag_messages"),
                            "{{topic}} {{partition}}",
                        )
                    ],
                    COUNT,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Ledger records that wait for the judge",
                    Says(
                        "Ledger records that the judge has not applied yet.",
                        "It rises while a judge catches up, then stays near 0.",
                        "A ledger record holds thousands of rows: small numbers are much.",
                        "No worker holds the judge",
                    ),
                    [Query(one("touchpoint_ledger_lag_messages"), "ledger", BLUE)],
                    COUNT,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Event time behind now",
                    Says(
                        "How far the watermark (all panes before it are closed) and each partition's clock "
                        "are "
                        "behind the wall clock.",
                        "One partition far above the others holds the watermark for all.",
                        "On a quiet night it grows without a fault; in a replay or a demo it is years.",
                        "The judge knows no partition yet",
                    ),
                    [
                        Query(
                            f"time() - {one('touchpoint_watermark_timestamp_seconds')}",
                            "watermark",
                            VERMILLION,
                        ),
                        Query(f"time() - {clock}", "{{topic}} {{partition}}"),
                    ],
                    SECONDS,
                ),
                8,
                8,
            ),
            Placed(
                history(
                    "Partitions that hold the clock",
                    Says(
                        "Which partitions the watermark waits for.",
                        "'idle': it has been silent for the idle grace and is not waited for.",
                        "Idle is no fault where upstream has nothing to send.",
                        "The judge knows no partition yet",
                    ),
                    [
                        Query(
                            shown("topic, partition", "touchpoint_partition_idle"), "{{topic}} {{partition}}"
                        )
                    ],
                    {0: ("holds the clock", BLUE), 1: ("idle", GREY)},
                ),
                10,
                8,
            ),
            Placed(
                course(
                    "What waits in open panes, and partitions that never spoke",
                    Says(
                        "Rows that wait for their pane to close; partitions that have never sent anything "
                        "and so "
                        "hold the first close.",
                        "Waiting rows rise and fall with each pane. A partition that stays silent holds "
                        "everything until its idle grace is over.",
                        "Waiting is not lateness.",
                        NOBODY,
                    ),
                    [
                        Query(shown("topic", "touchpoint_events_pending"), "waiting, {{topic}}", BLUE),
                        Query(one("touchpoint_partitions_silent"), "silent partitions", AMBER),
                    ],
                    COUNT,
                    least=0.0,
                ),
                10,
                8,
            ),
            Placed(
                stat_panel(
                    "Enough history",
                    Says(
                        "Whether there is as much data as the warm-up asks for.",
                        "'no' for the first two weeks of a new installation: until then nothing is found.",
                        "'yes' does not say that everything can be judged: see the blind spots.",
                        NOBODY,
                    ),
                    one("touchpoint_warm"),
                    NUMBER,
                    limits=((None, AMBER), (1, BLUE)),
                    texts={1: ("yes", BLUE), 0: ("no", AMBER)},
                ),
                4,
                8,
            ),
        ),
    )
