"""The configuration: one TOML file, then TOUCHPOINT_* variables, then --set; an unknown key is an error.

`deploy/touchpoint.toml` documents every option; a test holds it equal to the defaults here.
"""

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import orjson

from models.errors import ConfigError, require
from models.settings import JudgeSettings
from streams.formats import FORMATS
from streams.http_settings import HttpConfig
from streams.privacy_settings import PrivacyConfig, refuse_alerts_on_few
from streams.security import Protocol, SaslConfig, TlsConfig, refuse_half_a_protection
from streams.settings_tree import refuse_extremes, refuse_unknown, words_at
from streams.topic_settings import TopicsConfig, ledger_days_least, refuse_short_ledger, require_topic

_PREFIX: Final = "TOUCHPOINT_"
_RAW_BYTES_MAX: Final = 1_000_000
"""Kafka's clients and brokers take 1 MiB a record by default, headers included."""
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Where Kafka is, how it is spoken to and under which name this service reads it."""

    brokers: tuple[str, ...] = ("127.0.0.1:9092",)
    app_id: str = "touchpoint"
    session_timeout_s: float = 10.0
    security_protocol: Protocol = "PLAINTEXT"
    tls: TlsConfig = field(default_factory=TlsConfig)
    sasl: SaslConfig = field(default_factory=SaslConfig)

    def __post_init__(self) -> None:
        """Refuse an address without a port, and a connection that only looks protected."""
        require(bool(self.brokers), "kafka.brokers", 'at least one is needed, such as ["kafka-1:9092"]')
        for broker in self.brokers:
            host, _, port = broker.rpartition(":")
            is_port = _PORT.fullmatch(port) is not None and int(port) <= 65_535
            require(bool(host) and is_port, "kafka.brokers", f"{broker!r} is not host:port")
        require(bool(self.app_id), "kafka.app_id", "must not be empty")
        require(1 <= self.session_timeout_s <= 60, "kafka.session_timeout_s", "must lie in 1..60")
        refuse_half_a_protection(self.security_protocol, self.tls, self.sasl)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """What is read."""

    topics: tuple[str, ...] = ("touchpoint.events.v1",)
    format: str = "canonical"
    epoch: int = 0

    def __post_init__(self) -> None:
        """Refuse a format that nobody can read."""
        require(bool(self.topics), "sources.topics", "at least one is needed")
        require(len(set(self.topics)) == len(self.topics), "sources.topics", "a topic is named twice")
        for topic in self.topics:
            require_topic(topic, "sources.topics")
        require(self.format in FORMATS, "sources.format", f"one of {', '.join(FORMATS)} is needed")
        require(self.epoch >= 0, "sources.epoch", "must not be negative")


@dataclass(frozen=True, slots=True)
class CheckpointConfig:
    """When the judge's state is kept."""

    every_s: int = 3_600

    def __post_init__(self) -> None:
        """Refuse to do nothing else."""
        require(self.every_s >= 10, "checkpoints.every_s", "must be at least 10")


@dataclass(frozen=True, slots=True)
class IntakeConfig:
    """How records are taken and what is refused at the door."""

    skew_s: int = 300
    idle_grace_s: int = 1_800
    record_bytes_max: int = 1_048_576
    fetch_bytes: int = 1_048_576

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        require(self.skew_s >= 0, "intake.skew_s", "must not be negative")
        require(self.idle_grace_s >= 1, "intake.idle_grace_s", "must be at least 1")
        require(self.record_bytes_max >= 1_024, "intake.record_bytes_max", "must be at least 1024")
        require(4_096 <= self.fetch_bytes <= 67_108_864, "intake.fetch_bytes", "must lie in 4096..67108864")


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """What this process does and how closely it watches itself."""

    role: Literal["both", "intake", "judge"] = "both"
    watch_s: float = 60.0
    stall_s: float = 120.0

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        require(1 <= self.watch_s <= 3_600, "worker.watch_s", "must lie in 1..3600")
        require(self.stall_s >= 5, "worker.stall_s", "must be at least 5")


@dataclass(frozen=True, slots=True)
class DeadLetterConfig:
    """What is kept of a record that is no handling."""

    raw: bool = True
    raw_bytes_max: int = 65_536

    def __post_init__(self) -> None:
        """Refuse a size that could not be produced."""
        holds = 0 <= self.raw_bytes_max <= _RAW_BYTES_MAX
        require(holds, "dead_letters.raw_bytes_max", f"must lie in 0..{_RAW_BYTES_MAX}")


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """How much stands on the page."""

    top_employees: int = 50
    series_max: int = 10_000

    def __post_init__(self) -> None:
        """Refuse bounds that leave nothing to see."""
        require(self.top_employees >= 0, "metrics.top_employees", "must not be negative")
        require(self.series_max >= 1_000, "metrics.series_max", "must be at least 1000")


