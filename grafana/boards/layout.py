"""Panels in rows: from left to right, 24 columns, wrapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from grafana_foundation_sdk.models import dashboard

COLUMNS: Final = 24


class Placed(NamedTuple):
    """A panel and its size in the grid's units."""

    panel: dashboard.Panel
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading; a collapsed one queries nothing until it is opened."""

    title: str
    panels: tuple[Placed, ...]
    collapsed: bool = False


def laid_out(rows: Sequence[Row]) -> list[dashboard.Panel | dashboard.RowPanel]:
    """Give every panel its place and its number, in reading order."""
    out: list[dashboard.Panel | dashboard.RowPanel] = []
    number = top = 0
    for row in rows:
        number += 1
        heading = dashboard.RowPanel(
            title=row.title,
            id_val=number,
            collapsed=row.collapsed,
            grid_pos=dashboard.GridPos(h=1, w=COLUMNS, x=0, y=top),
            panels=[],
        )
        out.append(heading)
        top += 1
        left = tallest = 0
        for panel, width, height in row.panels:
            if left + width > COLUMNS:
                top, left, tallest = top + tallest, 0, 0
            number += 1
            panel.id_val = number
            panel.grid_pos = dashboard.GridPos(h=height, w=width, x=left, y=top)
            left, tallest = left + width, max(tallest, height)
            (heading.panels if row.collapsed and heading.panels is not None else out).append(panel)
        top += 0 if row.collapsed else tallest
    return out
