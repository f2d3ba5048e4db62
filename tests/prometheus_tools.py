"""Prometheus and promtool as they are installed here, and a server for a page to be scraped from."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest

from streams import child_server
from streams.metrics import Page

GIVE_UP_S = 60.0


def binary(name: str) -> str:
    """Return the path of a program; without it the test is skipped, in CI failed."""
    path = shutil.which(name)
    if path is None and os.environ.get("CI") == "true":  # there a skip would hide a broken page
        pytest.fail(f"no {name} to test with")
    if path is None:
        pytest.skip(f"no {name} to test with")
    return path


@contextmanager
def served(page: Page) -> Iterator[int]:
    """Serve a page on loopback for the block; return the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = page.get(self.headers["Accept"], self.headers["Accept-Encoding"])
            self.send_response(200)
            self.send_header("Content-Type", reply.content_type)
            if reply.content_encoding is not None:
                self.send_header("Content-Encoding", reply.content_encoding)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Prometheus:
    """A Prometheus of our own that scrapes ports of this machine every second."""

    def __init__(self, port: int) -> None:
        self.port = port

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return what an instant query gives now; nothing while it cannot answer."""
        answer = self._get(f"/api/v1/query?query={quote(expression)}")
        return [(one["metric"], float(one["value"][1])) for one in answer.get("result", ())]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing now."""
        return list(self._get("/api/v1/alerts").get("alerts", ()))

    def _get(self, path: str) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException):
            return {}
        finally:
            connection.close()
        data: dict[str, Any] = json.loads(body)["data"] if answer.status == 200 else {}
        return data


def scraping(
    ports: Iterable[int], folder: Path, rules: Path | None = None
) -> AbstractContextManager[Prometheus]:
    """Run a Prometheus that scrapes these ports for the block; it is gone afterwards, whatever happens."""
    job = {
        "job_name": "touchpoint",
        "static_configs": [{"targets": [f"127.0.0.1:{target}" for target in ports]}],
    }
    often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    files = [] if rules is None else [str(rules)]
    return running({"global": often, "rule_files": files, "scrape_configs": [job]}, folder)


@contextmanager
def running(configuration: Mapping[str, Any], folder: Path) -> Iterator[Prometheus]:
    """Run a Prometheus under this configuration for the block; it is gone afterwards, whatever happens."""
    program = binary("prometheus")
    config = folder / "prometheus.yml"
    config.write_text(json.dumps(configuration))
    [port] = child_server.free_ports(1)
    process = child_server.start(
        [
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        folder / "prometheus.log",
    )
    try:
        yield Prometheus(port)
    finally:
        child_server.stop(process, 5.0)


def eventually(holds: Callable[[], bool]) -> bool:
    """Tell whether something comes to hold before it is time to give up."""
    give_up = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up:
        if holds():
            return True
        time.sleep(0.1)
    return False
