"""A row of the pipeline's board: what was refused, corrected or missed."""

from grafana.boards.colours import AMBER, BLUE, VERMILLION
from grafana.boards.fields import COUNT, PER_SECOND, WHEN
from grafana.boards.layout import Placed, Row
from grafana.boards.panels import Says, course, stat_panel
from grafana.boards.queries import Query, of, one, per_second, shown
from grafana.boards.records import EVENTS, NO_WORKER, NOBODY


def missed() -> Row:
    """Return the row."""

    def grown(name: str, by: str) -> str:
        return f"sum by ({by}) (increase({of(name)}[$__range]))"

    return Row(
        "What was refused or missed?",
        (
            Placed(
                course(
                    "Rejects, by reason",
                    Says(
                        "Records a second that are no handling, by reason.",
                        "The reason says what upstream has to mend; the dead-letter topic has the records, "
                        "with "
                        "path and origin.",
                        "A reject is no loss: the record is kept aside.",
                        "No record was rejected in this time",
                    ),
                    [Query(f"{per_second('reason', EVENTS.format('rejected'))} > 0", "{{reason}}")],
                    PER_SECOND,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Dead letters written",
                    Says(
                        "Records a second written to the dead-letter topic.",
                        "It follows the rejects; a gap between the two is a writer that is behind.",
                        "A worker that starts anew may write one twice.",
                        NO_WORKER,
                    ),
                    [Query(per_second("topic", "touchpoint_dead_letters_total"), "{{topic}}")],
                    PER_SECOND,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Corrections and breaches of the contract",
                    Says(
                        "Handlings a second that came after their pane had closed, ids used for two "
                        "handlings, and "
                        "names beyond the bound.",
                        "Breaches should be 0: an id that means two things can't be counted right.",
                        "Corrections are usual: they are judged when they come.",
                        NOBODY,
                    ),
                    [
                        Query(per_second("action", "touchpoint_amendments_total"), "{{action}}"),
                        Query(
                            per_second("kind", "touchpoint_contract_violations_total"), "{{kind}}", VERMILLION
                        ),
                        Query(
                            per_second("kind", "touchpoint_names_refused_total"), "{{kind}} refused", AMBER
                        ),
                    ],
                    PER_SECOND,
                    least=0.0,
                ),
                8,
                8,
            ),
            Placed(
                course(
                    "Positions that are missing or lost",
                    Says(
                        "Positions of the source that were jumped and have not come since, and those that "
                        "upstream's "
                        "retention took before they could be read.",
                        "Missing ones are filled when a worker writes its segment again; for longer than ten "
                        "minutes "
                        "they are a fault. Lost ones never come back.",
                        "Gaps that Kafka makes itself (transactions, compaction) are not in it.",
                        "The judge knows no partition yet",
                    ),
                    [
                        Query(
                            f"sum by (topic) "
                            f"({shown('topic, partition', 'touchpoint_partition_missing_positions')})",
                            "missing, {{topic}}",
                            AMBER,
                        ),
                        Query(
                            f"sum by (topic) "
                            f"({shown('topic, partition', 'touchpoint_partition_lost_positions')})",
                            "lost, {{topic}}",
                            VERMILLION,
                        ),
                    ],
                    COUNT,
                    least=0.0,
                ),
                12,
                8,
            ),
            Placed(
                stat_panel(
                    "Valve, in this time",
                    Says(
                        "How often too many rows waited and the watermark was moved on.",
                        "Any at all: a partition held the clock too long; rows of it may be judged late.",
                        "Nothing is lost by it.",
                        NOBODY,
                    ),
                    f"sum(increase({of('touchpoint_valve_forced_total')}[$__range]))",
                    COUNT,
                    limits=((None, BLUE), (1, VERMILLION)),
                ),
                4,
                8,
            ),
            Placed(
                stat_panel(
                    "Incomplete since",
                    Says(
                        "From when on the ledger is whole, where records before had expired and were in no "
                        "checkpoint.",
                        "Figures of the windows that reach back before it rest on less than was handled.",
                        "It heals by itself when the windows have moved past it.",
                        "Nothing is missing: the history is whole",
                    ),
                    f"{one('touchpoint_history_incomplete_since_timestamp_seconds')} * 1000",
                    WHEN,
                ),
                4,
                8,
            ),
            Placed(
                stat_panel(
                    "Repeat contacts",
                    Says(
                        "Contacts after the first of a case in the chosen time, by who answered.",
                        "Many by another employee: customers ask again, and perhaps hear another answer.",
                        "A call back that was agreed on is a repeat too.",
                        NOBODY,
                    ),
                    grown("touchpoint_repeat_contacts_total", "answered_by"),
                    COUNT,
                    legend="{{answered_by}}",
                ),
                4,
                8,
            ),
        ),
    )
