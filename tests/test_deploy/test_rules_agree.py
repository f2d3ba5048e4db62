"""Rules, runbook, metrics, thresholds, detectors and boards speak of the same things under the same names."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import shipped
import yaml
from commands import COMMANDS

from models.detectors import DETECTORS
from streams.config import Config
from streams.delays import BOUNDS
from streams.metrics.catalogue import FAMILIES
from streams.metrics.thresholds import thresholds

ALERTS = shipped.alerts()
every_alert = pytest.mark.parametrize("name", sorted(ALERTS))

EXPRESSIONS = [rule["expr"] for rule in shipped.rules()]
RECORDED = {rule["record"]: rule["expr"] for rule in shipped.rules() if "record" in rule}
LABELS = {name: {*family.labels, "le"} for family in FAMILIES for name in family.series_names()}
SCRAPED = {"job", "instance"}

BOARDS = {
    path.stem: json.loads(path.read_text())
    for path in shipped.DEPLOY.parent.glob("grafana/dashboards/*.json")
}
SECTIONS = dict(
    re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", shipped.RUNBOOK.read_text(), flags=re.MULTILINE | re.DOTALL)
)
SAYS = ("**Means**", "**Check first**", "**Does not mean**", "**Silence**", "**Escalate**")


def selectors(expression: str) -> Iterator[promql_parser.VectorSelector]:
    """Yield every selector of an expression."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expression), visit)
    yield from found


def labels_of(name: str) -> set[str]:
    """Return the labels that a series may have: Prometheus' own, a family's, or those of what it records."""
    if name == "up":
        return SCRAPED
    if name in RECORDED:
        return SCRAPED.union(*(labels_of(one) for one, _ in selected(RECORDED[name])))
    return LABELS[name] | SCRAPED


def selected(expression: str) -> list[tuple[str, set[str]]]:
    """Return what an expression selects: name, and the labels that it matches."""
    return [
        (str(one.name), {matcher.name for matcher in one.matchers.matchers}) for one in selectors(expression)
    ]


def asked(text: str) -> list[tuple[str, set[str]]]:
    """Return what the queries in a template select, as far as its braces stand beside the name."""
    text = re.sub(r"\$externalLabels\.\w+", "", text.replace("\\", ""))
    found = re.findall(r"((?:\w+:)?touchpoint_\w+(?::\w+)?)(?:\{(.*?)\})?", text)
    return [(name, set(re.findall(r"(\w+)=", braces))) for name, braces in found]


