"""How the service speaks: JSON lines on stderr, plain lines on a terminal; never an id, never a payload."""

import logging
import logging.config
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson

ACCESS: Final = logging.getLogger("touchpoint.access")
"""Who has read what of people: said at every level, and never held back."""
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        extra = {name: told for name, told in vars(record).items() if name not in _STANDARD}
        line |= {name: told for name, told in extra.items() if name not in line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # keys that are no words, bytes that are no text, numbers beyond 64 bits
            return orjson.dumps({name: _plain(told) for name, told in line.items()}).decode()


def _plain(value: object) -> str:
    return str(value).encode(errors="backslashreplace").decode()


class TextFormatter(logging.Formatter):
    """A line for people: time of day in UTC, level, message, then what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extra = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD)
        text = f"{clock} {record.levelname.lower():7} {record.getMessage()}{'  ' if extra else ''}{extra}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class RateLimit(logging.Filter):
    """Lets a message through at most `burst` times in `per_s` seconds; then says how many were held back.

    Input can cause log lines, so without it bad input fills a disk. Messages are told apart by their
    template, not by what is filled in.
    """

    def __init__(
        self, burst: int = 5, per_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._burst = burst
        self._per_s = per_s
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record may pass."""
        key = (record.name, str(record.msg)[:200])
        now = self._clock()
        begun, count = self._seen.get(key, (now, 0))
        if now - begun >= self._per_s:
            if count > self._burst:
                record.suppressed = count - self._burst
            begun, count = now, 0
        if len(self._seen) > 1_000:  # templates are few; this only guards against ones built by hand
            self._seen.clear()
        self._seen[key] = (begun, count + 1)
        return count < self._burst


def configure(level: str, style: Literal["auto", "json", "text"]) -> None:
    """Set up logging for the process; `auto` is text on a terminal and JSON elsewhere."""
    formatter = style if style != "auto" else ("text" if sys.stderr.isatty() else "json")
    machinery = "ERROR" if level == "error" else "WARNING"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonFormatter}, "text": {"()": TextFormatter}},
            "filters": {"rate": {"()": RateLimit}},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": formatter,
                    "filters": ["rate"],
                    "stream": "ext://sys.stderr",
                },
                "access": {
                    "class": "logging.StreamHandler",
                    "formatter": formatter,
                    "stream": "ext://sys.stderr",
                },
            },
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            # Ours is "touchpoint". What Faust's machinery says of itself is not for operators; it says it
            # under the names of our modules too, where those have services.
            "loggers": {
                **{name: {"level": machinery} for name in ("faust", "mode", "aiokafka", "streams")},
                ACCESS.name: {"level": "INFO", "handlers": ["access"], "propagate": False},
            },
        }
    )
