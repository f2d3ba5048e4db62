"""What stands on /metrics: snapshot -> series by family -> page.

    view -> worker, pipeline, alerts, coverage   always there
         -> spreads, consistency, employees      within the budget     -> collector -> page

Every family is declared in `catalogue`, and nowhere else.
"""

from streams.metrics.collector import Collector
from streams.metrics.page import Page, Reply
from streams.metrics.view import View, WorkerState

__all__ = ["Collector", "Page", "Reply", "View", "WorkerState"]
