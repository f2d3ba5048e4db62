"""Alertmanager as it is installed here, and the places that it tells: chat and webhooks, and a mailbox."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from prometheus_tools import binary, eventually

from streams import child_server


class Alertmanager:
    """An Alertmanager of our own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def tell(self, *alerts: Mapping[str, Any]) -> None:
        """Post alerts, each with labels and annotations, as Prometheus does."""
        status, body = self._ask("POST", "/api/v2/alerts", json.dumps(alerts))
        assert status == 200, body

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that stand, each with its state: active or suppressed, and by what."""
        return list(json.loads(self._ask("GET", "/api/v2/alerts")[1] or "[]"))

    def is_ready(self) -> bool:
        """Return whether it answers."""
        return self._ask("GET", "/-/ready")[0] == 200

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()


@contextmanager
def alerting(configuration: Mapping[str, Any], folder: Path) -> Iterator[Alertmanager]:
    """Run an Alertmanager under this configuration for the block; it is gone afterwards, whatever happens."""
    program = binary("prometheus-alertmanager")
    config = folder / "alertmanager.yml"
    config.write_text(json.dumps(configuration))
    [port] = child_server.free_ports(1)
    log = folder / "alertmanager.log"
    process = child_server.start(
        [
            program,
            f"--config.file={config}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ],
        log,
    )
    running = Alertmanager(port)
    try:
        assert eventually(running.is_ready), log.read_text()
        yield running
    finally:
        child_server.stop(process, 5.0)


class Inbox:
    """What was posted to a port of this machine, as JSON, by path, oldest first."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.posted: list[tuple[str, Any]] = []

    def of(self, path: str) -> list[Any]:
        """Return what came under a path."""
        return [body for where, body in [*self.posted] if where == f"/{path}"]


@contextmanager
def receiving() -> Iterator[Inbox]:
    """Receive for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.posted.append((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        inbox = Inbox(server.server_port)
        with _serving(server):
            yield inbox


class Mailbox:
    """What was mailed to a port of this machine, oldest first."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Take mail for the block: as much of SMTP (RFC 5321) as Alertmanager speaks."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"220 test")
            while line := self.rfile.readline():
                command = line[:4].upper().strip()
                if command == b"DATA":
                    self._say(b"354 go on")
                    box.mails.append(_mail(self._data()))
                self._say(b"221 bye" if command == b"QUIT" else b"250 ok")

        def _say(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

        def _data(self) -> bytes:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return b"".join(lines)

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        box = Mailbox(server.server_address[1])
        with _serving(server):
            yield box


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Return a mail's text and its HTML."""
    return tuple(_content(mail, kind) for kind in ("plain", "html"))  # type: ignore[return-value]


def _content(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body([kind])
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def _mail(data: bytes) -> EmailMessage:
    mail = message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@contextmanager
def _serving(server: BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
