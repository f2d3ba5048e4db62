"""The command `touchpoint`: what it says, where it says it, and how it ends."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import line
from commands import COMMANDS, SECRET, simulated, touchpoint
from prometheus_client.parser import text_string_to_metric_families

from streams.config import Config, load
from streams.metrics.catalogue import FAMILIES

PROGRAM = Path(sys.executable).with_name("touchpoint")
COLOUR = "\x1b["


@pytest.fixture
def events(tmp_path: Path) -> Callable[..., Path]:
    """Lend a way to make a file of these lines."""

    def make(*lines: bytes) -> Path:
        path = tmp_path / "events.jsonl"
        path.write_bytes(b"".join(one + b"\n" for one in lines))
        return path

    return make


def test_the_commands_are_these() -> None:
    """What there is to call is a contract."""
    told = "check config demo doctor explain metrics publish replay simulate topics worker"
    assert " ".join(COMMANDS) == told


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_teaches(command: str, flag: str) -> None:
    """Its help says what it does, explains every option, and shows a call to begin with."""
    result = touchpoint(command, flag)

    assert result.exit_code == 0
    usage, _, rest = result.stdout.partition("\n\n")
    words, _, options = rest.partition("Options:")
    explanation = " ".join(words.split())
    assert command in usage
    assert f"touchpoint {command} " in explanation or f"`touchpoint {command}`" in explanation
    unexplained = [
        option for option in re.split(r"\n  (?=-)", options)[1:] if not re.search(r"\s{2,}\w|\n\s+\w", option)
    ]
    assert unexplained == []


def test_the_command_itself_says_where_to_start() -> None:
    """Its help names a first, a second and a third step."""
    text = touchpoint("--help").stdout

    assert text.index("touchpoint demo") < text.index("touchpoint check") < text.index("touchpoint replay")
    assert all(command in text for command in COMMANDS)


def test_the_version_is_told() -> None:
    """--version is the name and a number."""
    assert re.fullmatch(r"touchpoint, version \d+\.\d+\.\d+\n", touchpoint("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["replay"], "Missing argument"),
        (["replay", "none.jsonl"], "none.jsonl: No such file"),
        (["replay", "none.jsonl", "--config", "none.toml"], "none.toml"),
        (["check", "none.jsonl"], "none.jsonl: No such file"),
        (["check", "none.jsonl", "--format", "xml"], "--format"),
        (["worker"], "Missing option '--config'"),
        (["worker", "--config", "none.toml"], "none.toml: there is no such file"),
        (["demo", "--seconds", "1"], "--seconds"),
        (["config", "--set", "metrics.prot=1"], "metrics.prot: there is no such key; known here: series_max"),
        (["config", "--set", "http.port"], "write it as section.key=value"),
        (["simulate", "--days", "0"], "--days"),
        (["simulate", "--onset-day", "99"], "simulation.onset_day"),
        (["simulate", "--days", "1", "--output", "nowhere/events"], "nowhere/events: No such file"),
        (["simulate", "--days", "1", "--truth", "nowhere/truth"], "nowhere/truth: No such file"),
        (["measure"], "No such command"),
    ],
)
def test_wrong_use_is_a_sentence_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    """What cannot be right ends with exit code 2, a sentence that names it, and no traceback."""
    monkeypatch.chdir(tmp_path)
    result = touchpoint(*arguments)

    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.output
    assert told not in result.stdout


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path, events: Callable[..., Path]) -> None:
    """A folder that is not there is a sentence, for --metrics as well."""
    result = touchpoint("replay", events(line()), "--metrics", tmp_path / "nowhere" / "page")

    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_replay_without_a_secret_refuses(events: Callable[..., Path]) -> None:
    """Pseudonyms need a secret: without one nothing is read, and the way out is told."""
    result = touchpoint("replay", events(line()), TOUCHPOINT_SECRET="")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "TOUCHPOINT_SECRET" in result.stderr
    named = touchpoint("replay", events(line()), "--set", "privacy.mode=named", TOUCHPOINT_SECRET="")
    assert named.exit_code == 0


def test_exit_codes_reach_the_shell(events: Callable[..., Path]) -> None:
    """0 good, 1 bad events, 2 wrong use: also as a process of its own."""

    def code(*arguments: object) -> int:
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=False).returncode

    good = events(line())
    assert code("check", good) == 0
    assert code("check", good, "--days") == 2
    assert code("check", events(line(), b"{")) == 1


def test_check_says_which_lines_are_bad(events: Callable[..., Path]) -> None:
    """Exit code 1, reason, file with line and path; nothing of the payload."""
    result = touchpoint("check", events(line(), line(employee_id="jane.doe", outcome="jane.doe"), b"{"))

    assert result.exit_code == 1
    assert "events.jsonl:2  $.outcome" in result.stdout
    assert "events.jsonl:3  $" in result.stdout
    assert "3 events: 1 good, 2 bad" in result.stdout
    assert "jane" not in result.output


def test_check_for_machines_is_one_document(events: Callable[..., Path]) -> None:
    """--format json is a document with the same findings, and the same exit code."""
    result = touchpoint("check", events(line(), b"{"), "--format", "json")

    told = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert (told["version"], told["read"], told["good"], told["bad"]) == (1, 2, 1, {"not_json": 1})


def test_the_effective_configuration_can_be_read_back(tmp_path: Path) -> None:
    """What `config` prints, --config takes; what was set stands in it."""
    printed = touchpoint("config", "--set", "verdicts.persistence=5", TOUCHPOINT_HTTP__PORT="1").stdout
    path = tmp_path / "printed.toml"
    path.write_text(printed)

    assert touchpoint("config", "--config", path).stdout == printed
    config = load(path, environment={})
    assert (config.verdicts.persistence, config.http.port) == (5, 1)
    assert SECRET not in printed


def test_the_configuration_for_machines_is_one_document() -> None:
    """--format json is the same configuration, section by section."""
    told = json.loads(touchpoint("config", "--format", "json").stdout)

    assert told["time"]["lateness_s"] == Config().time.lateness_s
    assert told["measures"][0]["name"] == "refused"


def test_the_catalogue_names_every_family() -> None:
    """`metrics` prints each family with labels, type and help; --format json the same for machines."""
    text = touchpoint("metrics").stdout
    told = json.loads(touchpoint("metrics", "--format", "json").stdout)

    assert [one["name"] for one in told] == [family.name for family in FAMILIES]
    for family in FAMILIES:
        assert re.search(
            rf"^{family.name}\b.* {family.type}\n    {re.escape(family.help)}$", text, re.MULTILINE
        )


def test_simulated_events_come_on_standard_output(tmp_path: Path) -> None:
    """Without --output events are a stream, the same as in a file, and nothing else is on it."""
    path = simulated(tmp_path / "events", days=1, handlings_per_day=50)
    result = touchpoint("simulate", "--days", "1", "--handlings-per-day", "50")

    assert result.stdout_bytes == path.read_bytes()
    assert result.stderr == ""
    assert (tmp_path / "events.truth.json").exists()


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of a simulated centre in which something is found."""
    return simulated(tmp_path_factory.mktemp("month") / "events.jsonl", days=24)


