"""Who is told what: Alertmanager's routes, groups and secrets, as amtool and Alertmanager read them."""

import re
import subprocess
from os import environ
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from alertmanagers import alerting
from prometheus_tools import binary, eventually
from shipped import ALERTMANAGER, RUNBOOK, TEMPLATES, alertmanager, alertmanager_in_haste, alerts, to_webhooks

pytestmark = pytest.mark.prometheus


def receiver_of(labels: dict[str, str]) -> str:
    """Return who is to be told of an alert with these labels."""
    match labels:
        case {"alertname": "TouchpointWatchdog"}:
            return "deadman"
        case {"severity": "none" | "info"}:
            return "nobody"
        case {"alertname": "TouchpointEmployeeOutlier"}:
            return "findings-people"
        case {"component": "findings"}:
            return "findings"
        case {"severity": "critical"}:
            return "on-call"
    return "pipeline"


def test_amtool_takes_it() -> None:
    """The file is right and its templates parse."""
    told = said("check-config", str(ALERTMANAGER))
    assert "SUCCESS" in told
    assert "1 templates" in told


def test_it_starts_before_anybody_has_put_a_secret_there(tmp_path: Path) -> None:
    """The file as it is: a secret is read when a message is sent, so a missing one stops nothing else."""
    copytree(TEMPLATES, tmp_path / "templates")
    with alerting(alertmanager(), tmp_path) as running:
        assert running.is_ready()


@pytest.mark.parametrize("name", sorted(alerts()))
def test_each_alert_goes_to_those_it_concerns(name: str) -> None:
    """Findings never to on-call, the pipeline's critical ones always, the watchdog to a dead man's switch."""
    labels = {"alertname": name, "job": "touchpoint", **alerts()[name]["labels"]}
    receiver = receiver_of(labels)
    pairs = [f"{key}={value}" for key, value in labels.items()]
    command = ["config", "routes", "test", f"--config.file={ALERTMANAGER}", f"--verify.receivers={receiver}"]
    assert receiver in said(*command, *pairs)


def test_what_nobody_thought_of_is_seen() -> None:
    """An alert of another's rules goes to those who run the service."""
    command = ["config", "routes", "test", f"--config.file={ALERTMANAGER}", "--verify.receivers=pipeline"]
    said(*command, "alertname=SomethingElse", "severity=warning")


def test_nobody_is_a_group_of_his_own() -> None:
    """No route groups by what singles out a person or a finding: forty of them are one message."""
    for route in routes(alertmanager()["route"]):
        assert not {"employee", "alert_id", "..."} & set(route.get("group_by", ()))


def test_findings_keep_business_hours() -> None:
    """No finding is told at night or on a Sunday; everything about the pipeline is."""
    config = alertmanager()
    bound = [route for route in routes(config["route"]) if "active_time_intervals" in route]
    assert [route["receiver"] for route in bound] == ["findings", "findings-people"]
    [hours] = config["time_intervals"]
    assert all(route["active_time_intervals"] == [hours["name"]] for route in bound)
    [interval] = hours["time_intervals"]
    assert interval["weekdays"] == ["monday:friday"]
    assert interval["times"] == [{"start_time": "08:00", "end_time": "18:00"}]


def test_what_is_about_a_person_comes_by_mail_only() -> None:
    """No chat channel, pager or webhook has it."""
    [people] = [one for one in alertmanager()["receivers"] if one["name"] == "findings-people"]
    assert set(people) == {"name", "email_configs"}


def test_secrets_stand_in_files() -> None:
    """No password, key, token or secret address stands in the configuration itself."""
    secret = re.compile(r"password|secret|token|credentials|_key|api_url|bearer")
    found = [key for key, _ in leaves(alertmanager()) if secret.search(key)]
    assert len(found) == 4
    assert all(key.endswith("_file") for key in found)


