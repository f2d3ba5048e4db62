"""Settings that cannot be right: refused before anything starts, with the path of the key."""

from pathlib import Path

import pytest

from models.errors import ConfigError
from streams.config import Config, load


def refusal(*overrides: str) -> ConfigError:
    """Return the error with which a setting is refused."""
    with pytest.raises(ConfigError) as caught:
        load(None, overrides=overrides, environment={})
    return caught.value


@pytest.mark.parametrize(
    ("override", "path", "known"),
    [
        ("speed=1", "speed", "kafka"),
        ("kafka.broker=[]", "kafka.broker", "brokers"),
        ("detectors.spread.Q=0.1", "detectors.spread.Q", "tolerance_binary"),
        ("detectors.dial.q=0.1", "detectors.dial", "funnel"),
        ("measures=[{name='a', kind='score', fact='survey', ones=[]}]", "measures[0].ones", "one"),
    ],
)
def test_an_unknown_key_is_told_with_its_path_and_the_known_ones(
    override: str, path: str, known: str
) -> None:
    """A slip of the pen at any level is an error that says where it is and what could have been meant."""
    error = refusal(override)

    assert error.key == path
    assert error.problem.startswith("there is no such key; known here: ")
    assert known in error.problem.partition("here: ")[2].split(", ")


@pytest.mark.parametrize(("old", "new"), [("metrics.host=x", "http.host"), ("metrics.port=1", "http.port")])
def test_a_key_that_has_moved_is_told_with_its_place(old: str, new: str) -> None:
    """A file of an earlier version says what to change."""
    error = refusal(old)

    assert (error.key, error.problem) == (old.partition("=")[0], f"has moved: write {new}")


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("kafka=3", "kafka"),
        ("kafka.brokers=kafka:9092", "kafka.brokers"),
        ("kafka.brokers=[9092]", "kafka.brokers[0]"),
        ("http.port=http", "http.port"),
        ("http.port=6066.5", "http.port"),
        ("http.port=true", "http.port"),
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
        ('topics.checkpoints="no blanks"', "topics.checkpoints"),
        ("topics.checkpoints=touchpoint.ledger.v1", "topics"),
        ("checkpoints.every_s=9", "checkpoints.every_s"),
        ("topics.replication_factor=0", "topics.replication_factor"),
        ("intake.skew_s=-1", "intake.skew_s"),
        ("intake.idle_grace_s=0", "intake.idle_grace_s"),
        ("intake.record_bytes_max=10", "intake.record_bytes_max"),
        ("intake.fetch_bytes=4095", "intake.fetch_bytes"),
        ("intake.fetch_bytes=67108865", "intake.fetch_bytes"),
        ("worker.role=everything", "worker.role"),
        ("worker.watch_s=0", "worker.watch_s"),
        ("worker.stall_s=4", "worker.stall_s"),
        ("worker.stall_s=inf", "worker.stall_s"),
        ("dead_letters.raw_bytes_max=-1", "dead_letters.raw_bytes_max"),
        ("http.port=65536", "http.port"),
        ("metrics.top_employees=-1", "metrics.top_employees"),
        ("metrics.series_max=10", "metrics.series_max"),
        ("privacy.mode=open", "privacy.mode"),
        ("privacy.employees_min=1", "privacy.employees_min"),
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


@pytest.mark.parametrize("topic", Config().topics.names)
def test_what_is_written_is_not_read(topic: str) -> None:
    """A topic of the service's own as a source is refused: each dead letter would beget the next."""
    assert refusal(f"sources.topics=['touchpoint.events.v1', '{topic}']").key == "sources.topics"


def test_a_dead_letter_is_kept_small_enough_to_be_produced() -> None:
    """More raw bytes than Kafka takes in one record would end the worker at the first large reject."""
    assert refusal("dead_letters.raw_bytes_max=1048576").key == "dead_letters.raw_bytes_max"


@pytest.mark.parametrize(
    "override",
    [
        "expectation.half_life_days=inf",
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


@pytest.mark.parametrize("override", ["http.port", "", "http.port.deep=1", "=1"])
def test_an_override_that_sets_no_key_is_refused(override: str) -> None:
    """What is not section.key=value is refused."""
    refusal(override)


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


def test_an_alert_may_not_rest_on_fewer_than_may_be_shown() -> None:
    """In team mode its figures are those of enough employees; in the other modes nobody asks."""
    few = "detectors.spread.employees_min=4"
    error = refusal("privacy.mode=team", few)

    assert error.key == "detectors.spread.employees_min"
    assert "privacy.employees_min (5)" in error.problem
    assert refusal("privacy.mode=team", "privacy.employees_min=9").key == "detectors.spread.employees_min"
    for fine in (("privacy.mode=team", few, "privacy.employees_min=4"), ("privacy.mode=pseudonym", few)):
        assert load(None, overrides=fine, environment={}).detectors.spread.employees_min == 4
