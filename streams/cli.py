"""The command `touchpoint`: it reads arguments, calls one piece of the shell, and says how that ended.

Exit codes: 0 good; 1 `check` found bad events, `doctor` or `topics` what is not as it must be, `explain` no
such alert; 2 wrong use, a configuration that cannot be right, or a Kafka or a worker that does not answer.
"""

import asyncio
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from streams import checking, config, terminal
from streams.cli_explain import explain
from streams.cli_options import (
    CONFIG,
    FILES,
    FORMAT,
    INCONSISTENCY,
    PATH,
    SET,
    colour,
    hush,
    now,
    progress_over,
    say,
    say_json,
    speaking,
)
from streams.cli_upstream import publish
from streams.disclosure import shown
from streams.document import document
from streams.privacy import identity_of
from streams.replay import replay


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
@click.option("--config", "path", required=True, type=PATH, help="TOML file.")
@SET
@speaking
def worker(path: Path, overrides: tuple[str, ...]) -> None:
    """Run the service: events in from Kafka, metrics and alerts out.

    Serves pages, metrics and the API on http.host and http.port. Ends cleanly on SIGTERM and SIGINT. To begin
    with: `touchpoint config > touchpoint.toml`, mend kafka.brokers and sources.topics in it, then
    `touchpoint worker --config touchpoint.toml`.
    """
    from streams.app import run  # noqa: PLC0415 - Faust takes a second to import; --help should not

    sys.exit(run(config.load(path, overrides=overrides)))


