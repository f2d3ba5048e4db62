"""The configuration: one file, then the environment, then --set; what cannot be right names its key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
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


def refusal(*overrides: str) -> ConfigError:
    """Return the error with which a setting is refused."""
    with pytest.raises(ConfigError) as caught:
        load(None, overrides=overrides, environment={})
    return caught.value


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
    head, measures = REFERENCE.read_text().split("[[measures]]", 1)
    unexplained = [line for line in head.splitlines() if re.match(r"\w+ = ", line) and " # " not in line]

    assert unexplained == []
    assert "# What is watched." in head
    assert "[" in measures


@pytest.mark.parametrize(
    ("text", "path", "known"),
    [
        ("speed = 1", "speed", "kafka"),
        ("[kafka]\nbroker = []", "kafka.broker", "brokers"),
        ("[detectors.spread]\nQ = 0.1", "detectors.spread.Q", "tolerance_binary"),
        ("[detectors.dial]\nq = 0.1", "detectors.dial", "funnel"),
        (
            '[[measures]]\nname = "a"\nkind = "score"\nfact = "survey"\none_of = []',
            "measures[0].one_of",
            "fact",
        ),
    ],
)
def test_an_unknown_key_is_told_with_its_path_and_the_known_ones(
    tmp_path: Path, text: str, path: str, known: str
) -> None:
    """A slip of the pen at any level is an error that says where it is and what could have been meant."""
    with pytest.raises(ConfigError, match="there is no such key") as caught:
        loaded(text, tmp_path)

    assert caught.value.key == path
    assert known in caught.value.problem


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("kafka=3", "kafka"),
        ("kafka.brokers=kafka:9092", "kafka.brokers"),
        ("kafka.brokers=[9092]", "kafka.brokers[0]"),
        ("metrics.port=http", "metrics.port"),
        ("metrics.port=6066.5", "metrics.port"),
        ("metrics.port=true", "metrics.port"),
        ("topics.create=yes", "topics.create"),
        ("windows.days=[1, 7.5]", "windows.days[1]"),
        ("detectors.spread.q=low", "detectors.spread.q"),
        ("measures=[{name='a', kind='score', fact='survey', one=[1]}]", "measures[0].one[0]"),
        ("measures=[{name='a', kind='score'}]", "measures[0]"),
    ],
)
def test_a_wrong_type_is_told_with_its_path(override: str, key: str) -> None:
    """A value of another type names its key, down to the place in a list."""
    assert refusal(override).key == key


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("kafka.brokers=[]", "kafka.brokers"),
        ('kafka.brokers=["kafka"]', "kafka.brokers"),
        ('kafka.brokers=[":9092"]', "kafka.brokers"),
        ('kafka.brokers=["kafka:0"]', "kafka.brokers"),
        ('kafka.brokers=["kafka:70000"]', "kafka.brokers"),
        ('kafka.brokers=["kafka:²"]', "kafka.brokers"),
        ('kafka.app_id=""', "kafka.app_id"),
        ("kafka.session_timeout_s=0.5", "kafka.session_timeout_s"),
        ("kafka.session_timeout_s=nan", "kafka.session_timeout_s"),
        ("sources.topics=[]", "sources.topics"),
        ('sources.topics=["a", "a"]', "sources.topics"),
        ('sources.topics=["no blanks"]', "sources.topics"),
        ("sources.format=avro", "sources.format"),
        ("sources.epoch=-1", "sources.epoch"),
        ('topics.ledger=""', "topics.ledger"),
        ("topics.ledger=touchpoint.alerts.v1", "topics"),
        ("topics.replication_factor=0", "topics.replication_factor"),
        ("intake.skew_s=-1", "intake.skew_s"),
        ("intake.idle_grace_s=0", "intake.idle_grace_s"),
        ("intake.record_bytes_max=10", "intake.record_bytes_max"),
        ("intake.batch_records=0", "intake.batch_records"),
        ("intake.batch_records=8193", "intake.batch_records"),
        ("intake.batch_wait_s=0", "intake.batch_wait_s"),
        ("intake.batch_wait_s=inf", "intake.batch_wait_s"),
        ("dead_letters.raw_bytes_max=-1", "dead_letters.raw_bytes_max"),
        ("metrics.port=65536", "metrics.port"),
        ("metrics.top_employees=-1", "metrics.top_employees"),
        ("metrics.series_max=10", "metrics.series_max"),
        ("privacy.mode=open", "privacy.mode"),
        ("logs.level=loud", "logs.level"),
        ("calendar.timezone=Mars/Olympus", "calendar.timezone"),
        ("time.pane_s=7000", "time.pane_s"),
        ("time.clock=sun", "time.clock"),
        ("windows.days=[7, 1]", "windows.days"),
        ("detectors.spread.q=1", "detectors.spread.q"),
        ("detectors.funnel.off_p=nan", "detectors.funnel.off_p"),
        ("verdicts.persistence=0", "verdicts.persistence"),
        ("measures=[]", "measures"),
    ],
)
def test_a_value_that_cannot_be_right_is_told_with_its_key(override: str, key: str) -> None:
    """A value out of its range names its key and is never met later, at run time."""
    assert refusal(override).key == key


@pytest.mark.parametrize("topic", ["touchpoint.ledger.v1", "touchpoint.alerts.v1", "touchpoint.events.dlq"])
def test_what_is_written_is_not_read(topic: str) -> None:
    """A topic of the service's own as a source is refused: each dead letter would beget the next."""
    assert refusal(f"sources.topics=['touchpoint.events.v1', '{topic}']").key == "sources.topics"


