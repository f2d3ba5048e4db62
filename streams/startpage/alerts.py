"""The alerts that stand, each with its reasons, what to check first, since when and how sure."""

from math import isfinite
from typing import Final

from models.verdicts import Alert
from streams.startpage.look import Look, figure
from streams.startpage.markup import Content, Markup, bidi, join, tag
from streams.startpage.units import count, lasting, moment, q_value, some

_OPEN: Final = 4
_TOLD: Final = 20
"""So many lie open, so many have their reasons on this page."""
_LISTED: Final = 100
_KINDS: Final = {
    "stratum_split": "Like cases are handled differently",
    "employee_outlier": "Differs from peers",
}
_CHECK_FIRST: Final = "check first: "


def alerts_told(look: Look) -> Content:
    """Return all that stand, or what their absence means."""
    standing, snapshot = look.standing, look.snapshot
    if not standing:
        return _silence(look)
    groups = sum(alert.employee is None for alert in standing)
    people = len(standing) - groups
    parts = [some(groups, "about a stratum", "about strata")] if groups else []
    parts += [some(people, "about an employee", "about employees")] if people else []
    more, rest = standing[_TOLD:_LISTED], len(standing) - _LISTED
    return (
        tag(
            "p",
            tag("strong", some(len(standing), "alert stands", "alerts stand")),
            f" ({', '.join(parts)}), strata first, the weightiest of each first. As of the step that ended ",
            moment(snapshot.last_step),
            ".",
            class_="lead",
        ),
        tag(
            "div",
            [_card(alert, snapshot.last_step) for alert in standing[:_OPEN]],
            [_folded(alert, snapshot.last_step) for alert in standing[_OPEN:_TOLD]],
            class_="alerts",
        ),
        tag("ul", [_line(alert) for alert in more], class_="more") if more else None,
        tag("p", f"{some(rest, 'more alert', 'more alerts')}: see the API below.") if rest > 0 else None,
    )


def alert_link(alert: Alert, text: Content) -> Markup:
    """Return a link from the start page to the page of an alert."""
    return tag("a", text, href=f"./alerts/{alert.id}")


def about(alert: Alert) -> Markup:
    """Return whom or what an alert is about."""
    if alert.employee is not None:
        return join("employee ", bidi(alert.employee))
    return join(bidi(alert.channel or "all channels"), " / ", bidi(alert.issue_type or "all issue types"))


def kind_told(alert: Alert) -> str:
    """Return what an alert of this kind says."""
    return _KINDS.get(alert.kind, alert.kind.replace("_", " ").capitalize())


def reasons(alert: Alert) -> Content:
    """Return the reasons: what differs, what it rests on, and apart from them what to check first."""
    check = [reason for reason in alert.reasons if reason.startswith(_CHECK_FIRST)]
    others = [reason for reason in alert.reasons if reason not in check]
    return (
        tag("p", _sentence(others[0]), class_="what") if others else None,
        tag("ul", [tag("li", _sentence(reason)) for reason in others[1:]]) if others[1:] else None,
        [
            tag(
                "p",
                tag("strong", "Check first: "),
                _sentence(reason.removeprefix(_CHECK_FIRST)),
                class_="first",
            )
            for reason in check
        ],
    )


def _card(alert: Alert, last_step: int | None) -> Markup:
    return tag("article", _name(alert), _since(alert, last_step), reasons(alert), class_="alert")


def _folded(alert: Alert, last_step: int | None) -> Markup:
    """Return an alert whose reasons are a click away."""
    name = tag("summary", _name(alert), _since(alert, last_step))
    return tag("article", tag("details", name, reasons(alert)), class_="alert")


def _name(alert: Alert) -> Markup:
    mark = tag("span", "◆ ", class_="mark")
    return tag("h3", mark, alert_link(alert, about(alert)), ": ", alert.measure)


def _since(alert: Alert, last_step: int | None) -> Markup:
    age = 0 if last_step is None else last_step - alert.since
    lasts = f" ({lasting(age)})" if age > 0 else " (new)"
    return tag("span", "since ", moment(alert.since), lasts, *_surely(alert), class_="quiet")


def _surely(alert: Alert) -> tuple[str, ...]:
    """Return how unlikely it is that chance alone made this."""
    q = figure(alert, "q")
    return (f" · q\N{NO-BREAK SPACE}{q_value(q)}",) if isfinite(q) else ()


def _line(alert: Alert) -> Markup:
    told = f": {alert.measure}, since "
    return tag("li", alert_link(alert, about(alert)), told, moment(alert.since), *_surely(alert))


def _silence(look: Look) -> Markup:
    """Say that nothing stands, and that this is no praise of what could not be judged."""
    snapshot, warm_up = look.snapshot, int(look.thresholds.get("verdicts.warm_up_days", 0))
    seen = [one for one in snapshot.coverage if one.seen > 0]
    if not snapshot.warm:
        told = f"No verdict yet: they begin after {warm_up} days of data."
        meant = "Until then silence means nothing."
    elif not any(one.judged for one in seen):
        told = "No alert stands, for nothing could be judged: there is too little evidence."
        meant = "Silence means nothing here."
    else:
        told = "No alert stands."
        blind, lasts = min(one.handlings_share for one in seen), look.thresholds["verdicts.persistence"]
        meant = (
            f"Of what could be judged nothing has surely been beyond what is tolerated for {lasts:.0f} days. "
            "What could not be judged may be: the least that a detector saw of a measure is "
            f"{blind:.0%} of first contacts."
        )
    at = (
        ""
        if snapshot.last_step is None
        else join(" As of the step that ended ", moment(snapshot.last_step), ".")
    )
    return tag("p", tag("strong", told), f" {meant}", at, class_="lead")


def _sentence(reason: str) -> str:
    return reason if reason[1:2] in {" ", ""} else f"{reason[:1].upper()}{reason[1:]}"


def ended_told(look: Look) -> Content:
    """Return how many have ended."""
    ended = sum(look.snapshot.alerts_ended.values())
    return tag("p", f"{count(ended)} ended so far.", class_="quiet") if ended else None
