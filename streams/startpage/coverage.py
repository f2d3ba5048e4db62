"""How much could be judged: without this a quiet page looks like a consistent centre."""

from typing import Final

from models.snapshot import Coverage
from streams.startpage.look import Look
from streams.startpage.markup import Content, Markup, tag
from streams.startpage.units import count

_ENTITIES: Final = {"stratum_split": "Strata", "employee_outlier": "Employees"}
_BLIND: Final = 0.5
"""Where less of the first contacts could be judged, that is said."""


def coverage_table(look: Look) -> Content:
    """Return a row a measure, and what each detector could judge of it."""
    of = {(one.measure, one.kind): one for one in look.snapshot.coverage}
    kinds = list(dict.fromkeys(one.kind for one in look.snapshot.coverage))
    if not kinds:
        return None
    caption = f"How much could be judged, of {look.over}; in percent what that is of all first contacts"
    head = tag("tr", tag("th", "Measure", scope="col"), [_head(kind) for kind in kinds])
    rows = [
        tag(
            "tr",
            tag("th", measure.name, scope="row"),
            [_cells(of.get((measure.name, kind))) for kind in kinds],
        )
        for measure in look.measures
    ]
    return tag("table", tag("caption", caption), tag("thead", head), tag("tbody", rows), class_="coverage")


def _head(kind: str) -> Markup:
    return tag("th", _ENTITIES.get(kind, kind.replace("_", " ")), scope="colgroup", colspan=2, class_="n")


def _cells(one: Coverage | None) -> Content:
    if one is None:
        return tag("td", "not shown", colspan=2, class_="n quiet")
    if one.seen == 0:
        return tag("td", "never stated", colspan=2, class_="n quiet")
    blind = one.handlings_share < _BLIND
    return (
        tag("td", f"{count(one.judged)} of {count(one.seen)}", class_="n"),
        tag(
            "td",
            "blind: " if blind else "",
            f"{one.handlings_share:.0%}",
            class_="n strong" if blind else "n",
        ),
    )