def test_a_dead_letter_is_kept_small_enough_to_be_produced() -> None:
    """More raw bytes than Kafka takes in one record would end the worker at the first large reject."""
    assert refusal("dead_letters.raw_bytes_max=1048576").key == "dead_letters.raw_bytes_max"


@pytest.mark.parametrize(
    "override",
    [
        "time.lateness_s=100000000000000",
        "time.correction_horizon_days=100000000000",
        "verdicts.warm_up_days=1000000000000000000000",
        "intake.skew_s=1000000000000000000000",
    ],
)
def test_a_number_beyond_all_arithmetic_is_refused(override: str) -> None:
    """What would overflow the core's 64-bit microseconds, or the fingerprint, is refused by its key."""
    assert refusal(override).key == override.partition("=")[0]


def test_words_to_choose_from_are_told() -> None:
    """Where only some words are possible the error names them."""
    assert "named" in refusal("privacy.mode=open").problem
    assert "canonical" in refusal("sources.format=avro").problem


def test_the_environment_stands_over_the_file_and_set_over_both(tmp_path: Path) -> None:
    """A file gives way to TOUCHPOINT_SECTION__KEY, and that to --set; the last --set holds."""
    text = "[verdicts]\npersistence = 4\nwarm_up_days = 20\n[metrics]\nport = 1\ntop_employees = 7"
    environment = {"TOUCHPOINT_VERDICTS__PERSISTENCE": "5", "TOUCHPOINT_METRICS__PORT": "2"}

    config = loaded(text, tmp_path, "metrics.port=3", "metrics.port=4", **environment)

    assert (config.verdicts.warm_up_days, config.verdicts.persistence) == (20, 5)
    assert (config.metrics.top_employees, config.metrics.port) == (7, 4)


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


@pytest.mark.parametrize("override", ["metrics.port", "", "metrics.port.deep=1", "=1"])
def test_an_override_that_sets_no_key_is_refused(override: str) -> None:
    """What is not section.key=value is refused."""
    refusal(override)


text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
positive = st.floats(min_value=1e-12, max_value=1e300)


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
        intake=replace(base.intake, batch_wait_s=numbers[0], skew_s=numbers[2]),
        expectation=replace(base.expectation, shrinkage=numbers[1]),
        windows=replace(base.windows, days=tuple(sorted(days))),
        measures=(Measure("handle_time", "duration", "handle_time_s"), base.measures[0]),
    )

    assert loaded(as_toml(config), tmp_path_factory.mktemp("toml")) == config


def test_infinity_is_read_back(tmp_path: Path) -> None:
    """Where an endless value has a meaning (nothing is forgotten) it survives being printed."""
    config = replace(Config(), expectation=replace(Config().expectation, half_life_days=inf))

    assert loaded(as_toml(config), tmp_path) == config


def test_the_fingerprint_changes_with_every_setting_of_the_judge() -> None:
    """Any setting the fold depends on, whichever it is, gives another fingerprint."""
    changed = [
        "calendar.timezone=Europe/Brussels",
        "time.pane_s=1800",
        "time.clock=event",
        "cases.horizon_days=15",
        "windows.days=[1, 28]",
        "expectation.shrinkage=12.5",
        "detectors.spread.q=0.03",
        "detectors.funnel.q=0.03",
        "verdicts.persistence=2",
        "limits.employees=5",
        "measures=[{name='survey', kind='score', fact='survey'}]",
    ]
    prints = {load(None, overrides=[one], environment={}).fingerprint() for one in changed}

    assert len(prints | {Config().fingerprint()}) == len(changed) + 1
    sections = {one.partition(".")[0].partition("=")[0] for one in changed}
    assert sections == {part.name for part in fields(JudgeSettings)}


def test_the_fingerprint_is_blind_to_the_shell() -> None:
    """Where Kafka is, what is shown and how logs look do not change what the judge concludes."""
    config = replace(
        Config(), kafka=KafkaConfig(brokers=("elsewhere:1",)), intake=IntakeConfig(batch_records=7)
    )

    assert config.fingerprint() == Config().fingerprint()
    assert re.fullmatch("[0-9a-f]{12}", config.fingerprint())


def test_how_a_number_is_written_does_not_change_the_fingerprint() -> None:
    """21 and 21.0 are one setting."""
    whole = load(None, overrides=["expectation.half_life_days=21"], environment={})

    assert whole.fingerprint() == Config().fingerprint()


@pytest.mark.parametrize(
    "content", [b"[kafka\n", b"\xff\xfe", b"port = 007", b"a = 1\na = 2"], ids=["open", "utf16", "007", "2x"]
)
def test_a_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    """What is no TOML is told with the name of the file."""
    path = tmp_path / "broken.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load(path, environment={})

    assert caught.value.key == str(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A file that is not there is told by name; a folder is none either."""
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "none.toml", environment={})
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, environment={})


def test_bytes_that_are_no_text_are_told() -> None:
    """A variable with bytes that are no UTF-8 names its key: it could neither be printed nor sent."""
    with pytest.raises(ConfigError) as caught:
        load(None, environment={"TOUCHPOINT_KAFKA__APP_ID": "caf\udce9"})

    assert caught.value.key == "kafka.app_id"


def test_the_configuration_as_containers_is_what_it_holds() -> None:
    """For programs it is nested plain containers, section by section."""
    told = as_dict(Config())

    assert set(told) == {part.name for part in fields(Config)}
    assert told["detectors"]["spread"]["q"] == Config().detectors.spread.q
