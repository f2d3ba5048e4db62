"""The command as a person at a terminal, or a script, uses it."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from streams.cli import main

SECRET = "a secret that only tests know"  # noqa: S105 - it guards nothing
COMMANDS = tuple(sorted(main.commands))


def touchpoint(
    *arguments: object, color: bool = False, stdin: bytes | None = None, **environment: str
) -> Result:
    """Run the command in this process; an empty variable is one that is not set.

    What it raises beyond its exit code is raised again: a person would see a traceback.
    """
    given = {"TOUCHPOINT_SECRET": SECRET, "NO_COLOR": "", **environment}
    env = {name: value or None for name, value in given.items()}
    result = CliRunner().invoke(main, [str(one) for one in arguments], input=stdin, env=env, color=color)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def document_of(*arguments: object, stdin: bytes | None = None) -> dict[str, Any]:
    """Return the document that `replay` prints; nothing else may stand on either stream."""
    result = touchpoint("replay", "--format", "json", *arguments, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def simulated(path: Path, **options: object) -> Path:
    """Write the events of a simulated centre to a file and return it."""
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert touchpoint("simulate", "--output", path, *flags).exit_code == 0
    return path
