"""A contact centre with known truth, for demonstrations and for holding the detectors to account.

scenario   what it is made of, what is planted        workforce  who works where and when
odds       how often is refused, usually              planting   where it is otherwise, from when on
conduct    how handlings turn out                     cases      contacts and repeat contacts
centre     day by day                                 day        as columns and as events
truth      what there is to find                      seeds      random numbers and identities
"""

from models.simulation.centre import Centre
from models.simulation.day import Day
from models.simulation.scenario import (
    KINDS,
    Inconsistency,
    IssueType,
    SimulationSettings,
    inconsistencies,
    issue_types,
)

__all__ = [
    "KINDS",
    "Centre",
    "Day",
    "Inconsistency",
    "IssueType",
    "SimulationSettings",
    "inconsistencies",
    "issue_types",
]
