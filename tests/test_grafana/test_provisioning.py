"""What Grafana is given at its start: where data comes from, and the boards as files."""

from pathlib import Path
from typing import Any

import yaml
from grafana_boards import BOARDS

from grafana.preview.reading import DASHBOARDS

PROVISIONING = DASHBOARDS.parent / "provisioning"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_data_sources_have_fixed_names_and_cannot_be_edited() -> None:
    """Prometheus is the default; Alertmanager is shown, and Grafana alerts nobody itself."""
    sources = {
        one["type"]: one for one in read(PROVISIONING / "datasources" / "touchpoint.yaml")["datasources"]
    }
    assert {name: one["uid"] for name, one in sources.items()} == {
        "prometheus": "touchpoint-prometheus",
        "alertmanager": "touchpoint-alertmanager",
    }
    assert sources["prometheus"]["isDefault"]
    assert not any(one["editable"] for one in sources.values())
    assert sources["prometheus"]["jsonData"]["manageAlerts"] is False
    assert sources["alertmanager"]["jsonData"]["handleGrafanaManagedAlerts"] is False


def test_the_scrape_interval_is_prometheus_own() -> None:
    """Grafana takes $__rate_interval from it."""
    [prometheus, _] = read(PROVISIONING / "datasources" / "touchpoint.yaml")["datasources"]
    deployed = read(PROVISIONING.parents[1] / "deploy" / "prometheus" / "prometheus.yml")
    assert prometheus["jsonData"]["timeInterval"] == deployed["global"]["scrape_interval"]


def test_boards_are_files_that_nobody_changes_in_grafana() -> None:
    """They stand in one folder, and a change in Grafana is not kept."""
    [provider] = read(PROVISIONING / "dashboards" / "touchpoint.yaml")["providers"]
    assert (provider["type"], provider["allowUiUpdates"], provider["disableDeletion"]) == (
        "file",
        False,
        True,
    )
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
    assert len(BOARDS) == 7
