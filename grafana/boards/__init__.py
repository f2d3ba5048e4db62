"""The boards as code: `python -m grafana.boards` writes their JSON.

colours  queries  links                  vocabulary
variables  annotations                   what every board has
fields -> panels -> tables -> charts     kinds of panels
layout -> board                          panels in rows, as JSON
findings                                 panels that several boards share
overview, strata, ...                    one file each + the explicit list
"""

from collections.abc import Callable
from typing import Final

from grafana_foundation_sdk.models import dashboard

from grafana.boards.alerts import alerts
from grafana.boards.board import as_json
from grafana.boards.employee import employee
from grafana.boards.funnel import funnel
from grafana.boards.overview import overview
from grafana.boards.pipeline import pipeline
from grafana.boards.strata import strata
from grafana.boards.workers import workers

BOARDS: Final[tuple[Callable[[], dashboard.Dashboard], ...]] = (
    overview,
    strata,
    employee,
    funnel,
    pipeline,
    workers,
    alerts,
)

__all__ = ["BOARDS", "as_json"]