def test_inhibitions_name_alerts_that_there_are() -> None:
    """A mistyped name would mute nothing."""
    for rule in alertmanager()["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, names = re.fullmatch(r'(\w+)(?:!=|=~|=)"(.*)"', matcher).groups()  # type: ignore[union-attr]
            if label == "alertname":
                for name in names.split("|"):
                    assert any(re.fullmatch(name, alert) for alert in alerts()), name


LABELS = {"job": "touchpoint", "measure": "refused"}

MUTED = [
    ("TouchpointFindingsHeld", "TouchpointStratumSplit"),
    ("TouchpointFindingsHeld", "TouchpointEmployeeOutlier"),
    ("TouchpointFindingsHeld", "TouchpointWidespreadInconsistency"),
    ("TouchpointWidespreadInconsistency", "TouchpointStratumSplit"),
    ("TouchpointWidespreadInconsistency", "TouchpointEmployeeOutlier"),
    ("TouchpointWorkersAbsent", "TouchpointWorkerDown"),
    ("TouchpointWorkersAbsent", "TouchpointRestartsOften"),
    ("TouchpointNoJudge", "TouchpointLedgerLagHigh"),
    ("TouchpointPartitionsUnassigned", "TouchpointSourceSilent"),
    ("TouchpointStalled", "TouchpointConsumerLagGrowing"),
    ("TouchpointStalled", "TouchpointFreshnessBurnFast"),
    ("TouchpointFreshnessBurnFast", "TouchpointFreshnessBurnSlow"),
    ("TouchpointJudgeRecovering", "TouchpointEvaluationStalled"),
]
HEARD = [
    ("TouchpointFindingsHeld", "TouchpointNoJudge"),
    ("TouchpointWorkersAbsent", "TouchpointFindingsHeld"),
    ("TouchpointNoJudge", "TouchpointStalled"),
    ("TouchpointStratumSplit", "TouchpointEmployeeOutlier"),
    ("TouchpointLowEvidence", "TouchpointStratumSplit"),
    ("TouchpointWatchdog", "TouchpointStratumSplit"),
]


def test_what_is_muted_by_what(tmp_path: Path) -> None:
    """Stale figures accuse nobody, one cause is one message, another service's trouble mutes nothing here.

    Each pair is a service of its own.
    """
    pairs = [*MUTED, *HEARD]
    with alerting(to_webhooks(alertmanager_in_haste(tmp_path), 9), tmp_path) as running:
        for number, (source, target) in enumerate(pairs):
            running.tell(*(labelled(name, job=str(number)) for name in (source, target)))
        running.tell(labelled("TouchpointStratumSplit", job="another"))
        running.tell(labelled("TouchpointWidespreadInconsistency", job="measures"))
        running.tell(labelled("TouchpointStratumSplit", job="measures", measure="survey"))
        assert eventually(lambda: len(running.alerts()) == 2 * len(pairs) + 3)

        def suppressed() -> set[tuple[str, str]]:
            """Return who is muted, by service and alert."""
            return {
                (alert["labels"]["job"], alert["labels"]["alertname"])
                for alert in running.alerts()
                if alert["status"]["state"] == "suppressed"
            }

        expected = {(str(number), target) for number, (_, target) in enumerate(MUTED)}
        assert eventually(lambda: suppressed() == expected), suppressed() ^ expected


def test_the_runbook_silences(tmp_path: Path) -> None:
    """Its command, to the letter but for the address, mutes the alert that it names."""
    command = re.search(r"```sh\n(amtool .*?)\n```", RUNBOOK.read_text(), flags=re.DOTALL)[1]  # type: ignore[index]
    with alerting(to_webhooks(alertmanager_in_haste(tmp_path), 9), tmp_path) as running:
        running.tell(labelled("TouchpointWorkerDown"))
        local = command.replace("localhost:9093", f"127.0.0.1:{running.port}")
        subprocess.run(
            ["/bin/sh", "-c", local], check=True, capture_output=True, env={"USER": "me"} | environ
        )
        assert eventually(lambda: [one["status"]["state"] for one in running.alerts()] == ["suppressed"])


def labelled(name: str, **changes: str) -> dict[str, Any]:
    """Return an alert as its rule labels it."""
    return {"labels": {"alertname": name, **alerts()[name]["labels"], **LABELS, **changes}}


def routes(route: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a route and all under it, in their order."""
    return [route, *(one for child in route.get("routes", ()) for one in routes(child))]


def leaves(node: Any, key: str = "") -> list[tuple[str, Any]]:
    """Return every value of nested containers with the key that it stands under."""
    if isinstance(node, dict):
        return [leaf for name, value in node.items() for leaf in leaves(value, name)]
    if isinstance(node, list):
        return [leaf for value in node for leaf in leaves(value, key)]
    return [(key, node)]


def said(*arguments: str) -> str:
    """Run amtool, see that it is content, and return what it says."""
    done = subprocess.run([binary("amtool"), *arguments], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