@every_alert
def test_an_alert_says_what_it_has_to(name: str) -> None:
    """Severity and component, what it is and what to do first, and where to look."""
    rule = ALERTS[name]
    assert name.startswith("Touchpoint")
    assert set(rule["labels"]) == {"severity", "component"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert rule["labels"]["component"] in {"findings", "pipeline"}
    texts = rule["annotations"]
    assert {"summary", "description", "runbook_url", "dashboard_url"} <= set(texts)
    assert texts["runbook_url"] == f"{{{{ $externalLabels.touchpoint_runbook }}}}#{name.lower()}"
    assert texts["dashboard_url"].startswith("{{ $externalLabels.touchpoint_grafana }}/d/touchpoint-")
    assert ("evidence_url" in texts) == ("alert_id" in rule["expr"])


def test_no_number_is_a_label() -> None:
    """A label that changes would be a new alert each time; numbers stand in annotations."""
    assert not any("{{" in str(value) for rule in ALERTS.values() for value in rule["labels"].values())


@every_alert
def test_an_alert_has_its_section_in_the_runbook(name: str) -> None:
    """It means, check first, does not mean, how to silence, when to escalate."""
    section = SECTIONS[name]
    assert all(part in section for part in SAYS), name


def test_the_runbook_speaks_of_no_other_alert() -> None:
    """A section without an alert is one that nobody comes to; a name in the text is one that there is."""
    assert set(SECTIONS) == set(ALERTS)
    assert set(re.findall(r"Touchpoint[A-Z]\w+", shipped.RUNBOOK.read_text())) <= set(ALERTS)


def test_the_runbook_asks_for_what_there_is() -> None:
    """Its commands are ours, its metrics are in the catalogue, its settings are in the configuration."""
    text = shipped.RUNBOOK.read_text()
    assert set(re.findall(r"^touchpoint (\w+)|`touchpoint (\w+)", text, flags=re.MULTILINE)) <= {
        pair for command in COMMANDS for pair in ((command, ""), ("", command))
    }
    assert set(re.findall(r"touchpoint_\w+", text)) <= set(LABELS)
    for setting in re.findall(r"`([a-z_]+\.[a-z_]+)`", text.replace("`retention.ms`", "")):
        section, _, key = setting.partition(".")
        assert hasattr(getattr(Config(), section), key), setting


def test_rules_read_series_that_there_are() -> None:
    """Every name is in the catalogue, recorded, or Prometheus' own; every label is one that it has."""
    for expression in EXPRESSIONS:
        for name, labels in selected(expression):
            assert labels <= labels_of(name), name


def test_rules_group_by_labels_that_there_are() -> None:
    """What `by`, `on` and `ignoring` name is a label of something in the same expression."""
    for expression in EXPRESSIONS:
        known = set[str]().union(*(labels_of(name) for name, _ in selected(expression)))
        for listed in re.findall(r"\b(?:by|on|ignoring) \(([^)]*)\)", expression):
            assert {label.strip() for label in listed.split(",")} <= known, expression


@every_alert
def test_texts_ask_for_series_that_there_are(name: str) -> None:
    """So do the queries in annotations: a mistyped one would only leave a number out."""
    for text in ALERTS[name]["annotations"].values():
        for family, labels in asked(text):
            assert labels <= labels_of(family), family


def test_templates_of_labels_are_those_of_the_families() -> None:
    """The braces that queries share (`$alert`, `$cell`, `$who`) hold labels of the families asked so."""
    for rule in ALERTS.values():
        text = "".join(rule["annotations"].values()).replace("\\", "")
        for variable, braces in re.findall(r"\$(\w+) := printf \"\{(.*?)\}\"", text):
            labels = set(re.findall(r"(\w+)=", braces))
            families = re.findall(rf"\"[^\"]*?(touchpoint_\w+)%s\)\" \${variable}\b", text)
            assert families, variable
            for family in families:
                assert labels <= labels_of(family), (family, labels)


def test_thresholds_are_those_in_force() -> None:
    """Every threshold that a rule reads stands on the page."""
    text = "".join(file.read_text() for file in shipped.RULE_FILES)
    named = {name.replace("%%s", "binary") for name in re.findall(r"name=\\?\"([\w.%]+)\\?\"", text)}
    assert named
    assert named <= set(thresholds(Config()))


def test_the_promise_is_a_bucket() -> None:
    """The bound that the burn rates read is one of the histogram's."""
    text = "".join(file.read_text() for file in shipped.RULE_FILES)
    assert {float(bound) for bound in re.findall(r'le="([\d.]+)"', text)} <= set(BOUNDS)


def test_every_kind_of_finding_is_told() -> None:
    """Each detector has one alert: a new one that had none would find things for nobody."""
    kinds = [kind for rule in ALERTS.values() for kind in re.findall(r'alert\{kind="(\w+)"\}', rule["expr"])]
    assert sorted(kinds) == sorted(detector.kind for detector in DETECTORS)


@every_alert
def test_links_lead_to_boards_that_there_are(name: str) -> None:
    """With variables that the board has."""
    url = ALERTS[name]["annotations"]["dashboard_url"]
    board = BOARDS[re.search(r"/d/([\w-]+)", url)[1]]  # type: ignore[index]
    assert board["uid"] in url
    known = {variable["name"] for variable in board["templating"]["list"]}
    assert set(re.findall(r"var-(\w+)=", url)) <= known


def test_addresses_are_known_and_leave_no_alert() -> None:
    """What templates read of external labels is set, and is dropped from alerts again."""
    config: dict[str, Any] = yaml.safe_load(shipped.PROMETHEUS.read_text())
    read = set(
        re.findall(r"\$externalLabels\.(\w+)", "".join(file.read_text() for file in shipped.RULE_FILES))
    )
    assert read == set(config["global"]["external_labels"])
    [drop] = config["alerting"]["alert_relabel_configs"]
    assert drop["action"] == "labeldrop"
    assert all(re.fullmatch(drop["regex"], name) for name in read)
