"""What all commands share: their options, and how they speak and end."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
import orjson

from models.errors import TouchpointError
from models.settings import SECOND
from models.simulation import KINDS
from streams.lines import STDIN

_P = ParamSpec("_P")
_R = TypeVar("_R")

PATH = click.Path(path_type=Path, dir_okay=False)
FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for machines.",
)
CONFIG = click.option(
    "--config",
    "path",
    type=PATH,
    help="TOML file; without one the defaults hold. See deploy/touchpoint.toml.",
)
SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set one key, such as verdicts.persistence=2. May be repeated.",
)
INCONSISTENCY = click.option(
    "--inconsistency",
    type=click.Choice(["demo", "none", *KINDS]),
    default="demo",
    help="What is planted; demo is one employee and one split stratum.",
)
FILES = click.argument("files", nargs=-1, required=True, metavar="FILE...")


def speaking(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn what the program raises on purpose into a sentence and exit code 2."""

    @wraps(command)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except TouchpointError as error:
            fail(str(error))
        except OSError as error:
            if error.filename is None:
                raise
            fail(f"{error.filename}: {error.strerror}")

    return wrapped


def fail(message: str) -> NoReturn:
    """Say what is wrong on stderr and end with exit code 2."""
    click.secho(f"touchpoint: {message}", err=True, fg="red", color=colour())
    sys.exit(2)


def colour() -> bool | None:
    """Colour only on a terminal, and never where NO_COLOR is set (no-color.org)."""
    return False if os.environ.get("NO_COLOR") else None


def say(lines: Iterator[str]) -> None:
    """Print lines."""
    for line in lines:
        click.echo(line, color=colour())


def hush() -> None:
    """Keep what libraries log off stderr: what matters of it, findings and errors say."""
    for name in ("aiokafka", "touchpoint"):
        logging.getLogger(name).addHandler(logging.NullHandler())


def now() -> int:
    """Return microseconds since 1970."""
    return int(datetime.now(UTC).timestamp() * SECOND)


@contextmanager
def progress_over(files: Sequence[str], label: str) -> Iterator[Callable[[int], object]]:
    """Show a bar over the bytes of files, on a terminal only."""
    sizes = [Path(name).stat().st_size for name in files if name != STDIN and Path(name).is_file()]
    if not sys.stderr.isatty() or len(sizes) < len(files):
        yield lambda _: None
        return
    with click.progressbar(length=sum(sizes), label=label, file=sys.stderr) as bar:
        yield bar.update


def say_json(value: Any) -> None:
    """Print a document."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
