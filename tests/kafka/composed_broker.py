"""Kafka as docker-compose.yml sets it up, from the jars: the image's own wrapper reads the environment.

Only addresses and folders are others; heap, settings and formatting are those of the container.
"""

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from composed import SERVICES, binds
from kafka import jars
from kafka.broker import GRACE_S, Broker

from streams import child_server
from streams.child_server import ServerError

KAFKA = SERVICES["kafka"]


class ComposedBroker(Broker):
    """That Kafka for as long as the `with` block lasts.

    Attributes
    ----------
    inside, outside : str
        Where its neighbours come to it, and where this machine does.
    """

    def __init__(self) -> None:
        super().__init__()
        heap = KAFKA["environment"]["KAFKA_HEAP_OPTS"].split()
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        self._java = [jars.java(), *heap, quiet, "-cp", jars.class_path()]
        self._inside, self._outside, self._controller = child_server.free_ports(3)
        self.port = self._inside
        self.inside = self.bootstrap = f"127.0.0.1:{self._inside}"
        self.outside = f"127.0.0.1:{self._outside}"

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="touchpoint-composed-")
        folder = Path(self._folder.name)
        self._log, self._settings = folder / "broker.log", folder / "config" / "server.properties"
        try:
            self._set_up(folder)
            self._start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        child_server.stop(self._process, GRACE_S)
        self._folder.cleanup()

    @property
    def settings(self) -> dict[str, str]:
        """The server.properties that the wrapper has made."""
        lines = self._settings.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def _here(self, value: str) -> str:
        """Return a value of the environment with the addresses of this machine."""
        for there, here in (
            ("INTERNAL://kafka:9092", f"INTERNAL://{self.inside}"),
            ("INTERNAL://:9092", f"INTERNAL://{self.inside}"),
            ("HOST://127.0.0.1:9092", f"HOST://{self.outside}"),
            ("HOST://:19092", f"HOST://{self.outside}"),
            ("localhost:9093", f"127.0.0.1:{self._controller}"),
        ):
            value = value.replace(there, here)
        return value

    def _set_up(self, folder: Path) -> None:
        for name in ("default", "config"):
            (folder / name).mkdir()
        for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
            (folder / "default" / name).touch()
        environment = {key: self._here(value) for key, value in KAFKA["environment"].items()}
        environment["KAFKA_LOG_DIRS"] = str(folder / "data")
        folders = {
            "--default-configs-dir": folder / "default",
            "--mounted-configs-dir": binds(KAFKA)["/mnt/shared/config"],
            "--final-configs-dir": folder / "config",
        }
        arguments = [str(word) for pair in folders.items() for word in pair]
        done = subprocess.run(
            [*self._java, "kafka.docker.KafkaDockerWrapper", "setup", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerError(f"the image's wrapper refuses:\n{done.stdout}\n{done.stderr}")
