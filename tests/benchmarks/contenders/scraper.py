"""Scrapes a worker every second as Prometheus does, over one connection, until its standard input ends.

    python -m benchmarks.contenders.scraper HOST PORT

It prints how many seconds each answer took; what was not answered, because nobody listened yet, is left out.
"""

import json
import select
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Final

EVERY_S: Final = 1.0
AS_PROMETHEUS: Final = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "Accept-Encoding": "gzip",
}


def scraped(connection: HTTPConnection) -> float:
    """Return how long an answer took, from the request to its last byte."""
    begin = time.perf_counter()
    connection.request("GET", "/metrics", headers=AS_PROMETHEUS)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise HTTPException
    return time.perf_counter() - begin


def scrape(host: str, port: int) -> list[float]:
    """Scrape every second until the standard input ends."""
    connection, took = HTTPConnection(host, port, timeout=30), []
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(due - time.monotonic(), 0))[0]:
        due += EVERY_S
        try:
            took.append(scraped(connection))
        except (OSError, HTTPException):
            connection.close()
    with suppress(OSError):
        connection.close()
    return took


if __name__ == "__main__":
    print(json.dumps(scrape(sys.argv[1], int(sys.argv[2]))))