def test_the_page_of_a_replay_shows_the_alerts_of_its_document(tmp_path: Path, month: Path) -> None:
    """--metrics writes the page as the worker would serve it: it parses, and alerts are the same."""
    page = tmp_path / "page.prom"
    result = touchpoint("replay", month, "--format", "json", "--metrics", page)

    alerts = [one for one in json.loads(result.stdout)["alerts"] if one["until"] is None]
    families = {one.name: one for one in text_string_to_metric_families(page.read_text())}
    shown = [sample.labels for sample in families["touchpoint_inconsistency_alert"].samples]
    keys = ("kind", "severity", "employee", "channel", "issue_type", "measure")
    expected = sorted(tuple(alert[key] or "*" for key in keys) for alert in alerts)
    assert len(expected) > 1
    assert sorted(tuple(labels[key] for key in keys) for labels in shown) == expected
    [steps] = families["touchpoint_steps"].samples
    assert steps.value == json.loads(result.stdout)["steps"]


def test_in_words_a_replay_tells_what_was_found(month: Path) -> None:
    """For people: what was read, what could be judged, each alert with its reasons; exit code 0."""
    result = touchpoint("replay", month)

    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^Events: [\d,]+ read", result.stdout)
    assert "ALERT" in result.stdout
    assert "check first" in result.stdout
    assert COLOUR not in result.stdout


def test_there_is_colour_on_a_terminal_only(events: Callable[..., Path]) -> None:
    """Words are coloured where a terminal shows colours, and NO_COLOR switches that off."""
    for path in (events(line()), "none"):
        coloured = touchpoint("check", path, color=True)
        assert COLOUR in coloured.output
        assert COLOUR not in touchpoint("check", path, color=True, NO_COLOR="1").output
        assert COLOUR not in touchpoint("check", path).output


def test_progress_is_shown_on_a_terminal_only(month: Path) -> None:
    """On a terminal a bar runs on stderr; standard output stays one document."""
    master, slave = pty.openpty()
    command: list[str | Path] = [PROGRAM, "check", month, "--format", "json"]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=slave, check=True)
    os.close(slave)
    bar = os.read(master, 100_000)
    os.close(master)
    piped = subprocess.run(command, capture_output=True, check=True)

    assert b"checking" in bar
    assert b"100%" in bar
    assert json.loads(ran.stdout) == json.loads(piped.stdout)
    assert piped.stderr == b""
