"""docker-compose.yml: what the specification allows, and what we ask of every service besides."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from composed import COMPOSE, ONE_SHOTS, OURS, ROOT, SERVICES, binds, volumes

every_service = pytest.mark.parametrize(("name", "service"), SERVICES.items(), ids=list(SERVICES))


def specification() -> Any:
    """Return the schema of the Compose specification, as check-jsonschema carries it."""
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    vendored = Path(package.origin).with_name("builtin_schemas") / "vendor"
    return json.loads((vendored / "compose-spec.json").read_text())


def test_it_is_what_the_specification_allows() -> None:
    """Every key is known and every value has its type."""
    jsonschema.validate(COMPOSE, specification())


def test_a_mistyped_key_would_be_found() -> None:
    """The schema refuses what it does not know: a health check under another name is none."""
    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.validate({"services": {"worker": {"image": "a:1", "helthcheck": {}}}}, specification())


@every_service
def test_an_image_is_pinned(name: str, service: dict[str, Any]) -> None:
    """Everybody gets the version that we mean: a full one, never the latest."""
    tag = service["image"].partition(":")[2].partition("@")[0]
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag), name


@every_service
def test_it_can_do_little_harm(name: str, service: dict[str, Any]) -> None:
    """No root, no capability, no way to gain any, nothing of the host, nothing writable but what is named."""
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0 or name == "grafana", "Grafana's image gives its folders to group 0"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    forbidden = {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices", "env_file", "userns_mode"}
    assert not forbidden & set(service)
    assert all(mount.get("read_only") for mount in service.get("volumes", ()) if isinstance(mount, dict))


@every_service
def test_it_is_bounded(name: str, service: dict[str, Any]) -> None:
    """Processors, memory, processes, temporary files and log have a limit: one service starves no other."""
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
    assert all("size=" in mount for mount in service.get("tmpfs", ())), name
    assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name


@every_service
def test_it_is_watched_and_started_again(name: str, service: dict[str, Any]) -> None:
    """What runs on has a health check and comes back after a crash; what ends by itself has neither."""
    if name in ONE_SHOTS:
        assert service["healthcheck"] == {"disable": True}
    else:
        assert service["restart"] == "unless-stopped"
        assert "healthcheck" in service or name in OURS, "our image brings its own"
        assert service.get("healthcheck", {}).get("disable") is None
    assert service["init"] is True


@every_service
def test_it_is_reached_from_this_machine_only(name: str, service: dict[str, Any]) -> None:
    """Ports are bound to loopback, by an address and not by a name."""
    for port in service.get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), name


@every_service
def test_no_secret_stands_in_it(name: str, service: dict[str, Any]) -> None:
    """Passwords come as files; a variable may only name one."""
    for key, value in service.get("environment", {}).items():
        if re.search("PASSWORD|SECRET(?!S)|TOKEN", key):
            assert key.endswith("__FILE"), f"{name}: {key}"
            assert value.removeprefix("/run/secrets/") in service["secrets"]
    assert all(secret in COMPOSE["secrets"] for secret in service.get("secrets", ()))


def test_secrets_are_made_and_stay_here() -> None:
    """`make secrets` makes each of them, in a folder that git and the image ignore."""
    told = re.search(r"^SECRETS = \$\(addprefix (\S+),(.+)\)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert told is not None
    made = {f"./{told[1]}{name}" for name in told[2].split()}

    assert made == {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert f"{told[1]}*" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


@every_service
def test_what_it_mounts_is_there(name: str, service: dict[str, Any]) -> None:
    """A missing file would be made a folder by Docker; ours must exist, and Docker is told to make none."""
    for target, source in binds(service).items():
        assert source.exists(), f"{name}: {target}"
    mounts = [mount for mount in service.get("volumes", ()) if isinstance(mount, dict)]
    assert all(mount["bind"] == {"create_host_path": False} for mount in mounts)
    assert set(volumes(service).values()) <= set(COMPOSE["volumes"])


@every_service
def test_it_waits_for_what_it_needs(name: str, service: dict[str, Any]) -> None:
    """Dependencies exist, without a circle, and are waited for until they are healthy or done."""

    def needs(of: str) -> set[str]:
        direct = SERVICES[of].get("depends_on", {})
        return set(direct).union(*(needs(one) for one in direct)) if direct else set()

    assert name not in needs(name)
    for needed, how in service.get("depends_on", {}).items():
        done = "service_completed_successfully" if needed in ONE_SHOTS else "service_healthy"
        assert how == {"condition": done}, needed
        assert "profiles" not in SERVICES[needed], "what is not started cannot be waited for"


def test_only_who_must_can_speak_to_kafka() -> None:
    """Kafka's network is its clients'; that of the figures cannot be left but through who serves people."""
    members = {
        network: {name for name, service in SERVICES.items() if network in service["networks"]}
        for network in COMPOSE["networks"]
    }
    assert members["stream"] == {"kafka", "topics", "worker", "kafka-exporter", "simulator"}
    assert members["metrics"] == {"worker", "kafka-exporter", "prometheus", "alertmanager", "grafana"}
    assert members["edge"] == {"prometheus", "alertmanager", "grafana"}
    assert COMPOSE["networks"]["metrics"] == {"internal": True}
    for name, service in SERVICES.items():
        lets_out = set(service["networks"]) - {"metrics"}
        assert lets_out or "ports" not in service, f"{name}: no port is let out of an internal network"
