"""How busy a worker is: processor, memory, its loop, and the steps of its work."""

from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards.colours import AMBER, BLUE, VERMILLION
from grafana.boards.fields import BYTES, COUNT, NUMBER, SECONDS, SHARE
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course
from grafana.boards.queries import Query, of, threshold

NO_WORKER: Final = "No worker is scraped"
_CHOSEN: Final = 'instance=~"$instance"'


def of_workers(metric: str, *matchers: str) -> str:
    """Return a selector of the chosen workers."""
    return of(metric, _CHOSEN, *matchers)


def rate(metric: str, by: str = "instance") -> str:
    """Return how fast a counter of theirs grows."""
    return f"sum by ({by}) (rate({of_workers(metric)}[$__rate_interval]))"


def grown(metric: str, by: str = "instance") -> str:
    """Return by how much one has grown in the chosen time."""
    return f"sum by ({by}) (increase({of_workers(metric)}[$__range]))"


def slow(metric: str, by: str) -> str:
    """Return what 99 of 100 observations stay below; nothing where there were none."""
    return f"histogram_quantile(0.99, {rate(f'{metric}_bucket', f'{by}, le')}) >= 0"


def line(title: str, says: Says, expr: str, unit: str, *more: Query) -> dashboard.Panel:
    """Return a panel with a line a worker."""
    return course(title, says, [Query(expr, "{{instance}}"), *more], unit, least=0.0)


def busy() -> Row:
    """Return the row."""
    return Row(
        "How busy is it?",
        (
            Placed(
                line(
                    "CPU",
                    Says(
                        "Processor seconds a second.",
                        "A worker is one Python process: near 1 it is at its limit.",
                        "High while it catches up is as it should be.",
                        NO_WORKER,
                    ),
                    rate("process_cpu_seconds_total"),
                    NUMBER,
                ),
                8,
                7,
            ),
            Placed(
                line(
                    "Memory",
                    Says(
                        "Resident memory.",
                        "The worker that judges has more; it is flat once a month has been seen.",
                        "Under 1 GB is the target at 20,000 employees and a million handlings a day.",
                        NO_WORKER,
                    ),
                    f"max by (instance) ({of_workers('process_resident_memory_bytes')})",
                    BYTES,
                ),
                8,
                7,
            ),
            Placed(
                line(
                    "Files and sockets open",
                    Says(
                        "Open file descriptors.",
                        "Flat. A line that rises is a leak; at the limit connections fail.",
                        "Steps with brokers and scrapers are usual.",
                        "No worker is scraped, or its system does not tell",
                    ),
                    f"max by (instance) ({of_workers('process_open_fds')})",
                    COUNT,
                    Query(f"min({of_workers('process_max_fds')})", "limit", VERMILLION, limit=True),
                ),
                8,
                7,
            ),
            Placed(
                line(
                    "The loop wakes late by (99 of 100)",
                    Says(
                        "How late the event loop wakes: blocked by long steps, garbage collection or other "
                        "threads.",
                        "Under 150 ms. Above the session time-out a worker loses its partitions.",
                        "It says that something blocks, not what: see the steps beside.",
                        NO_WORKER,
                    ),
                    slow("touchpoint_event_loop_lag_seconds", "instance"),
                    SECONDS,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Steps take (99 of 100)",
                    Says(
                        "How long a fetch, a ledger record, a publication, a checkpoint and a rendering "
                        "take.",
                        "The slowest line is where to look.",
                        "A step may wait for Kafka: it need not use the processor.",
                        "Nothing was done in this time",
                    ),
                    [Query(slow("touchpoint_processing_duration_seconds", "stage"), "{{stage}}")],
                    SECONDS,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Time spent, by step",
                    Says(
                        "The share of time that each kind of step takes, all chosen workers together.",
                        "The largest is what to make faster.",
                        "Steps that wait overlap: the sum may pass 100 %.",
                        "Nothing was done in this time",
                    ),
                    [
                        Query(
                            rate("touchpoint_processing_duration_seconds_sum", "stage"),
                            "{{stage}}",
                        )
                    ],
                    SHARE,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Garbage collections",
                    Says(
                        "Collections a second by generation.",
                        "Generation 2 is the long one: it should be rare.",
                        "Many of generation 0 are usual.",
                        NO_WORKER,
                    ),
                    [Query(rate("python_gc_collections_total", "generation"), "generation {{generation}}")],
                    "ops",
                    least=0.0,
                ),
                8,
                7,
            ),
            Placed(
                course(
                    "What the judge knows",
                    Says(
                        "Employees, strata, channels and issue types that the judge holds.",
                        "It grows, then is flat: memory follows it.",
                        "Who has left is held until his last window is over.",
                        "Nobody judges, or it catches up",
                    ),
                    [Query(f"max by (kind) ({of_workers('touchpoint_state_entities')})", "{{kind}}")],
                    COUNT,
                    least=0.0,
                ),
                8,
                7,
            ),
            Placed(
                course(
                    "Series on the page",
                    Says(
                        "Series that each worker exports, and those that the cap cut.",
                        "The dashed line is the cap: beyond it employees by name are left out first.",
                        "What is cut is still judged and still alerts.",
                        NO_WORKER,
                    ),
                    [
                        Query(
                            f"max by (instance) ({of_workers('touchpoint_export_series')})",
                            "{{instance}}",
                            BLUE,
                        ),
                        Query(
                            f"sum by (instance) ({of_workers('touchpoint_export_series_dropped')})",
                            "{{instance}} cut",
                            AMBER,
                        ),
                        Query(threshold("metrics.series_max"), "cap", VERMILLION, limit=True),
                    ],
                    COUNT,
                    least=0.0,
                ),
                8,
                7,
            ),
        ),
    )
