"""The catalogue is the one place where families are declared."""

import subprocess
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
from pages import alert, judged, openmetrics_families, page_of, series_on, text_of, view_of
from prometheus_tools import binary

from models.verdicts import Alert
from streams.metrics import View
from streams.metrics.alerts import SEVERITIES
from streams.metrics.catalogue import FAMILIES, PROCESS, as_dicts, lines
from streams.metrics.family import Family

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
OURS = [family for family in FAMILIES if family not in PROCESS]


def full() -> View:
    """Return a view of which every family has something to tell, alerts on scores too."""
    evidence = (("employees", 12.0), ("first_contacts", 300.0), ("tau", 0.2), ("z", 4.5), ("q", 0.001))
    survey = alert(kind="stratum_split", measure="survey", evidence=evidence)
    return view_of(replace(judged(), alerts=(*judged().alerts, survey)))


def test_the_page_and_the_catalogue_have_the_same_series() -> None:
    """No series is on a full page without being declared, and none is declared without being there."""
    declared = {name for family in FAMILIES for name in family.series_names()}

    on_page = set(series_on(text_of(full())))

    assert on_page <= declared
    assert {name for name in declared if name.startswith("touchpoint_")} <= on_page


def test_types_labels_and_help_are_as_declared() -> None:
    """What the page says of each family is what the catalogue says of it."""
    page = page_of(full()).get(OPENMETRICS, "").body.decode()
    on_page = {
        (
            family.name + ("_total" if family.type == "counter" else ""),
            family.type,
            frozenset(name for sample in family.samples for name in sample.labels) - {"le"},
            family.documentation,
            family.unit,
        )
        for family in openmetrics_families(page)
        if family.name.startswith("touchpoint_")
    }

    assert on_page == {
        (family.name, family.type, frozenset(family.labels), family.help, family.unit) for family in OURS
    }


@pytest.mark.parametrize("family", OURS, ids=lambda family: family.name)
def test_names_follow_the_convention(family: Family) -> None:
    """Counters alone end in _total, ratios and seconds say so, and the help is a sentence."""
    assert family.name.startswith("touchpoint_")
    assert family.name.endswith("_total") == (family.type == "counter")
    assert family.unit in {"", "seconds", "ratio"}
    assert family.help.endswith(".")


def test_names_are_declared_once() -> None:
    """No two families share a name under which their series are queried."""
    names = [name for family in FAMILIES for name in family.series_names()]

    assert len(set(names)) == len(names)


def test_promtool_has_no_complaint() -> None:
    """A full page passes `promtool check metrics` without a remark."""
    checked = subprocess.run(
        [binary("promtool"), "check", "metrics"],
        input=text_of(full()).encode(),
        capture_output=True,
        check=False,
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_the_catalogue_can_be_printed() -> None:
    """For people: name with labels and type, then what it says. For programs: all of it."""
    printed = list(lines())

    assert "touchpoint_events_rejected_total{topic, reason} counter" in printed
    assert printed[printed.index("touchpoint_steps_total counter") + 1] == "    Steps evaluated."
    assert [Family(**told) for told in as_dicts()] == list(FAMILIES)


def test_the_page_counts_its_own_series() -> None:
    """`touchpoint_export_series` is the number of lines that are no comment."""
    text = text_of(view_of())
    there = [line for line in text.splitlines() if not line.startswith("#")]

    assert series_on(text)["touchpoint_export_series"] == {frozenset(): len(there)}


def test_every_severity_is_known() -> None:
    """The zeros of `touchpoint_alerts_active` cover all severities that an alert can have."""
    assert get_args(get_type_hints(Alert)["severity"]) == SEVERITIES