@main.command()
@click.option(
    "--seconds", type=click.IntRange(min=5), help="End by itself after so long and print the verdicts."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Which centre.")
@INCONSISTENCY
@click.option("--port", type=click.IntRange(0, 65_535), default=6_066, help="Of the pages and /metrics.")
@speaking
def demo(seconds: int | None, seed: int, inconsistency: str, port: int) -> None:
    """Watch a simulated centre, a day a second, on an embedded broker.

    Needs no Kafka and no configuration. What was planted is found within a minute. Ctrl-C ends it;
    `touchpoint demo --seconds 60` ends by itself.
    """
    from streams.demo import run  # noqa: PLC0415 - as above

    sys.exit(run(seconds=seconds, seed=seed, inconsistency=inconsistency, port=port, colour=colour()))


@main.command(name="replay")
@FILES
@CONFIG
@SET
@click.option(
    "--window",
    type=click.Choice(["rolling", "all"]),
    default="rolling",
    help="all: the whole of the files is one window and one step.",
)
@FORMAT
@click.option("--metrics", type=PATH, help="Also write the metrics page, as the worker would serve it.")
@speaking
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
    with progress_over(files, "replaying") as progress:
        judge = replay(files, settings, identity, now=now(), whole=window == "all", progress=progress)
    snapshot = shown(judge, settings.privacy)
    if metrics is not None:
        from streams.metrics.page import page_of  # noqa: PLC0415 - only needed here

        metrics.write_bytes(page_of(snapshot, settings))
    told = document(snapshot)
    if style == "json":
        say_json(told | {"state": judge.fingerprint()})
    else:
        say(terminal.report(told))


@main.command()
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Same seed, same events.")
@click.option("--employees", type=click.IntRange(min=1), default=60, help="How many work there.")
@click.option("--days", type=click.IntRange(min=1), default=60, help="How long.")
@click.option("--handlings-per-day", type=click.IntRange(min=1), default=1_000, help="On a usual day.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2024-01-01", help="First day.")
@INCONSISTENCY
@click.option("--size", type=float, help="Of what is planted, in log odds; by default one that can be found.")
@click.option("--onset-day", type=click.IntRange(min=0), default=0, help="When what is planted begins.")
@click.option("--duplicates", type=click.FloatRange(0, 1), default=0.0, help="Share that comes twice.")
@click.option(
    "--disorder", type=click.FloatRange(0, 1), default=0.0, help="Share that comes late, within the lateness."
)
@click.option("--output", type=PATH, help="File for the events; standard output by default.")
@click.option("--truth", type=PATH, help="File for what was planted; OUTPUT.truth.json by default.")
@speaking
def simulate(**options: Any) -> None:
    """Write the events of a simulated centre with known truth as JSON Lines.

    `touchpoint simulate --output events.jsonl` writes what there is to find to events.jsonl.truth.json.
    """
    from streams.simulate import write  # noqa: PLC0415 - only needed here

    start: datetime = options.pop("start")
    write(**options, start=date(start.year, start.month, start.day))


@main.command()
@FILES
@CONFIG
@FORMAT
@speaking
def check(files: tuple[str, ...], path: Path | None, style: str) -> None:
    """Validate events: counts by reason, the first examples with line and path.

    Exits 1 if any event is bad, so a producer's own CI can run `touchpoint check events.jsonl`.
    """
    with progress_over(files, "checking") as progress:
        found = checking.check(files, config.load(path), now=now(), progress=progress)
    if style == "json":
        say_json(found.document())
    else:
        say(checking.lines_of(found))
    sys.exit(1 if found.bad else 0)


@main.command(name="topics")
@CONFIG
@SET
@click.option("--create", is_flag=True, help="Make what is missing; sources only with --sources.")
@click.option(
    "--sources",
    type=click.IntRange(min=1),
    metavar="N",
    help="Make the sources too, with N partitions each.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "commands"]),
    default="text",
    help="For people, for machines, or as a script for those who may create topics.",
)
@speaking
def topics_command(
    path: Path | None, overrides: tuple[str, ...], create: bool, sources: int | None, style: str
) -> None:
    """Show every topic that is read or written, as it is, and make what is missing.

    Exits 1 if one is missing or wrong. `touchpoint topics --create` makes the service's own; where somebody
    else may do that, `touchpoint topics --format commands` prints what to run, without asking Kafka.
    """
    if create and style == "commands":
        raise click.UsageError("--format commands makes nothing; leave out --create")
    if sources and not (create or style == "commands"):
        raise click.UsageError("--sources needs --create or --format commands")
    from streams.topics import commands, survey, told  # noqa: PLC0415 - aiokafka takes a while to import

    settings = config.load(path, overrides=overrides)
    if style == "commands":
        say(commands.create_all(settings, sources))
        return
    hush()
    created = asyncio.run(survey.create_missing(settings, sources)) if create else ()
    found = asyncio.run(survey.look(settings))
    if style == "json":
        say_json(told.document(found, created))
    else:
        say(told.lines_of(found, created))
    sys.exit(0 if all(topic.is_good for topic in found) else 1)


@main.command(name="doctor")
@CONFIG
@SET
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=5.0,
    metavar="SECONDS",
    help="What a check may take.",
)
@FORMAT
@speaking
def doctor_command(path: Path | None, overrides: tuple[str, ...], timeout: float, style: str) -> None:
    """Check everything that a worker needs, and say what to do about it.

    Kafka, rights, topics, positions, events, clocks, keys and the ledger. It writes nothing and joins no
    group, so it can run beside a worker. Exits 1 if a check fails; warnings may stand. To begin with:
    `touchpoint doctor --config touchpoint.toml`.
    """
    from streams import doctor  # noqa: PLC0415 - as above

    hush()
    findings = asyncio.run(doctor.examine(config.load(path, overrides=overrides), seconds=timeout))
    if style == "json":
        say_json(doctor.document(findings))
    else:
        say(doctor.lines_of(findings))
    sys.exit(0 if doctor.is_good(findings) else 1)


@main.command(name="config")
@CONFIG
@SET
@FORMAT
@speaking
def config_command(path: Path | None, overrides: tuple[str, ...], style: str) -> None:
    """Print the effective configuration; a bad one fails with the path of the key.

    `touchpoint config > touchpoint.toml` is a file to begin with; deploy/touchpoint.toml has comments.
    """
    effective = config.load(path, overrides=overrides)
    if style == "json":
        say_json(config.as_dict(effective))
    else:
        click.echo(config.as_toml(effective), nl=False)


@main.command(name="metrics")
@FORMAT
@speaking
def metrics_command(style: str) -> None:
    """Print the catalogue: every metric family that the page can hold.

    `touchpoint metrics --format json` is for those who write rules and boards.
    """
    from streams.metrics import catalogue  # noqa: PLC0415 - only needed here

    if style == "json":
        say_json(catalogue.as_dicts())
    else:
        say(catalogue.lines())


main.add_command(explain)
main.add_command(publish)
