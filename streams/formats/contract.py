"""The event that upstream sends: `touchpoint.handling.completed.v1`, typed and bounded.

The one source of both the decoder (`canonical`) and the published JSON Schema (`schema`). Six fields are
required; every other may be absent or null; unknown fields are ignored.
"""

from datetime import datetime
from math import nan
from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta, Struct

from models.handling import CHANNELS, EXPECTATIONS, GOALS, OUTCOMES
from streams.formats.faults import Fault

if TYPE_CHECKING:
    Channel = str
    Outcome = str
    Goal = str
    Expectation = str
else:
    Channel = Literal[CHANNELS]
    Outcome = Literal[OUTCOMES]
    Goal = Literal[GOALS]
    Expectation = Literal[EXPECTATIONS]

NUMBER_MAX: Final = 1e9
"""31 years in seconds: no duration, amount or count of one handling is greater."""
INTEGER_MAX: Final = 2**63 - 1
HUMAN: Final = ("human", None)

# A pattern would cost 0.25 us a string, so the decoder looks for blank strings itself (`blanks`).
NOT_BLANK: Final = {"pattern": r"\S"}

Text = Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema=NOT_BLANK)]
SourceSystem = Annotated[str, Meta(min_length=1, max_length=64, extra_json_schema=NOT_BLANK)]
IssueType = Annotated[str, Meta(min_length=1, max_length=128, extra_json_schema=NOT_BLANK)]
Time = Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone")]
Flag = bool | None
Amount = Annotated[float, Meta(ge=0, le=NUMBER_MAX)]
Seconds = Annotated[float, Meta(ge=0, le=NUMBER_MAX, description="seconds")]
Count = Annotated[int, Meta(ge=0, le=int(NUMBER_MAX))]
Level = Annotated[int, Meta(ge=-int(NUMBER_MAX), le=int(NUMBER_MAX))]
Score = Annotated[float, Meta(ge=-NUMBER_MAX, le=NUMBER_MAX)]
Order = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | Time


class Survey(Struct, gc=False, kw_only=True):
    """What the customer answered; `score` lies on the scale, except for nps, which is never a score."""

    kind: Literal["csat", "ces", "nps", "custom"]
    score: Score
    scale_min: Annotated[Score | None, Meta(description="1 where absent or null")] = 1.0
    scale_max: Annotated[Score, Meta(description="greater than scale_min")]
    received_at: Time | None = None
    reason_codes: Annotated[list[Text], Meta(max_length=32)] | None = None

    def scaled(self) -> float | None:
        """Return the score on 0..1, NaN for nps, None where it is off its scale."""
        if self.kind == "nps":
            return nan
        low = 1.0 if self.scale_min is None else self.scale_min
        if not low <= self.score <= self.scale_max or low == self.scale_max:
            return None
        return (self.score - low) / (self.scale_max - low)


class Evaluation(Struct, gc=False, kw_only=True):
    """What an evaluator scored, on a scale from 0 to `scale_max`."""

    score: Annotated[Amount | None, Meta(description="at most scale_max")] = None
    scale_max: Annotated[float, Meta(gt=0, le=NUMBER_MAX)] | None = None
    form_id: Text | None = None
    critical_error: Literal["none", "customer", "business", "compliance"] | None = None

    def scaled(self) -> float | None:
        """Return the score on 0..1, NaN where none was given, None where it is off its scale."""
        if self.score is None or self.scale_max is None:
            return nan
        return self.score / self.scale_max if self.score <= self.scale_max else None


class HandlingCompleted(Struct, gc=False, kw_only=True):
    """One employee's part of one interaction has ended."""

    event_id: Annotated[Text, Meta(description="idempotency key, unique in source_system")]
    occurred_at: Annotated[Time, Meta(description="end of the handling, 1970 or later; RFC 3339 with a zone")]
    employee_id: Annotated[Text | None, Meta(description="pseudonym; null only where no human handled it")]
    channel: Channel
    issue_type: Annotated[
        IssueType,
        Meta(
            description="category, shown as it is; with an e-mail address or telephone number in it it "
            "counts as other"
        ),
    ]
    outcome: Outcome
    schema_version: Literal["1"] | None = None
    revision: Annotated[
        Order | None,
        Meta(description="an integer or an RFC 3339 time; of one event_id the greatest counts"),
    ] = None
    source_system: SourceSystem | None = None
    started_at: Time | None = None
    employee_kind: Annotated[
        Literal["human", "bot", "ivr", "self_service"] | None, Meta(description="human where absent or null")
    ] = "human"
    team_id: Text | None = None
    site_id: Text | None = None
    manager_id: Text | None = None
    tenure_band: Literal["training", "0-30d", "31-90d", "91-365d", "1y+", "unknown"] | None = None
    authority_level: Text | None = None
    shift: Text | None = None
    direction: Literal["inbound", "outbound", "internal"] | None = None
    touchpoint_id: Text | None = None
    lifecycle_stage: (
        Literal["research", "purchase", "onboard", "use", "service", "billing", "retention", "leave", "other"]
        | None
    ) = None
    issue_subtype: Text | None = None
    is_complaint: Flag = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    customer_segment: Text | None = None
    language: Text | None = None
    goal_attained: Goal | None = None
    against_expectation: Expectation | None = None
    disposition_code: Text | None = None
    standard_followed: Flag = None
    compensation_amount: Amount | None = None
    compensation_currency: Text | None = None
    handle_time_s: Seconds | None = None
    talk_time_s: Seconds | None = None
    hold_time_s: Seconds | None = None
    wrap_time_s: Seconds | None = None
    wait_time_s: Seconds | None = None
    transfers: Count | None = None
    escalated_to_level: Level | None = None
    reopen_count: Count | None = None
    first_contact_resolution: Flag = None
    sla_met: Flag = None
    case_id: Annotated[Text | None, Meta(description="the customer's issue over all its contacts")] = None
    interaction_id: Text | None = None
    previous_interaction_id: Text | None = None
    customer_id: Annotated[Text | None, Meta(description="pseudonym, never an address or number")] = None
    survey: Survey | None = None
    evaluation: Evaluation | None = None
    labels: Annotated[dict[Text, Text], Meta(max_length=8)] | None = None

    def is_human(self) -> bool:
        """Tell whether an employee handled it."""
        return self.employee_kind in HUMAN

    def contradiction(self) -> Fault | None:
        """Return what is wrong between fields that are right one by one."""
        if self.employee_id is None and self.is_human():
            return Fault("missing_field", "$.employee_id")
        if self.survey is not None and self.survey.scaled() is None:
            return Fault("out_of_range", "$.survey.score")
        if self.evaluation is not None and self.evaluation.scaled() is None:
            return Fault("out_of_range", "$.evaluation.score")
        return None
