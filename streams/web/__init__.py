"""What a worker answers over HTTP: the page for Prometheus, probes, the read API, pages for people."""

from streams.web.server import HttpServer

__all__ = ["HttpServer"]
