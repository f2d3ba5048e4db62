"""The services of docker-compose.yml on this machine, without containers: Kafka, topics, worker, simulator.

Kafka runs from the jars under the environment of its service, our services from the played image under their
commands, files and user. Only addresses, the place of the secret and the pace of the simulator are others.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from composed import ROOT, SERVICES, WORKER_TOML, one, recipe
from kafka.composed_broker import ComposedBroker
from kafka.jars import MissingError
from played_image import PlayedImage
from prometheus_client.parser import text_string_to_metric_families

from streams import child_server

pytestmark = pytest.mark.kafka

WAIT_S = 120.0
STOP_S = float(SERVICES["worker"]["stop_grace_period"].removesuffix("s"))


class Composition:
    """The services, as `docker compose --profile demo up` would start them."""

    def __init__(self, image: PlayedImage, kafka: ComposedBroker) -> None:
        self._image = image
        self.kafka = kafka
        [self.port] = child_server.free_ports(1)
        self.folder = image.folder / "etc"
        self.folder.mkdir()
        shutil.copyfile(WORKER_TOML, self.folder / "touchpoint.toml")
        subprocess.run(
            ["make", "--silent", "--always-make", f"SECRETS={self.folder / 'secret'}", "secrets"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        self.folder.chmod(0o755)  # Compose mounts the file past its folder; here the user has to walk in

    def environment(self, kafka: str) -> dict[str, str]:
        """Return what takes the place of addresses inside of containers."""
        return self._image.environment | {
            "TOUCHPOINT_KAFKA__BROKERS": json.dumps([kafka]),
            "TOUCHPOINT_HTTP__HOST": "127.0.0.1",
            "TOUCHPOINT_HTTP__PORT": str(self.port),
            "TOUCHPOINT_PRIVACY__SECRET_FILE": str(self.folder / "secret"),
        }

    def command(self, service: str, *more: str) -> list[str]:
        """Return what a service runs."""
        there, here = "/etc/touchpoint/touchpoint.toml", str(self.folder / "touchpoint.toml")
        words = [here if word == there else word for word in SERVICES[service]["command"]]
        return self._image.entry(*words, *more)

    def run(self, service: str) -> "subprocess.CompletedProcess[str]":
        """Run a service that ends by itself."""
        return subprocess.run(
            self.command(service),
            env=self.environment(self.kafka.inside),
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )

    def start(self, service: str, *more: str) -> "subprocess.Popen[bytes]":
        """Start one that runs on."""
        log = self._image.folder / f"{service}.log"
        return child_server.start(self.command(service, *more), log, self.environment(self.kafka.inside))

    def log(self, service: str) -> str:
        """Return what it has said."""
        return (self._image.folder / f"{service}.log").read_text()

    def is_healthy(self) -> bool:
        """Ask the worker as the engine would."""
        words = [word.replace("6066", str(self.port)) for word in one(recipe()[-1], "HEALTHCHECK").words]
        command = [*self._image.as_its_user, *self._image.command(words)]
        asked = subprocess.run(command, env=self._image.environment, capture_output=True, check=False)
        return asked.returncode == 0

    def get(self, path: str) -> str:
        """Return a page of the worker, nothing while it does not answer."""
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as page,
        ):
            body: bytes = page.read()
            return body.decode()
        return ""

    def alerts(self) -> set[tuple[str, ...]]:
        """Return kind, channel and issue type of each alert on the page."""
        return {
            (sample.labels["kind"], sample.labels["channel"], sample.labels["issue_type"])
            for family in text_string_to_metric_families(self.get("/metrics"))
            for sample in family.samples
            if sample.name == "touchpoint_inconsistency_alert"
        }


@pytest.fixture(scope="module")
def composition(image: PlayedImage) -> Iterator[Composition]:
    """Lend the composition with Kafka up."""
    try:
        broker = ComposedBroker()
    except MissingError as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Apache Kafka to test with: {missing}")
        pytest.skip(f"no Apache Kafka to test with: {missing}")
    with broker as kafka:
        yield Composition(image, kafka)


def until(holds: Callable[[], bool], said: Callable[[], str]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, said()
        time.sleep(0.2)


def test_kafka_takes_every_setting_of_the_environment(composition: Composition) -> None:
    """What stands in the environment is in its server.properties, under Kafka's names."""
    stated = {
        key: value for key, value in SERVICES["kafka"]["environment"].items() if key.startswith("KAFKA_")
    }
    del stated["KAFKA_HEAP_OPTS"]  # of the JVM
    taken = {key.removeprefix("KAFKA_").lower().replace("_", "."): value for key, value in stated.items()}
    settings = composition.kafka.settings

    assert set(taken) <= set(settings)
    elsewhere = {key for key, value in taken.items() if settings[key] != value}
    assert elsewhere == {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}


def test_topics_are_made_and_good(composition: Composition) -> None:
    """The one-shot makes all of them, finds nothing wrong, and changes nothing when it runs again."""
    first, again = composition.run("topics"), composition.run("topics")

    assert (first.returncode, again.returncode) == (0, 0), first.stdout + first.stderr
    assert "created" in first.stdout


def test_the_demo_shows_its_alerts(composition: Composition) -> None:
    """The worker becomes healthy and ready, finds what the simulator has planted, and leaves in time."""
    worker = composition.start("worker")
    simulator = None
    try:
        until(lambda: composition.get("/readyz") == "ready\n", lambda: composition.log("worker"))
        assert composition.is_healthy()
        simulator = composition.start("simulator", "--day-seconds", "0.1")
        until(
            lambda: {"stratum_split", "employee_outlier"} <= {kind for kind, *_ in composition.alerts()},
            lambda: composition.log("worker") + composition.log("simulator"),
        )
        worker.terminate()
        assert worker.wait(STOP_S) == 0
        assert not composition.is_healthy()
    finally:
        for process in filter(None, (simulator, worker)):
            child_server.stop(process, STOP_S)
