"""The command `touchpoint`: it reads arguments, calls one piece of the shell, and says how that ended.

Exit codes: 0 good, 1 `check` found bad events, 2 wrong use or a configuration that cannot be right.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
import orjson

from models.errors import TouchpointError
from models.settings import SECOND
from models.simulation import KINDS
from streams import checking, config, terminal
from streams.document import document
from streams.lines import STDIN
from streams.privacy import identity_of
from streams.replay import replay

_P = ParamSpec("_P")
_R = TypeVar("_R")

_PATH = click.Path(path_type=Path, dir_okay=False)
_FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people or for machines.",
)
_CONFIG = click.option(
    "--config",
    "path",
    type=_PATH,
    help="TOML file; without one the defaults hold. See deploy/touchpoint.toml.",
)
_SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set one key, such as verdicts.persistence=2. May be repeated.",
)
_INCONSISTENCY = click.option(
    "--inconsistency",
    type=click.Choice(["demo", "none", *KINDS]),
    default="demo",
    help="What is planted; demo is one employee and one split stratum.",
)
_FILES = click.argument("files", nargs=-1, required=True, metavar="FILE...")


def _speaking(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn what the program raises on purpose into a sentence and exit code 2."""

    @wraps(command)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except TouchpointError as error:
            _fail(str(error))
        except OSError as error:
            if error.filename is None:
                raise
            _fail(f"{error.filename}: {error.strerror}")

    return wrapped


def _fail(message: str) -> NoReturn:
    click.secho(f"touchpoint: {message}", err=True, fg="red", color=_colour())
    sys.exit(2)


def _colour() -> bool | None:
    """Colour only on a terminal, and never where NO_COLOR is set (no-color.org)."""
    return False if os.environ.get("NO_COLOR") else None


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line, color=_colour())


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * SECOND)


@contextmanager
def _progress(files: Sequence[str], label: str) -> Iterator[Callable[[int], object]]:
    """Show a bar over the bytes of files, on a terminal only."""
    sizes = [Path(name).stat().st_size for name in files if name != STDIN and Path(name).is_file()]
    if not sys.stderr.isatty() or len(sizes) < len(files):
        yield lambda _: None
        return
    with click.progressbar(length=sum(sizes), label=label, file=sys.stderr) as bar:
        yield bar.update


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}
)
@click.version_option(package_name="touchpoint-monitor", prog_name="touchpoint")
def main() -> None:
    """Tell how differently like cases are handled in a contact centre.

    Start with `touchpoint demo`: a simulated centre with a known inconsistency, watched live. Then
    `touchpoint check` your own events, `touchpoint replay` a file of them, and run `touchpoint worker`
    against your Kafka.
    """


@main.command()
@click.option("--config", "path", required=True, type=_PATH, help="TOML file.")
@_SET
@_speaking
def worker(path: Path, overrides: tuple[str, ...]) -> None:
    """Run the service: events in from Kafka, metrics and alerts out.

    Serves /metrics on metrics.host and metrics.port. Ends cleanly on SIGTERM and SIGINT. To begin with:
    `touchpoint config > touchpoint.toml`, mend kafka.brokers and sources.topics in it, then
    `touchpoint worker --config touchpoint.toml`.
    """
    from streams.app import run  # noqa: PLC0415 - Faust takes a second to import; --help should not

    sys.exit(run(config.load(path, overrides=overrides)))


