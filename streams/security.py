"""The tables kafka.tls and kafka.sasl: what they can say, and that nothing looks protected and is not."""

from dataclasses import dataclass, fields
from ipaddress import ip_address
from typing import Final, Literal

from models.errors import require

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
"""Kafka's own words for its `security.protocol`."""

ENCRYPTED: Final = frozenset[Protocol]({"SSL", "SASL_SSL"})
AUTHENTICATED: Final = frozenset[Protocol]({"SASL_PLAINTEXT", "SASL_SSL"})
"""By user name and password; under SSL a certificate can say who a client is."""


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """By whose word Kafka is believed, and what this service shows of itself."""

    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    key_password_file: str = ""
    check_hostname: bool = True

    def __post_init__(self) -> None:
        """Refuse a key that belongs to nothing."""
        for key in ("key_file", "key_password_file"):
            alone = bool(getattr(self, key)) and not self.certificate_file
            require(not alone, f"kafka.tls.{key}", "is of no use without kafka.tls.certificate_file")


@dataclass(frozen=True, slots=True)
class SaslConfig:
    """Who this service is; the password itself never stands in the file."""

    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    username: str = ""
    password_file: str = ""
    allow_plaintext: bool = False


def refuse_half_a_protection(protocol: Protocol, tls: TlsConfig, sasl: SaslConfig) -> None:
    """Refuse settings that would leave the connection less protected than they look.

    Raises
    ------
    ConfigError
        Where the protocol makes no use of a table that is filled in, a user has no name, or SASL goes
        without TLS.
    """
    _require_used(protocol, "tls", tls, ENCRYPTED)
    _require_used(protocol, "sasl", sasl, AUTHENTICATED)
    if protocol in AUTHENTICATED:
        require(bool(sasl.username), "kafka.sasl.username", f"{protocol} needs one")
        require(
            protocol in ENCRYPTED or sasl.allow_plaintext,
            "kafka.security_protocol",
            f"{protocol} sends everything readable, with PLAIN the password too. Write SASL_SSL, or, where "
            "nobody else is on that network, kafka.sasl.allow_plaintext = true",
        )


def is_loopback(host: str) -> bool:
    """Return whether only this machine comes to a host."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _require_used(
    protocol: Protocol, table: str, value: TlsConfig | SaslConfig, used_by: frozenset[Protocol]
) -> None:
    filled = [part.name for part in fields(value) if getattr(value, part.name) != part.default]
    require(
        protocol in used_by or not filled,
        "kafka.security_protocol",
        f"{protocol} makes no use of kafka.{table} ({', '.join(filled)} stands there). "
        f"Write {' or '.join(sorted(used_by & ENCRYPTED))}, or take it out",
    )
