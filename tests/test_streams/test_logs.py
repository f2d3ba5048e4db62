"""What the service says on stderr: lines that programs can read, and never a flood of them."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from streams.logs import JsonFormatter, RateLimit, TextFormatter


def record(message: str = "records rejected", *parts: object, **extra: Any) -> logging.LogRecord:
    """Return a warning, made at the first second of 2024, with extras."""
    made = logging.LogRecord("touchpoint.intake", logging.WARNING, __file__, 1, message, parts, None)
    made.created = 1_704_067_200.25
    vars(made).update(extra)
    return made


def raised(error: Exception) -> logging.LogRecord:
    """Return a record of an error that was raised."""
    made = record("stopped")
    try:
        raise error
    except type(error):
        made.exc_info = sys.exc_info()
    return made


def spoken(code: str) -> list[str]:
    """Return the lines a process of its own says on stderr, which is no terminal."""
    before = "import logging; from streams import logs\n"
    ran = subprocess.run([sys.executable, "-c", before + code], capture_output=True, check=True, text=True)
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def test_a_line_is_one_json_object() -> None:
    """Time with its zone, level, logger, the message as it reads, and each extra under its name."""
    line = JsonFormatter().format(record("%d records\nrejected", 3, topic="events", partition=0))

    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2024-01-01T00:00:00.250+00:00",
        "level": "warning",
        "logger": "touchpoint.intake",
        "message": "3 records\nrejected",
        "topic": "events",
        "partition": 0,
    }


def test_an_error_is_told_within_its_line() -> None:
    """A traceback is a field, so that one event stays one line."""
    line = JsonFormatter().format(raised(ValueError("of\nmany lines")))

    assert "\n" not in line
    assert "ValueError: of\nmany lines" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    "extra",
    [
        {"roster": {("events", 0): 4}},
        {"partitions": {0: 4}},
        {"size": 10**30},
        {"path": "caf\udce9.toml"},
        {"share": float("nan")},
        {"what": object()},
        {"level": "hidden", "message_": 1},
    ],
    ids=["tuples", "numbers", "large", "no text", "nan", "object", "names"],
)
def test_whatever_is_given_comes_out_as_json(extra: dict[str, Any]) -> None:
    """No extra can break a line or hide what every line has."""
    line = json.loads(JsonFormatter().format(record(**extra)), parse_constant=pytest.fail)

    assert line["message"] == "records rejected"
    assert line["level"] == "warning"
    assert set(extra) <= set(line)


def test_for_people_a_line_has_time_level_and_message_first() -> None:
    """On a terminal: time of day in UTC, level, message, extras as they were named."""
    assert TextFormatter().format(record(topic="events", count=3)) == (
        "00:00:00 warning records rejected  topic=events count=3"
    )
    assert TextFormatter().format(record()).endswith("records rejected")
    assert TextFormatter().format(raised(ValueError("why"))).endswith("ValueError: why")


@pytest.fixture
def clock() -> list[float]:
    """Lend a clock that stands until a test sets it."""
    return [0.0]


def test_a_burst_passes_and_the_rest_is_held_back(clock: list[float]) -> None:
    """So many of one message pass in a span of time, however many come."""
    limit = RateLimit(burst=3, per_s=60, clock=lambda: clock[0])

    assert [limit.filter(record()) for _ in range(6)] == [True] * 3 + [False] * 3
    clock[0] = 59.9
    assert not limit.filter(record())


def test_it_is_told_how_many_were_held_back(clock: list[float]) -> None:
    """The first of the next span says how many of the last one were not shown, and that only once."""
    limit = RateLimit(burst=3, per_s=60, clock=lambda: clock[0])
    for _ in range(10):
        limit.filter(record())

    clock[0] = 60.0
    first, second = record(), record()
    assert limit.filter(first)
    assert limit.filter(second)

    assert vars(first)["suppressed"] == 7
    assert "suppressed" not in vars(second)
    assert json.loads(JsonFormatter().format(first))["suppressed"] == 7


def test_nothing_is_told_where_nothing_was_held_back(clock: list[float]) -> None:
    """A message that kept within its burst comes back without a count."""
    limit = RateLimit(burst=3, per_s=60, clock=lambda: clock[0])
    for _ in range(3):
        limit.filter(record())

    clock[0] = 61.0
    again = record()
    assert limit.filter(again)
    assert "suppressed" not in vars(again)


def test_messages_are_told_apart_by_template_and_logger(clock: list[float]) -> None:
    """What is filled in does not make another message; another template or logger does."""
    limit = RateLimit(burst=1, per_s=60, clock=lambda: clock[0])
    other = record("%d rejected", 1)
    other.name = "touchpoint.judging"

    assert limit.filter(record("%d rejected", 1))
    assert not limit.filter(record("%d rejected", 2))
    assert limit.filter(record("%d late", 2))
    assert limit.filter(other)


def test_ever_new_messages_are_not_remembered_for_ever(clock: list[float]) -> None:
    """Templates built by hand cannot fill the memory."""
    limit = RateLimit(burst=1, per_s=60, clock=lambda: clock[0])
    for number in range(5_000):
        limit.filter(record(f"built by hand {number}"))

    assert len(limit._seen) <= 1_001


def test_where_there_is_no_terminal_lines_are_json() -> None:
    """`auto` is JSON in a pipe, without colour, and nothing below the level comes through."""
    lines = spoken("logs.configure('warning', 'auto'); logging.info('no'); logging.warning('yes')")

    assert [json.loads(line)["message"] for line in lines] == ["yes"]


def test_text_can_be_asked_for() -> None:
    """`text` is text in a pipe as well."""
    [line] = spoken("logs.configure('info', 'text'); logging.info('hello', extra={'n': 1})")

    assert line.endswith("info    hello  n=1")


def test_a_flood_is_held_back_as_configured() -> None:
    """A thousand times the same message is a handful of lines."""
    lines = spoken("logs.configure('info', 'json')\nfor _ in range(1000): logging.info('again')")

    assert len(lines) == 5


LIBRARIES = "for name in ('faust', 'mode', 'aiokafka', 'streams.app'):"


def test_libraries_speak_only_when_something_is_wrong() -> None:
    """What Faust's machinery says of itself is heard from warnings on, whatever the level."""
    lines = spoken(
        f"logs.configure('debug', 'json')\n{LIBRARIES}\n"
        "    logging.getLogger(name).info('started'); logging.getLogger(name).warning('wrong')"
    )

    assert [json.loads(line)["message"] for line in lines] == ["wrong"] * 4


def test_libraries_keep_to_a_stricter_level() -> None:
    """Where only errors are asked for, their warnings are not heard either."""
    lines = spoken(
        f"logs.configure('error', 'json')\n{LIBRARIES}\n"
        "    logging.getLogger(name).warning('wrong'); logging.getLogger(name).error('broken')"
    )

    assert [json.loads(line)["message"] for line in lines] == ["broken"] * 4


def test_the_access_log_is_never_held_back() -> None:
    """Nor does a level silence it: who has read what is not a matter of how much the service says."""
    code = "logs.configure('error', 'json'); [logs.ACCESS.info('read') for _ in range(20)]"

    assert [json.loads(line)["logger"] for line in spoken(code)] == ["touchpoint.access"] * 20