@dataclass(frozen=True, slots=True)
class LogConfig:
    """How the service speaks on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


@dataclass(frozen=True, slots=True)
class Config(JudgeSettings):
    """Everything that can be set: the judge's settings and the shell's."""

    kafka: KafkaConfig = field(default_factory=KafkaConfig)
    sources: SourceConfig = field(default_factory=SourceConfig)
    topics: TopicsConfig = field(default_factory=TopicsConfig)
    checkpoints: CheckpointConfig = field(default_factory=CheckpointConfig)
    intake: IntakeConfig = field(default_factory=IntakeConfig)
    worker: WorkerConfig = field(default_factory=WorkerConfig)
    dead_letters: DeadLetterConfig = field(default_factory=DeadLetterConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    http: HttpConfig = field(default_factory=HttpConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    logs: LogConfig = field(default_factory=LogConfig)

    def __post_init__(self) -> None:
        """Refuse to read what is written here: each dead letter would beget the next."""
        JudgeSettings.__post_init__(self)  # super() does not find its class where there are slots
        refuse_short_ledger(self.topics, self.ledger_days_least)
        refuse_alerts_on_few(self.privacy, self.detectors.spread.employees_min)
        for topic in self.sources.topics:
            require(topic not in self.topics.names, "sources.topics", f"{topic} is what this service writes")

    @property
    def ledger_days_least(self) -> float:
        """Days that the ledger must reach back."""
        return ledger_days_least(self.time.correction_horizon_days, self.checkpoints.every_s)

    @property
    def group(self) -> str:
        """The consumer group: one a role, and for every epoch a new one, which begins at the beginning."""
        role = "" if self.worker.role == "both" else f"-{self.worker.role}"
        epoch = f"-epoch{self.sources.epoch}" if self.sources.epoch else ""
        return f"{self.kafka.app_id}{role}{epoch}"

    def fingerprint(self) -> str:
        """Return 12 hex digits that change with any setting the judge depends on."""
        judge = {part.name: getattr(self, part.name) for part in fields(JudgeSettings)}
        return sha256(orjson.dumps(judge, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def load(
    path: Path | None, *, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Config:
    """Return the effective configuration.

    Parameters
    ----------
    path : Path, optional
        The TOML file; without one the defaults are the start.
    overrides : sequence of "section.key=value"
        The value as TOML writes it; what is no TOML value is a string.
    environment : mapping, optional
        Where TOUCHPOINT_SECTION__KEY is looked up; the process's own by default.

    Raises
    ------
    ConfigError
        With the path of the key.
    """
    tree = _read(path)
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(_PREFIX) and "__" in name:
            _set(tree, name.removeprefix(_PREFIX).lower().split("__"), text)
    for override in overrides:
        key, equals, text = override.partition("=")
        require(bool(equals), override, "write it as section.key=value")
        _set(tree, key.strip().split("."), text.strip())
    refuse_unknown(tree, Config)
    refuse_extremes(tree)
    try:
        return msgspec.convert(tree, Config)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `$")
        where = where.strip("`.")
        words = words_at(where, Config)
        known = f"; one of {', '.join(words)} is needed" if words else ""
        raise ConfigError(where or "configuration", problem + known) from None


def as_toml(config: Config) -> str:
    """Return a configuration as TOML that `load` reads back."""
    tables: list[str] = []
    lists: list[str] = []
    for part in fields(config):
        value = getattr(config, part.name)
        if isinstance(value, tuple):
            lists.extend(_table(f"[[{part.name}]]", item) for item in value)
        else:
            tables.extend(_tables(part.name, value))
    return "\n\n".join(tables + lists) + "\n"


def as_dict(config: Config) -> dict[str, Any]:
    """Return a configuration as plain containers."""
    return dataclasses.asdict(config)


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(str(path), "there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None


def _set(tree: dict[str, Any], keys: list[str], text: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        require(isinstance(tree, dict), ".".join(keys), "is not a table of single keys")
    try:
        tree[keys[-1]] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        tree[keys[-1]] = text


def _tables(name: str, value: Any) -> list[str]:
    parts = {part.name: getattr(value, part.name) for part in fields(value)}
    inner = {key: part for key, part in parts.items() if is_dataclass(part)}
    below = [table for key, part in inner.items() for table in _tables(f"{name}.{key}", part)]
    return below if len(inner) == len(parts) else [_table(f"[{name}]", value), *below]


def _table(head: str, value: Any) -> str:
    parts = {part.name: getattr(value, part.name) for part in fields(value)}
    return "\n".join(
        [head, *(f"{key} = {_literal(it)}" for key, it in parts.items() if not is_dataclass(it))]
    )


def _literal(value: object) -> str:
    """Return a value as TOML writes it: that is how JSON does, but for one character."""
    return orjson.dumps(value).decode().replace("\x7f", "\\u007f")
