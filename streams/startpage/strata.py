"""Where it matters: every stratum with its level and its spread, those with an alert and the widest first."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

from models.settings import Kind
from models.verdicts import Alert
from streams.startpage.alerts import alert_link
from streams.startpage.look import Look, of_window
from streams.startpage.markup import Content, Markup, bidi, join, tag
from streams.startpage.units import count, level, some, spread

_OPEN: Final = 10
_SHOWN: Final = 100
_SPREAD: Final[dict[Kind, tuple[str, str]]] = {
    "binary": ("Odds factor", "by which the odds differ between two typical employees; 1 is none"),
    "duration": ("Time factor", "by which times differ between two typical employees; 1 is none"),
    "score": ("Difference", "of the score between two typical employees, on a scale of 0 to 1"),
}


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum, for one measure and window.

    Attributes
    ----------
    handlings : int
        All that say something for the measure; `level` is their mean.
    tau : float
        What lies between two typical employees; NaN where that cannot be told.
    employees, first_contacts : int
        What tau rests on.
    """

    channel: str
    issue_type: str
    handlings: int
    level: float
    tau: float
    employees: int
    first_contacts: int
    alert: Alert | None

    @property
    def name(self) -> str:
        """What it is called in a picture."""
        return f"{self.channel} / {self.issue_type}"


def strata_of(look: Look) -> list[Stratum]:
    """Return the strata that handled anything: alerting ones first, then by handlings times spread."""
    snapshot, measure = look.snapshot, look.measure.name
    means = of_window(snapshot.by_stratum, measure, look.window)
    found = next((f for f in snapshot.strata_found if (f.measure, f.window) == (measure, look.window)), None)
    if means is None:
        return []
    judged = 0 if found is None else len(found.employees)  # others appeared after the last step
    alerts = {(one.channel, one.issue_type): one for one in look.standing if one.measure == measure}
    strata = [
        Stratum(
            channel=name[0],
            issue_type=name[1],
            handlings=int(means.handlings[place]),
            level=float(means.mean[place]),
            tau=float(found.tau2[place]) ** 0.5 if found is not None and place < judged else nan,
            employees=int(found.employees[place]) if found is not None and place < judged else 0,
            first_contacts=int(found.first_contacts[place]) if found is not None and place < judged else 0,
            alert=alerts.get(name),
        )
        for place, name in enumerate(snapshot.strata)
        if means.handlings[place] > 0
    ]
    return sorted(strata, key=_weight)


def strata_table(look: Look, strata: list[Stratum]) -> Content:
    """Return them as a table, and a second one to unfold."""
    if not strata:
        return tag("p", f"No handling of {look.over} says anything for this measure.", class_="quiet")
    more, left_out = strata[_OPEN:_SHOWN], len(strata) - _SHOWN
    column, meaning = _SPREAD[look.measure.kind]
    tolerated = (
        "" if look.tolerance is None else f"; {spread(look.measure.kind, look.tolerance)} is tolerated"
    )
    told = (
        f"{look.measure.name}, {look.over}. {column}: {meaning}{tolerated}. Strata with an alert (◆) first, "
        f"then by handlings and spread; with fewer than {look.employees_min} employees none is judged."
    )
    return (
        _table(look, strata[:_OPEN], told),
        tag(
            "details",
            tag("summary", some(len(more), "more stratum", "more strata")),
            _table(look, more, "The strata after these"),
            tag("p", f"{count(left_out)} more: see the document below.") if left_out > 0 else None,
        )
        if more
        else None,
    )


def _table(look: Look, strata: list[Stratum], told: str) -> Markup:
    columns = ("Handlings", "Level", _SPREAD[look.measure.kind][0], "Employees")
    head = tag(
        "tr",
        tag("th", "Channel / issue type", scope="col"),
        [tag("th", text, scope="col", class_="n") for text in columns],
    )
    rows = [_row(look, one) for one in strata]
    return tag("table", tag("caption", told), tag("thead", head), tag("tbody", rows), class_="strata")


def _row(look: Look, one: Stratum) -> Markup:
    kind = look.measure.kind
    name = join(bidi(one.channel), " / ", bidi(one.issue_type))
    if one.alert is not None:
        name = join(tag("span", "◆", class_="mark"), " ", alert_link(one.alert, name))
    few = one.employees < look.employees_min
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", count(one.handlings), class_="n"),
        tag("td", level(kind, one.level), class_="n"),
        tag("td", spread(kind, one.tau), class_="n strong" if one.alert is not None else "n"),
        tag("td", f"{one.employees} of {look.employees_min}", class_="n quiet")
        if few
        else tag("td", count(one.employees), class_="n"),
    )


def _weight(one: Stratum) -> tuple[bool, float, int, str]:
    tau = one.tau if isfinite(one.tau) else 0.0
    return one.alert is None, -one.handlings * tau, -one.handlings, one.name
