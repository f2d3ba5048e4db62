"""Findings in words and as a document."""

import click
import pytest
from commands import touchpoint

from streams.config import Config, load
from streams.doctor import Finding, State, document, is_good, lines_of

OK = Finding("secret", State.OK, "key id 0a1b2c3d")
WARNING = Finding("security", State.WARNING, "plaintext", "use TLS")
FAILED = Finding(
    "ledger topic", State.FAILED, "two partitions", "name another", "kafka-topics.sh " + "x" * 200, "l"
)
SKIPPED = tuple(
    Finding(name, State.SKIPPED, "Kafka cannot be reached") for name in ("rights", "clock", "key")
)


def plain(*findings: Finding) -> list[str]:
    return [click.unstyle(line) for line in "\n".join(lines_of(findings)).splitlines()]


def test_a_finding_is_its_mark_its_name_and_what_was_seen() -> None:
    """Columns are aligned; what to do stands below, and the command whole on a line of its own."""
    lines = plain(OK, WARNING, FAILED)

    assert lines[0] == "+ ok       secret        key id 0a1b2c3d"
    assert lines[1] == "! warning  security      plaintext"
    assert lines[2] == "                         -> use TLS"
    assert lines[3] == "x failed   ledger topic  l: two partitions"
    assert lines[5].strip() == FAILED.command
    assert lines[-1] == "3 checks: 1 ok, 1 warning, 1 failed"


def test_what_is_skipped_for_one_reason_is_one_line() -> None:
    """A broker that is down is not told a dozen times; each is still counted."""
    lines = plain(OK, *SKIPPED)

    assert lines[1] == "- skipped  3 more  Kafka cannot be reached"
    assert lines[-1] == "4 checks: 1 ok, 3 skipped"


@pytest.mark.parametrize(
    ("findings", "good"),
    [((OK,), True), ((OK, WARNING, *SKIPPED), True), ((OK, FAILED), False)],
)
def test_only_a_failure_is_not_good(findings: tuple[Finding, ...], good: bool) -> None:
    """Warnings may stand, and what could not be looked at is no failure."""
    assert is_good(findings) == good
    assert document(findings)["ok"] == good


def test_a_document_holds_every_finding_whole() -> None:
    """Machines get what people get, and one entry each check."""
    told = document([FAILED, *SKIPPED])

    assert told["version"] == 1
    assert told["checks"][0] == {
        "name": "ledger topic",
        "about": "l",
        "state": "failed",
        "seen": "two partitions",
        "do": "name another",
        "command": FAILED.command,
    }
    assert len(told["checks"]) == 4


@pytest.mark.parametrize("command", ["doctor", "topics"])
def test_a_configuration_that_cannot_be_right_ends_with_2(command: str) -> None:
    """As with every command: a sentence on stderr, nothing on standard output."""
    result = touchpoint(command, "--set", "topics.ledger_retention_days=1")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "topics.ledger_retention_days: must be more than 14.1" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("--sources", "3"), ("--create", "--format", "commands"), ("--sources", "0", "--create")]
)
def test_options_of_topics_that_make_no_sense_are_refused(arguments: tuple[str, ...]) -> None:
    """Exit code 2, before Kafka is asked."""
    assert touchpoint("topics", *arguments).exit_code == 2


def test_commands_are_printed_without_a_broker() -> None:
    """Nobody has to reach Kafka from here to hand them on; other than plain ports need credentials."""
    printed = touchpoint("topics", "--format", "commands").stdout
    assert printed.count("kafka-topics.sh --create --if-not-exists") == 4
    assert all(name in printed for name in Config().topics.names)
    assert Config().sources.topics[0] not in printed
    assert "--command-config" not in printed

    secured = touchpoint("topics", "--format", "commands", "--set", "kafka.security_protocol=SSL").stdout
    assert secured.count("--command-config client.properties") == 4
    assert load(None, overrides=("kafka.security_protocol=SSL",), environment={}).kafka.tls.ca_file == ""
