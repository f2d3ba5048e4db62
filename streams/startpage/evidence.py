"""The figures that an alert carries, each with its unit and what it means."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Final

from models.settings import Kind
from models.verdicts import Alert
from streams.startpage.markup import Markup, tag
from streams.startpage.units import NOTHING, count, level, q_value, share, sigmas, spread


def evidence_table(alert: Alert, kind: Kind) -> Markup:
    """Return them as a table; `kind` is that of the measure."""
    caption = "As of the last step at which it stood" if alert.until is not None else "As of the last step"
    head = tag(
        "tr",
        tag("th", "Figure", scope="col"),
        tag("th", "Value", scope="col", class_="n"),
        tag("th", "Meaning", scope="col"),
    )
    rows = [_row(name, number, kind) for name, number in alert.evidence]
    return tag("table", tag("caption", caption), tag("thead", head), tag("tbody", rows), class_="evidence")


def _row(name: str, number: float, kind: Kind) -> Markup:
    write, meaning = _FIGURES.get(name, (_plain, ""))
    return tag(
        "tr",
        tag("th", name.replace("_", " "), scope="row"),
        tag("td", write(kind, number) if isfinite(number) else NOTHING, class_="n"),
        tag("td", meaning, class_="quiet"),
    )


def _whole(_: Kind, number: float) -> str:
    return count(round(number))


def _summed(kind: Kind, number: float) -> str:
    return count(round(number)) if kind == "binary" else f"{number:,.1f}"


def _plain(_: Kind, number: float) -> str:
    return f"{number:.3g}"


_FIGURES: Final[Mapping[str, tuple[Callable[[Kind, float], str], str]]] = {
    "employees": (_whole, "with enough evidence to be compared"),
    "peers": (_whole, "that the employee is held against"),
    "first_contacts": (_whole, "judged: the first one of every case"),
    "observed": (_summed, "sum of outcomes"),
    "expected": (_summed, "the same, had peers handled these cases"),
    "mean": (level, "level of the first contacts"),
    "tau": (spread, "between two typical employees"),
    "tau_tolerated": (spread, "between two typical employees is tolerated"),
    "effect": (spread, "against peers"),
    "effect_shrunk": (spread, "against peers, allowing for how little evidence there is"),
    "i2": (lambda _, number: share(number), "of what lies between employees is more than chance"),
    "icc": (lambda _, number: share(number), "of the variance of an outcome lies between employees"),
    "z": (lambda _, number: sigmas(number), "standard deviations beyond what chance would give"),
    "p": (lambda _, number: q_value(number), "how often chance alone gives as much or more"),
    "q": (lambda _, number: q_value(number), "the same, allowing for how many were tested"),
}
