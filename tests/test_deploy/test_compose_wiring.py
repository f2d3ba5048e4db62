"""The services of docker-compose.yml find each other: addresses, ports and files agree."""

import re
import tomllib
from dataclasses import replace
from typing import Any

import pytest
import yaml
from commands import touchpoint
from composed import ONE_SHOTS, OURS, ROOT, SERVICES, WORKER_TOML, binds, one, recipe

from streams import app
from streams.config import Config, load

CONFIG = load(WORKER_TOML, environment={})


def listens(service: str, address: str) -> bool:
    """Return whether an address is that of a service that a neighbour could come to."""
    host, _, port = address.rpartition(":")
    ports = {"kafka": "9092", "worker": str(CONFIG.http.port), "kafka-exporter": "9308"}
    ports |= {"prometheus": "9090", "alertmanager": "9093", "grafana": "3000"}
    return host == service and ports[service] == port


def test_the_worker_differs_from_the_defaults_only_where_it_says_so() -> None:
    """A default that changes changes here too; what the file states is not the default anyway."""
    stated = tomllib.loads(WORKER_TOML.read_text())
    sections = {
        section: replace(
            getattr(Config(), section), **{key: getattr(getattr(CONFIG, section), key) for key in keys}
        )
        for section, keys in stated.items()
    }

    assert replace(Config(), **sections) == CONFIG
    for section, keys in stated.items():
        for key in keys:
            assert getattr(getattr(Config(), section), key) != getattr(getattr(CONFIG, section), key)


def test_the_worker_finds_kafka_and_its_secret() -> None:
    """Its brokers are Kafka as Kafka tells it to its neighbours; its secret is where Compose puts it."""
    [broker] = CONFIG.kafka.brokers
    assert f"INTERNAL://{broker}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert CONFIG.privacy.secret_file.removeprefix("/run/secrets/") in SERVICES["worker"]["secrets"]


def test_from_outside_kafka_is_where_the_defaults_look() -> None:
    """`touchpoint doctor` on this machine reaches it without any configuration."""
    told = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert f"HOST://{Config().kafka.brokers[0]}" in told
    assert SERVICES["kafka"]["ports"] == [f"{Config().kafka.brokers[0]}:19092"]
    assert "HOST://:19092" in SERVICES["kafka"]["environment"]["KAFKA_LISTENERS"].split(",")


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_are_called_as_the_command_is(name: str) -> None:
    """Each runs a command that exists, with options that it has, under the file that is mounted."""
    command = SERVICES[name]["command"]
    told = touchpoint(command[0], "--help").stdout
    assert all(word in told for word in command if word.startswith("--"))
    assert command[command.index("--config") + 1] in binds(SERVICES[name])


def test_the_worker_may_end_in_its_own_time() -> None:
    """Docker waits longer than draining, committing, leaving and stopping may take."""
    longest = 2 * app._DRAIN_S + 2 * app._STOP_S - 5  # a stop that takes its whole time is one of the two
    assert float(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > longest


def test_prometheus_scrapes_who_is_there() -> None:
    """Every target and every Alertmanager is a service under its port, on a network of both."""
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}

    def addresses(of: dict[str, Any]) -> list[str]:
        fixed = [target for static in of.get("static_configs", ()) for target in static["targets"]]
        looked_up = [f"{name}:{dns['port']}" for dns in of.get("dns_sd_configs", ()) for name in dns["names"]]
        return fixed + looked_up

    assert [listens("worker", one) for one in addresses(jobs["touchpoint"])] == [True]
    alertmanagers = config["alerting"]["alertmanagers"]
    targets = [one for of in (*jobs.values(), *alertmanagers) for one in addresses(of)]
    for target in targets:
        if target.startswith(("localhost:", "127.0.0.1:")):
            continue  # Prometheus itself
        service = target.partition(":")[0]
        assert listens(service, target)
        assert set(SERVICES[service]["networks"]) & set(SERVICES["prometheus"]["networks"])
    assert any(listens("alertmanager", target) for target in targets)


def test_what_prometheus_and_alertmanager_read_is_mounted() -> None:
    """Rule files and templates stand in the folders that the containers see."""
    prometheus, alertmanager = binds(SERVICES["prometheus"]), binds(SERVICES["alertmanager"])
    read = [
        (prometheus["/etc/prometheus"], "prometheus.yml", "rule_files"),
        (alertmanager["/etc/alertmanager"], "alertmanager.yml", "templates"),
    ]
    for service in ("prometheus", "alertmanager"):
        [told] = [word for word in SERVICES[service]["command"] if word.startswith("--config.file=")]
        assert told == f"--config.file=/etc/{service}/{service}.yml"
    for folder, file, key in read:
        patterns = yaml.safe_load((folder / file).read_text())[key]
        assert patterns
        assert all(list(folder.glob(pattern)) for pattern in patterns)


def test_alertmanagers_secrets_come_with_its_overlay() -> None:
    """The file that is named behind docker-compose.yml lends it every secret that its configuration reads."""
    config = (ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text()
    overlay = yaml.safe_load((ROOT / "deploy" / "compose" / "notifications.yml").read_text())
    wanted = set(re.findall(r"^[^#\n]*_file: /run/secrets/(\w+)", config, re.MULTILINE))

    assert wanted == set(overlay["services"]["alertmanager"]["secrets"]) == set(overlay["secrets"])
    folder = "./deploy/compose/secrets"
    assert {one["file"] for one in overlay["secrets"].values()} == {f"{folder}/{name}" for name in wanted}


def test_grafana_finds_prometheus_and_the_boards() -> None:
    """What is provisioned points at the service, and at the folder that is mounted."""
    mounted = binds(SERVICES["grafana"])
    provisioning = mounted["/etc/grafana/provisioning"]
    sources = [
        source
        for file in (provisioning / "datasources").glob("*.y*ml")
        for source in yaml.safe_load(file.read_text())["datasources"]
    ]
    folders = [
        provider["options"]["path"]
        for file in (provisioning / "dashboards").glob("*.y*ml")
        for provider in yaml.safe_load(file.read_text())["providers"]
    ]
    assert "http://prometheus:9090" in [source["url"] for source in sources]
    assert folders
    assert all(folder in mounted and list(mounted[folder].glob("**/*.json")) for folder in folders)
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    folder, _, board = home.rpartition("/")
    assert (mounted[folder] / board).is_file()


def test_the_image_is_ours_and_of_this_version() -> None:
    """All that we build is one image, tagged and labelled with the version of the package."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"touchpoint-monitor:{version}"}
    assert f'image.version="{version}"' in one(recipe()[-1], "LABEL").text
    assert {"topics", "simulator"} == ONE_SHOTS
