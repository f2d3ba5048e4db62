"""A headless Chromium, as Debian packages it: what it makes of a page, and a picture of it."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from prometheus_tools import binary

GIVE_UP_S = 120.0
_QUIETLY = (
    "--headless=new",
    "--no-sandbox",  # the tests may run as root in a container; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-lcd-text",  # the same picture on every screen
    "--enable-logging=stderr",
)


class Opened(NamedTuple):
    """What a page came to."""

    dom: str
    console: list[str]
    """What was said on the console: errors, and what the Content-Security-Policy refused."""


def opened(url: str, folder: Path) -> Opened:
    """Return what Chromium makes of a page; `folder` holds its profile."""
    done = _run(folder, "--dump-dom", url)
    return Opened(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


def screenshot(url: str, image: Path, folder: Path, *, width: int, height: int, dark: bool = False) -> None:
    """Write a picture of a page as wide and high as asked, in its light or its dark colours."""
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    _run(folder, scheme, f"--window-size={width},{height}", f"--screenshot={image}", url)


@contextmanager
def serving(pages: Mapping[str, str], policy: str) -> Iterator[str]:
    """Serve pages by path on loopback for the block, under a Content-Security-Policy; return the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = binary("chromium")
    argv = [program, *_QUIETLY, f"--user-data-dir={folder}", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=GIVE_UP_S, check=True)
