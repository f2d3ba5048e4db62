"""A day of a simulated centre: its handlings as columns, the same as events, and the truth beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.handling import CHANNELS, GOALS, OUTCOMES, Handlings
from models.simulation.workforce import SHIFTS, Workforce

SOURCE_SYSTEM: Final = "simulation"
SURVEY_SCALE: Final = (1, 5)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """The n handlings of one day, in order of arrival: that of time, unless disorder was asked for.

    Attributes
    ----------
    index : int
        Day of the simulation, from 0.
    start : int
        Its midnight, microseconds since 1970 UTC.
    handlings : Handlings
        The columns. `event` and `case` are numbers without a key: unlike hashes of `events`, but equal
        where those are equal.
    repeat : bool[n]
        Not the first contact of its case.
    log_odds : float64[n]
        True log odds of a refusal, given an outcome that says whether there was one.
    planted : float64[n]
        The part of `log_odds` that was planted.
    customer : int64[n]
        -1 where unknown.
    case_stated : bool[n]
        The event names its case; where it does not, `case` stands for customer and issue type.
    """

    index: int
    start: int
    handlings: Handlings
    repeat: NDArray[np.bool_]
    log_odds: NDArray[np.float64]
    planted: NDArray[np.float64]
    customer: NDArray[np.int64]
    case_stated: NDArray[np.bool_]
    workforce: Workforce

    def events(self) -> Iterator[dict[str, object]]:
        """Yield the canonical event of each handling, in order of arrival.

        Facts that are null are left out; `employee_id` is null where no human handled it.
        """
        rows, facts = self.handlings, self.handlings.facts
        scale_min, scale_max = SURVEY_SCALE
        handle_time_s = facts["handle_time_s"].astype(np.float64)
        score = scale_min + np.round(facts["survey"].astype(np.float64) * (scale_max - scale_min))
        columns = zip(
            rows.event.tolist(),
            _rfc3339(rows.time),
            _rfc3339(rows.time - np.round(handle_time_s * 1_000).astype(np.int64) * 1_000),
            rows.employee.tolist(),
            rows.channel.tolist(),
            rows.issue.tolist(),
            facts["outcome"].tolist(),
            facts["goal_attained"].tolist(),
            facts["sla_met"].tolist(),
            handle_time_s.tolist(),
            np.where(np.isnan(score), 0, score).astype(np.int64).tolist(),
            np.where(self.case_stated, rows.case, 0).tolist(),
            self.customer.tolist(),
            strict=True,
        )
        for (
            event,
            end,
            begin,
            who,
            channel,
            issue,
            outcome,
            goal,
            sla,
            seconds,
            stars,
            case,
            customer,
        ) in columns:
            record: dict[str, object] = {
                "schema_version": "1",
                "event_id": f"evt-{event:016x}",
                "source_system": SOURCE_SYSTEM,
                "occurred_at": end,
                "started_at": begin,
            }
            if who < 0:
                record["employee_id"] = None
                record["employee_kind"] = "self_service" if CHANNELS[channel] == "self_service" else "bot"
            else:
                record["employee_id"] = rows.employees[who]
                record["employee_kind"] = "human"
                record["team_id"] = self.workforce.teams[who]
                record["shift"] = SHIFTS[self.workforce.shift[who]]
            record["channel"] = CHANNELS[channel]
            record["direction"] = "inbound"
            record["issue_type"] = rows.issues[issue]
            record["outcome"] = OUTCOMES[outcome]
            if goal >= 0:
                record["goal_attained"] = GOALS[goal]
            record["handle_time_s"] = seconds
            if sla >= 0:
                record["sla_met"] = bool(sla)
            if case:
                record["case_id"] = f"case-{case:016x}"
            if customer >= 0:
                record["customer_id"] = f"cust-{customer:07d}"
            if stars:
                record["survey"] = {
                    "kind": "csat", "score": stars, "scale_min": scale_min, "scale_max": scale_max,
                }  # fmt: skip
            yield record


def _rfc3339(time: NDArray[np.int64]) -> list[str]:
    """Write times, which are whole milliseconds, with milliseconds and a Z."""
    text: list[str] = np.datetime_as_string(time.astype("datetime64[us]"), unit="ms", timezone="UTC").tolist()
    return text
