"""The configuration: one file, then the environment, then --set; what cannot be right names its key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import ConfigError
from models.settings import JudgeSettings, Measure
from streams.config import Config, IntakeConfig, KafkaConfig, as_dict, as_toml, load

REFERENCE = Path(__file__).parents[2] / "deploy" / "touchpoint.toml"


def loaded(text: str, folder: Path, *overrides: str, **environment: str) -> Config:
    """Return what a file with this text, and nothing else of this machine, comes to."""
    path = folder / "touchpoint.toml"
    path.write_text(text)
    return load(path, overrides=overrides, environment=environment)


def keys_of(value: Any, path: str = "") -> set[str]:
    """Return the path of every key that can be set."""
    if not is_dataclass(value):
        return {path}
    return {
        key
        for part in fields(value)
        for key in keys_of(getattr(value, part.name), f"{path}.{part.name}" if path else part.name)
    }


def keys_in(tree: Mapping[str, Any], path: str = "") -> set[str]:
    """Return the path of every key of a TOML file; a list of tables is one key."""
    found = set()
    for name, value in tree.items():
        here = f"{path}.{name}" if path else name
        found |= keys_in(value, here) if isinstance(value, dict) else {here}
    return found


def test_the_reference_file_is_the_defaults() -> None:
    """deploy/touchpoint.toml says what holds without any file."""
    assert load(REFERENCE, environment={}) == Config()


def test_the_reference_file_mentions_every_key() -> None:
    """No option is hidden: each stands in the reference file, and nothing else does."""
    assert keys_in(tomllib.loads(REFERENCE.read_text())) == keys_of(Config())


def test_every_key_of_the_reference_file_has_a_comment() -> None:
    """Each option is explained on its own line; measures are explained above the first of them."""
    head, _ = REFERENCE.read_text().split("[[measures]]", 1)
    unexplained = [line for line in head.splitlines() if re.match(r"\w+ = ", line) and " # " not in line]

    assert unexplained == []
    assert "# What is watched." in head


def test_the_environment_stands_over_the_file_and_set_over_both(tmp_path: Path) -> None:
    """A file gives way to TOUCHPOINT_SECTION__KEY, and that to --set; the last --set holds."""
    text = "[verdicts]\npersistence = 4\nwarm_up_days = 20\n[http]\nport = 1\n[metrics]\ntop_employees = 7"
    environment = {"TOUCHPOINT_VERDICTS__PERSISTENCE": "5", "TOUCHPOINT_HTTP__PORT": "2"}

    config = loaded(text, tmp_path, "http.port=3", "http.port=4", **environment)

    assert (config.verdicts.warm_up_days, config.verdicts.persistence) == (20, 5)
    assert (config.metrics.top_employees, config.http.port) == (7, 4)


def test_the_environment_reaches_every_depth_and_type() -> None:
    """Lists, flags, numbers and plain words come through a variable as they would through the file."""
    environment = {
        "TOUCHPOINT_DETECTORS__SPREAD__Q": "0.01",
        "TOUCHPOINT_KAFKA__BROKERS": '["one:9092", "two:9092"]',
        "TOUCHPOINT_TOPICS__CREATE": "false",
        "TOUCHPOINT_CALENDAR__TIMEZONE": "Europe/Brussels",
    }

    config = load(None, environment=environment)

    assert config.detectors.spread.q == 0.01
    assert config.kafka.brokers == ("one:9092", "two:9092")
    assert config.topics.create is False
    assert config.calendar.timezone == "Europe/Brussels"


def test_other_variables_are_left_alone() -> None:
    """The secret, and what an orchestrator sets for a service called touchpoint, are no settings."""
    foreign = {
        "TOUCHPOINT_SECRET": "x" * 32,
        "TOUCHPOINT_PORT": "tcp://10.0.0.1:6066",
        "TOUCHPOINT_PORT_6066_TCP": "1",
    }

    assert load(None, environment={**foreign, "HOME": "/"}) == Config()


def test_a_misspelt_variable_is_an_error() -> None:
    """A variable of ours that names no key is told like a key of the file."""
    with pytest.raises(ConfigError, match="there is no such key") as caught:
        load(None, environment={"TOUCHPOINT_METRICS__PROT": "7000"})

    assert caught.value.key == "metrics.prot"


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
positive = st.floats(min_value=1e-12, max_value=1e8)


@settings(max_examples=50)
@given(
    words=st.tuples(text, text),
    numbers=st.tuples(positive, positive, st.integers(0, 10**6)),
    names=st.sets(st.from_regex(r"[a-zA-Z0-9._-]{1,30}", fullmatch=True), min_size=1, max_size=3),
    days=st.sets(st.integers(1, 90), min_size=1, max_size=4),
    flag=st.booleans(),
)
def test_what_is_written_as_toml_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    words: tuple[str, str],
    numbers: tuple[float, float, int],
    names: set[str],
    days: set[int],
    flag: bool,
) -> None:
    """The effective configuration, printed and read again, is equal whatever the values."""
    base = Config()
    config = replace(
        base,
        kafka=replace(base.kafka, app_id=words[0]),
        privacy=replace(base.privacy, secret_file=words[1]),
        sources=replace(base.sources, topics=tuple(names)),
        topics=replace(base.topics, create=flag),
        intake=replace(base.intake, skew_s=numbers[2]),
        expectation=replace(base.expectation, shrinkage=numbers[1]),
        windows=replace(base.windows, days=tuple(sorted(days))),
        measures=(Measure("handle_time", "duration", "handle_time_s"), base.measures[0]),
    )

    assert loaded(as_toml(config), tmp_path_factory.mktemp("toml")) == config


def other(key: str) -> str:
    """Return another value that could stand in a key's place, as TOML."""
    value = attrgetter(key)(JudgeSettings())
    known = {"UTC": "'Europe/Brussels'", "wall": "'event'", (1, 7, 28): "[1, 28]"}
    if value in known:
        return known[value]
    # Doubles tile a day as well as their originals do; what ends an alert must not lie below what raises it.
    return str(value * 2 if isinstance(value, int) or key.endswith("off_p") else value / 2)


def test_the_fingerprint_changes_with_every_setting_of_the_judge() -> None:
    """Whichever setting the fold depends on is changed, the fingerprint is another one."""
    keys = sorted(keys_of(JudgeSettings()) - {"measures"})
    overrides = [f"{key}={other(key)}" for key in keys]
    overrides.append("measures=[{name='survey', kind='score', fact='survey'}]")

    prints = {load(None, overrides=[one], environment={}).fingerprint() for one in overrides}

    assert len(prints | {Config().fingerprint()}) == len(overrides) + 1
    assert len(overrides) > 25


def test_the_fingerprint_is_blind_to_the_shell() -> None:
    """Where Kafka is, what is shown and how logs look do not change what the judge concludes."""
    config = replace(
        Config(), kafka=KafkaConfig(brokers=("elsewhere:1",)), intake=IntakeConfig(fetch_bytes=70_000)
    )

    assert config.fingerprint() == Config().fingerprint()
    assert re.fullmatch("[0-9a-f]{12}", config.fingerprint())


def test_how_a_number_is_written_does_not_change_the_fingerprint() -> None:
    """21 and 21.0 are one setting."""
    whole = load(None, overrides=["expectation.half_life_days=21"], environment={})

    assert whole.fingerprint() == Config().fingerprint()


def test_the_configuration_as_containers_is_what_it_holds() -> None:
    """For programs it is nested plain containers, section by section."""
    told = as_dict(Config())

    assert set(told) == {part.name for part in fields(Config)}
    assert told["detectors"]["spread"]["q"] == Config().detectors.spread.q
