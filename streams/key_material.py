"""Key material: certificates, keys and passwords as files hold them.

Everything is read once a process, so all clients agree, and what rotates is taken up by a restart.
"""

import logging
import os
import ssl
import stat
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from models.errors import ConfigError, require
from streams.http_settings import HttpTlsConfig
from streams.security import SaslConfig, TlsConfig

log: Final = logging.getLogger("touchpoint.connection")

PASSWORD_VARIABLE: Final = "TOUCHPOINT_KAFKA_PASSWORD"  # noqa: S105 - the name of the variable, not its value


class Password(str):
    """A password that does not show itself where a client's settings are printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<password>"


def password_of(sasl: SaslConfig, environment: Mapping[str, str]) -> Password:
    """Return the user's password, from the environment or a file; the newline at its end is not part of it.

    Raises
    ------
    ConfigError
        Where there is none, or none that can be sent.
    """
    if PASSWORD_VARIABLE in environment:
        where, raw = PASSWORD_VARIABLE, os.fsencode(environment[PASSWORD_VARIABLE])
    elif sasl.password_file:
        where = "kafka.sasl.password_file"
        raw = secret_in(where, sasl.password_file)
    else:
        raise ConfigError(
            "kafka.sasl.password_file",
            f"user {sasl.username} needs a password: name the file that holds it, or give it in "
            f"{PASSWORD_VARIABLE}",
        )
    try:
        password = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(where, "the password is not UTF-8") from None
    require(bool(password), where, "the password is empty")
    return Password(password)


@cache
def tls_context(tls: TlsConfig) -> ssl.SSLContext:
    """Return how TLS connections are made: TLS 1.2 or later, to whom an authority vouches for.

    Raises
    ------
    ConfigError
        Where a file does not hold what it must.
    """
    if tls.ca_file:
        content_of("kafka.tls.ca_file", tls.ca_file)
    try:
        context = ssl.create_default_context(cafile=tls.ca_file or None)
    except ssl.SSLError:
        raise ConfigError("kafka.tls.ca_file", f"{tls.ca_file} holds no certificate (PEM)") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.check_hostname
    if not tls.check_hostname:
        log.warning(
            "kafka.tls.check_hostname is off: whoever the same authority vouches for can pose as Kafka"
        )
    if tls.certificate_file:
        load_certificate(context, "kafka.tls", tls)
    return context


def load_certificate(context: ssl.SSLContext, table: str, tls: TlsConfig | HttpTlsConfig) -> None:
    """Let a context show the certificate that a table of the configuration names.

    Raises
    ------
    ConfigError
        Where a file does not hold what it must, or the key is not that of the certificate.
    """
    where = f"{table}.key_file" if tls.key_file else f"{table}.certificate_file"
    key_file = tls.key_file or tls.certificate_file
    chain = content_of(f"{table}.certificate_file", tls.certificate_file)
    require(
        b"-----BEGIN CERTIFICATE-----" in chain,
        f"{table}.certificate_file",
        f"{tls.certificate_file} holds no certificate (PEM)",
    )
    require(
        b" PRIVATE KEY-----" in secret_in(where, key_file), where, f"{key_file} holds no private key (PEM)"
    )

    def password() -> (
        bytes
    ):  # asked for only where the key has one; without it OpenSSL would ask the terminal
        key = f"{table}.key_password_file"
        require(bool(tls.key_password_file), key, f"the key in {key_file} has a password: name its file")
        return secret_in(key, tls.key_password_file).rstrip(b"\r\n")

    try:
        context.load_cert_chain(tls.certificate_file, key_file, password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"the key in {key_file} is not that of the certificate in {tls.certificate_file}"
        elif tls.key_password_file:
            problem = (
                f"{key_file} cannot be loaded: it is damaged, or {tls.key_password_file} is not its password"
            )
        else:
            problem = f"{key_file} cannot be loaded: it, or {tls.certificate_file}, is damaged"
        raise ConfigError(where, problem) from None


@cache
def secret_in(key: str, path: str) -> bytes:
    """Return a file that others should not read. They are not shut out: Kubernetes lends secrets as 0644.

    Raises
    ------
    ConfigError
        Where it cannot be read or is empty.
    """
    content = content_of(key, path)
    if Path(path).stat().st_mode & stat.S_IROTH:
        log.warning("every user of this machine can read %s (%s): chmod o-r", path, key)
    return content


def content_of(key: str, path: str) -> bytes:
    """Return a file that a key of the configuration names.

    Raises
    ------
    ConfigError
        Where it cannot be read or is empty.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            key, f"{path} cannot be read: {error.strerror}. Mend the path, or let this service's user read it"
        ) from None
    require(bool(content.strip()), key, f"{path} is empty")
    return content