@main.command()
@click.option(
    "--seconds", type=click.IntRange(min=5), help="End by itself after so long and print the verdicts."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Which centre.")
@_INCONSISTENCY
@click.option("--port", type=click.IntRange(0, 65_535), default=6_066, help="Of /metrics.")
@_speaking
def demo(seconds: int | None, seed: int, inconsistency: str, port: int) -> None:
    """Watch a simulated centre, a day a second, on an embedded broker.

    Needs no Kafka and no configuration. What was planted is found within a minute. Ctrl-C ends it;
    `touchpoint demo --seconds 60` ends by itself.
    """
    from streams.demo import run  # noqa: PLC0415 - as above

    sys.exit(run(seconds=seconds, seed=seed, inconsistency=inconsistency, port=port, colour=_colour()))


@main.command(name="replay")
@_FILES
@_CONFIG
@_SET
@click.option(
    "--window",
    type=click.Choice(["rolling", "all"]),
    default="rolling",
    help="all: the whole of the files is one window and one step.",
)
@_FORMAT
@click.option("--metrics", type=_PATH, help="Also write the metrics page, as the worker would serve it.")
@_speaking
def replay_command(
    files: tuple[str, ...],
    path: Path | None,
    overrides: tuple[str, ...],
    window: str,
    style: str,
    metrics: Path | None,
) -> None:
    """Judge canonical JSON Lines from files: the same core, without a broker.

    FILE may be plain, gzipped (.gz) or - for standard input; every file is one partition. Exits 0 with or
    without alerts. To see some: `touchpoint simulate --output events.jsonl`, then
    `touchpoint replay events.jsonl`.
    """
    settings = config.load(path, overrides=overrides)
    identity = identity_of(settings.privacy)
    with _progress(files, "replaying") as progress:
        snapshot = replay(files, settings, identity, now=_now(), whole=window == "all", progress=progress)
    if metrics is not None:
        from streams.metrics.page import page_of  # noqa: PLC0415 - only needed here

        metrics.write_bytes(page_of(snapshot, settings))
    told = document(snapshot)
    if style == "json":
        _json(told)
    else:
        _say(terminal.report(told))


@main.command()
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Same seed, same events.")
@click.option("--employees", type=click.IntRange(min=1), default=60, help="How many work there.")
@click.option("--days", type=click.IntRange(min=1), default=60, help="How long.")
@click.option("--handlings-per-day", type=click.IntRange(min=1), default=1_000, help="On a usual day.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2024-01-01", help="First day.")
@_INCONSISTENCY
@click.option("--size", type=float, help="Of what is planted, in log odds; by default one that can be found.")
@click.option("--onset-day", type=click.IntRange(min=0), default=0, help="When what is planted begins.")
@click.option("--duplicates", type=click.FloatRange(0, 1), default=0.0, help="Share that comes twice.")
@click.option(
    "--disorder", type=click.FloatRange(0, 1), default=0.0, help="Share that comes late, within the lateness."
)
@click.option("--output", type=_PATH, help="File for the events; standard output by default.")
@click.option("--truth", type=_PATH, help="File for what was planted; OUTPUT.truth.json by default.")
@_speaking
def simulate(**options: Any) -> None:
    """Write the events of a simulated centre with known truth as JSON Lines.

    `touchpoint simulate --output events.jsonl` writes what there is to find to events.jsonl.truth.json.
    """
    from streams.simulate import write  # noqa: PLC0415 - only needed here

    start: datetime = options.pop("start")
    write(**options, start=date(start.year, start.month, start.day))


@main.command()
@_FILES
@_CONFIG
@_FORMAT
@_speaking
def check(files: tuple[str, ...], path: Path | None, style: str) -> None:
    """Validate events: counts by reason, the first examples with line and path.

    Exits 1 if any event is bad, so a producer's own CI can run `touchpoint check events.jsonl`.
    """
    with _progress(files, "checking") as progress:
        found = checking.check(files, config.load(path), now=_now(), progress=progress)
    if style == "json":
        _json(found.document())
    else:
        _say(checking.lines_of(found))
    sys.exit(1 if found.bad else 0)


@main.command(name="config")
@_CONFIG
@_SET
@_FORMAT
@_speaking
def config_command(path: Path | None, overrides: tuple[str, ...], style: str) -> None:
    """Print the effective configuration; a bad one fails with the path of the key.

    `touchpoint config > touchpoint.toml` is a file to begin with; deploy/touchpoint.toml has comments.
    """
    effective = config.load(path, overrides=overrides)
    if style == "json":
        _json(config.as_dict(effective))
    else:
        click.echo(config.as_toml(effective), nl=False)


@main.command(name="metrics")
@_FORMAT
@_speaking
def metrics_command(style: str) -> None:
    """Print the catalogue: every metric family that the page can hold.

    `touchpoint metrics --format json` is for those who write rules and boards.
    """
    from streams.metrics import catalogue  # noqa: PLC0415 - only needed here

    if style == "json":
        _json(catalogue.as_dicts())
    else:
        _say(catalogue.lines())


def _json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
