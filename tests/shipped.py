"""The rules and the two configurations of `deploy/`, as they are shipped and as a test runs them.

What a test changes: where others are, how long is waited, and who is told; the hours are all hours unless it
says otherwise. Every expression, annotation, route, group, inhibition and template is the shipped one.
"""

import re
import shutil
from pathlib import Path
from typing import Any, Final

import yaml

DEPLOY: Final = Path(__file__).parents[1] / "deploy"
RULE_FILES: Final = tuple(sorted((DEPLOY / "prometheus").glob("*.rules.yml")))
PROMETHEUS: Final = DEPLOY / "prometheus" / "prometheus.yml"
ALERTMANAGER: Final = DEPLOY / "alertmanager" / "alertmanager.yml"
TEMPLATES: Final = ALERTMANAGER.parent / "templates"
RUNBOOK: Final = DEPLOY / "runbook.md"

ALL_HOURS: Final = [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]
NO_HOURS: Final = [{"years": ["1999"]}]

_SOON: Final = "2s"
_KEEP: Final = "10s"
"""Longer than a take-over's `for`, so that held findings stand until others are told."""


def rules() -> list[dict[str, Any]]:
    """Return every rule, recording and alerting, in order."""
    groups = [group for file in RULE_FILES for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """Return the alerting rules by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def alertmanager() -> dict[str, Any]:
    """Return Alertmanager's configuration."""
    config: dict[str, Any] = yaml.safe_load(ALERTMANAGER.read_text())
    return config


def prometheus_in_haste(folder: Path, worker: int, alertmanager: int) -> dict[str, Any]:
    """Return Prometheus' configuration for a worker and an Alertmanager on these ports of this machine.

    It looks every second, with rules that wait for seconds instead of minutes.
    """
    config: dict[str, Any] = yaml.safe_load(PROMETHEUS.read_text())
    haste = folder / "rules"
    haste.mkdir()
    for file in RULE_FILES:
        text = re.sub(r"^( +for:) \w+", rf"\1 {_SOON}", file.read_text(), flags=re.MULTILINE)
        text = re.sub(r"^( +keep_firing_for:) \w+", rf"\1 {_KEEP}", text, flags=re.MULTILINE)
        (haste / file.name).write_text(text)
    config["rule_files"] = [str(haste / name) for name in config["rule_files"]]
    config["global"]["external_labels"]["touchpoint_worker"] = f"http://127.0.0.1:{worker}"
    config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == "touchpoint"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{worker}"]}]
    config["scrape_configs"] = [job]
    [told] = config["alerting"]["alertmanagers"]
    told["static_configs"] = [{"targets": [f"127.0.0.1:{alertmanager}"]}]
    return config


def alertmanager_in_haste(folder: Path, hours: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return Alertmanager's configuration, groups told within a second, at all hours or at these."""
    config = alertmanager()
    shutil.copytree(TEMPLATES, folder / "templates")
    for interval in config["time_intervals"]:
        interval["time_intervals"] = ALL_HOURS if hours is None else hours
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s"}
    return config


def to_webhooks(config: dict[str, Any], port: int) -> dict[str, Any]:
    """Return a configuration in which every receiver is a webhook on this port, under its own name."""
    hooks = [
        {
            "name": receiver["name"],
            "webhook_configs": [
                {"url": f"http://127.0.0.1:{port}/{receiver['name']}", "send_resolved": True}
            ],
        }
        for receiver in config["receivers"]
        if len(receiver) > 1
    ]
    nobody = [receiver for receiver in config["receivers"] if len(receiver) == 1]
    return config | {"global": {}, "receivers": [*hooks, *nobody]}


def to_sinks(config: dict[str, Any], http: int, smtp: int) -> dict[str, Any]:
    """Return a configuration in which chat and pager are on one port of this machine, mail on another."""
    secret = {"slack_api_url_file", "smtp_auth_username", "smtp_auth_password_file"}
    told = {name: value for name, value in config["global"].items() if name not in secret}
    told |= {
        "slack_api_url": f"http://127.0.0.1:{http}/chat",
        "pagerduty_url": f"http://127.0.0.1:{http}/pager",
        "smtp_smarthost": f"127.0.0.1:{smtp}",
        "smtp_require_tls": False,
    }
    for receiver in config["receivers"]:
        receiver.pop("webhook_configs", None)
        for pager in receiver.get("pagerduty_configs", ()):
            del pager["routing_key_file"]
            pager["routing_key"] = "a key that only tests know"
    return config | {"global": told}
