"""Which worker? Who holds what, how busy it is, and what it could not do."""

from grafana_foundation_sdk.models import dashboard

from grafana.boards import links, variables
from grafana.boards.board import board
from grafana.boards.colours import AMBER, BLUE, GREY, SKY, VERMILLION
from grafana.boards.fields import COUNT, SECONDS
from grafana.boards.layout import Placed, Row
from grafana.boards.load import NO_WORKER, busy, grown, line, of_workers
from grafana.boards.panels import Says, course, stat_panel, timeline
from grafana.boards.queries import Query, one
from grafana.boards.tables import Column, table_panel


def _holds() -> Row:
    return Row(
        "Who holds what?",
        (
            Placed(
                table_panel(
                    "Workers",
                    Says(
                        "Every worker with its version, its settings and its privacy mode.",
                        "All rows should show the same settings: a worker with others judges otherwise when "
                        "it "
                        "takes over.",
                        "Different versions during a rolling deploy are usual.",
                        NO_WORKER,
                    ),
                    [
                        Column(
                            "Running for",
                            "time() - max by (instance, version, config_hash, privacy_mode) ("
                            f"{of_workers('process_start_time_seconds')} * on (instance) group_left "
                            f"(version) "
                            f"{of_workers('touchpoint_build_info')} * on (instance) "
                            f"group_left (config_hash, privacy_mode) {of_workers('touchpoint_config_info')})",
                            SECONDS,
                        )
                    ],
                    {
                        "instance": "Instance",
                        "version": "Version",
                        "config_hash": "Settings",
                        "privacy_mode": "Privacy mode",
                    },
                    sort_by="Running for",
                ),
                12,
                7,
            ),
            Placed(
                timeline(
                    "Who judges",
                    Says(
                        "Which worker holds the judge, over time.",
                        "One at every moment; a change is a take-over. Often: look for rebalances and "
                        "restarts.",
                        "A short overlap when it changes hands is usual: the old one learns of it last.",
                        NO_WORKER,
                    ),
                    [
                        Query(
                            f"max by (instance) ({of_workers('touchpoint_judge_active')}) "
                            f"+ max by (instance) ({of_workers('touchpoint_judge_caught_up')})",
                            "{{instance}}",
                        )
                    ],
                    {0: ("intake only", GREY), 1: ("catches up", AMBER), 2: ("judges", BLUE)},
                ),
                12,
                7,
            ),
            Placed(
                line(
                    "Source partitions held",
                    Says(
                        "How many source partitions each worker reads.",
                        "About the same for all. A worker with none is spare: there are more workers than "
                        "partitions.",
                        "More partitions is not more work: they differ in size.",
                        "No worker holds a partition",
                    ),
                    f"sum by (instance) ({of_workers('touchpoint_assigned_partitions')})",
                    COUNT,
                ),
                8,
                7,
            ),
            Placed(
                course(
                    "Assignments and take-overs",
                    Says(
                        "How often each worker was given partitions anew, and took the judge over, in this "
                        "time.",
                        "A step for every worker that came or went. Rising without one: sessions run out, "
                        "because "
                        "a loop is blocked or the network is bad.",
                        "A rebalance loses nothing.",
                        NO_WORKER,
                    ),
                    [
                        Query(grown("touchpoint_rebalances_total"), "{{instance}} assignments", AMBER),
                        Query(grown("touchpoint_take_overs_total"), "{{instance}} take-overs", BLUE),
                    ],
                    COUNT,
                    least=0.0,
                ),
                8,
                7,
            ),
            Placed(
                line(
                    "Last take-over",
                    Says(
                        "How long the last take-over lasted, from assignment to caught up.",
                        "Seconds. Longer: the checkpoint is old or large, or the ledger far ahead of it.",
                        "While it lasts findings are not exported; alerts go on firing meanwhile.",
                        "No worker has taken over",
                    ),
                    f"max by (instance) ({of_workers('touchpoint_take_over_duration_seconds')})",
                    SECONDS,
                ),
                8,
                7,
            ),
        ),
    )


def _failed() -> Row:
    def failures(what: str, title: str, says: Says) -> Placed:
        made = stat_panel(
            title,
            says,
            f"sum(increase({of_workers(f'touchpoint_{what}_total')}[$__range]))",
            COUNT,
            limits=((None, BLUE), (1, VERMILLION)),
        )
        return Placed(made, 6, 5)

    return Row(
        "What could it not do?",
        (
            failures(
                "alert_publish_failures",
                "Alerts not written, in this time",
                Says(
                    "Writes to the alerts topic that failed.",
                    "They are tried again; for long, readers of the topic hear nothing new.",
                    "Prometheus and these boards don't depend on the topic.",
                    NO_WORKER,
                ),
            ),
            failures(
                "checkpoint_failures",
                "Checkpoints not written, in this time",
                Says(
                    "Checkpoints that failed.",
                    "They are tried again; meanwhile a take-over has more to read.",
                    "Nothing is lost while the ledger keeps its records.",
                    NO_WORKER,
                ),
            ),
            failures(
                "collect_errors",
                "Renderings that failed, in this time",
                Says(
                    "Renderings of the page that failed: it stayed as it was.",
                    "Any at all: the figures are older than they look; the log has the reason.",
                    "Records are read and judged all the same.",
                    NO_WORKER,
                ),
            ),
            Placed(
                stat_panel(
                    "Age of the newest checkpoint",
                    Says(
                        "How old the newest checkpoint of the judge is.",
                        "Up to checkpoints.every_s; much older: it can't be written, and a restart takes "
                        "long.",
                        "Without new records none is written.",
                        "No checkpoint yet",
                    ),
                    f"time() - {one('touchpoint_checkpoint_timestamp_seconds')}",
                    SECONDS,
                ),
                6,
                5,
            ),
            Placed(
                course(
                    "Ledger: where the judge is, and where a restart begins",
                    Says(
                        "The ledger's offset that the judge applies next, and that of the newest checkpoint.",
                        "The distance is what a restart reads again.",
                        "Offsets are no count of handlings: a record holds thousands.",
                        "No worker holds the judge",
                    ),
                    [
                        Query(one("touchpoint_ledger_position_offset"), "judge", BLUE),
                        Query(one("touchpoint_checkpoint_position_offset"), "checkpoint", SKY),
                    ],
                    COUNT,
                ),
                12,
                7,
            ),
            Placed(
                course(
                    "Making the page",
                    Says(
                        "How long rendering /metrics takes.",
                        "Under 10 ms at any number of employees.",
                        "A scrape waits for none of it: it gets what was rendered before.",
                        NO_WORKER,
                    ),
                    [
                        Query(
                            f"max by (instance) ({of_workers('touchpoint_collect_duration_seconds')})",
                            "{{instance}}",
                        )
                    ],
                    SECONDS,
                    least=0.0,
                ),
                12,
                7,
            ),
        ),
    )


def workers() -> dashboard.Dashboard:
    """Return the board."""
    return board(
        links.WORKERS,
        "Touchpoints: workers",
        "Which worker? Who holds what, how busy it is, and what it could not do.",
        [_holds(), busy(), _failed()],
        variables.instance(),
        tags=["pipeline"],
        since="now-6h",
    )
