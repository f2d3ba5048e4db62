"""The Dockerfile: what goes into the image, and as whom it runs."""

import re

import pytest
from composed import ROOT, SERVICES, Step, one, recipe

from streams.config import Config

[BEFORE, BUILD, FINAL] = recipe()
STEPS = [*BEFORE, *BUILD, *FINAL]


def test_it_runs_as_nobody_in_particular() -> None:
    """The last word on the user is a number above those of the system, and Compose says the same."""
    [user] = one(FINAL, "USER").words
    assert int(user.split(":")[0]) >= 10_000
    assert {SERVICES[name]["user"] for name in ("worker", "topics", "simulator")} == {user}
    assert not [step for step in FINAL if step.instruction in {"RUN", "VOLUME", "ADD"}]


def test_the_base_is_a_version() -> None:
    """Both stages begin with one Python, of the version that the requirements are resolved for."""
    [base] = one(BEFORE, "ARG").words
    assert re.fullmatch(r"PYTHON=python:3\.11[.\d]*-slim-\w+(@sha256:[0-9a-f]{64})?", base)
    assert [one(stage, "FROM").words[0] for stage in (BUILD, FINAL)] == ["${PYTHON}"] * 2


def test_nothing_is_installed_but_by_its_hash() -> None:
    """What comes from an index comes as a wheel of a known hash; our own package asks no index."""
    installs = [step.words for step in BUILD if step.instruction == "RUN" and "install" in step.words]
    [theirs, ours] = installs
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(theirs)
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(ours)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.instruction)
def test_no_step_needs_a_shell_or_hides_a_secret(step: Step) -> None:
    """Commands are lists of words; nothing is fetched by address; no secret is an argument."""
    assert step.instruction != "ADD"
    assert "://" not in step.text.replace("http://127.0.0.1", "")
    assert not re.search(r"password|secret|token", step.text, re.IGNORECASE)
    if step.instruction in {"RUN", "CMD", "ENTRYPOINT"}:
        assert step.text.startswith("[")
    if step.instruction == "HEALTHCHECK":
        assert step.text.startswith("CMD [")


def test_it_starts_the_worker_and_asks_it() -> None:
    """Entry point, port and health check are those of the worker and its defaults."""
    assert one(FINAL, "ENTRYPOINT").words[-1].endswith("/touchpoint")
    assert one(FINAL, "CMD").words[0] == "worker"
    assert one(FINAL, "EXPOSE").words == (str(Config().http.port),)
    assert f":{Config().http.port}/healthz" in one(FINAL, "HEALTHCHECK").text
    assert one(FINAL, "STOPSIGNAL").words == ("SIGTERM",)


def test_only_what_is_copied_comes_near_it() -> None:
    """The context is a list of what may come in, and every file that is copied stands on it."""
    _, everything, *allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert everything == "*"
    into = {line[1:] for line in allowed if line.startswith("!")}
    copied = {
        word for step in BUILD if step.instruction == "COPY" and not step.flags for word in step.words[:-1]
    }
    assert copied == into
    assert all((ROOT / path).exists() for path in copied)
