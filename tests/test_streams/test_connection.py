"""How Kafka is come to: what the configuration may say, what files must hold, what clients are given."""

import logging
import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from kafka.secured import Authority

from models.errors import ConfigError
from streams.config import Config, KafkaConfig, as_toml, load
from streams.connection import client_settings, credentials
from streams.key_material import PASSWORD_VARIABLE
from streams.security import SaslConfig, TlsConfig

PASSWORD = "hunter2 and more"  # noqa: S105 - it guards nothing
GIVEN = {PASSWORD_VARIABLE: PASSWORD}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Lend an authority with a folder of its own."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Authority(tmp_path / "authority")


def scram(**changes: Any) -> KafkaConfig:
    """Return how a user comes over TLS; changes are of kafka.sasl."""
    return KafkaConfig(security_protocol="SASL_SSL", sasl=replace(SaslConfig(username="me"), **changes))


def over_tls(**changes: Any) -> KafkaConfig:
    return KafkaConfig(security_protocol="SSL", tls=TlsConfig(**changes))


def secret(folder: Path, content: bytes, mode: int = 0o600) -> str:
    """Return the name of a file with this content."""
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def refusal(kafka: KafkaConfig, **environment: str) -> ConfigError:
    """Return the error with which no client comes about."""
    with pytest.raises(ConfigError) as caught:
        client_settings(kafka, environment)
    return caught.value


def refused(*overrides: str) -> ConfigError:
    """Return the error with which a configuration is refused."""
    with pytest.raises(ConfigError) as caught:
        load(None, overrides=overrides, environment={})
    return caught.value


def test_every_setting_is_read_back_and_reached_by_the_environment(tmp_path: Path) -> None:
    """Tables within a table are written, read and overridden like any other."""
    environment = {
        "TOUCHPOINT_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "TOUCHPOINT_KAFKA__SASL__USERNAME": "me",
        "TOUCHPOINT_KAFKA__SASL__PASSWORD_FILE": "/run/password",
        "TOUCHPOINT_KAFKA__TLS__CA_FILE": "/run/ca.pem",
        "TOUCHPOINT_KAFKA__TLS__CHECK_HOSTNAME": "false",
        "TOUCHPOINT_KAFKA__APP_ID": "north",
        **GIVEN,
    }
    config = load(None, environment=environment)
    (tmp_path / "touchpoint.toml").write_text(as_toml(config))

    assert load(tmp_path / "touchpoint.toml", environment={}) == config
    assert config.kafka == KafkaConfig(
        app_id="north",
        security_protocol="SASL_SSL",
        tls=TlsConfig(ca_file="/run/ca.pem", check_hostname=False),
        sasl=SaslConfig(username="me", password_file="/run/password"),  # noqa: S106 - a file's name
    )


@pytest.mark.parametrize(
    ("overrides", "key", "said"),
    [
        (["kafka.security_protocol=TLS"], "kafka.security_protocol", "SASL_SSL"),
        (["kafka.sasl.mechanism=GSSAPI"], "kafka.sasl.mechanism", "SCRAM-SHA-512"),
        (["kafka.security_protocol=SASL_SSL"], "kafka.sasl.username", "SASL_SSL needs one"),
        (["kafka.sasl.username=me"], "kafka.security_protocol", "Write SASL_SSL, or take it out"),
        (["kafka.tls.ca_file=ca.pem"], "kafka.security_protocol", "Write SASL_SSL or SSL, or take it out"),
        (["kafka.tls.key_file=a.key"], "kafka.tls.key_file", "kafka.tls.certificate_file"),
        (["kafka.tls.key_password_file=a"], "kafka.tls.key_password_file", "kafka.tls.certificate_file"),
    ],
)
def test_half_a_protection_is_refused(overrides: list[str], key: str, said: str) -> None:
    """What would be less safe than it looks is told by its key, before anything is sent."""
    error = refused(*overrides)

    assert error.key == key
    assert said in error.problem


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_a_user_without_tls_has_to_be_asked_for(mechanism: str) -> None:
    """SASL without TLS is refused unless the configuration says that it is meant."""
    overrides = ["kafka.security_protocol=SASL_PLAINTEXT", "kafka.sasl.username=me"]
    overrides.append(f"kafka.sasl.mechanism={mechanism}")

    error = refused(*overrides)

    assert error.key == "kafka.security_protocol"
    assert "kafka.sasl.allow_plaintext = true" in error.problem
    load(None, overrides=[*overrides, "kafka.sasl.allow_plaintext=true"], environment={})


def test_a_password_in_the_configuration_is_refused_and_not_repeated() -> None:
    """There is no key for it, only for the name of its file."""
    error = refused(f"kafka.sasl.password={PASSWORD}")

    assert "password_file" in error.problem
    assert PASSWORD not in str(error)


def test_plaintext_needs_nothing() -> None:
    """By default clients are told where Kafka is, and a password that lies about is not looked at."""
    kafka = Config().kafka

    assert client_settings(kafka, GIVEN) == {
        "bootstrap_servers": list(kafka.brokers),
        "client_id": kafka.app_id,
        "security_protocol": "PLAINTEXT",
    }
    assert credentials(kafka, GIVEN) is None


def test_tls_is_verified_and_recent() -> None:
    """TLS 1.2 or later, a certificate that an authority vouches for, made for the very host."""
    context = client_settings(over_tls(), {})["ssl_context"]

    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_host_that_is_not_checked_is_warned_of(
    caplog: pytest.LogCaptureFixture, authority: Authority
) -> None:
    """The certificate is verified still, and the log says what is not."""
    kafka = over_tls(ca_file=str(authority.file), check_hostname=False)

    context = client_settings(kafka, {})["ssl_context"]

    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_REQUIRED)
    assert "kafka.tls.check_hostname is off" in caplog.text


def test_a_named_authority_replaces_those_of_the_system(authority: Authority) -> None:
    """With ca_file only its certificates are believed."""
    context = client_settings(over_tls(ca_file=str(authority.file)), {})["ssl_context"]

    assert [dict(part[0] for part in one["subject"])["commonName"] for one in context.get_ca_certs()] == [
        "authority"
    ]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_password_comes_from_a_file_or_the_environment(tmp_path: Path, end: bytes) -> None:
    """The newline at its end is not part of it, blanks are; where both are given the variable holds."""
    kafka = scram(password_file=secret(tmp_path, b" in file " + end))

    assert client_settings(kafka, {})["sasl_plain_password"] == " in file "  # noqa: S105 - it guards nothing
    assert client_settings(kafka, GIVEN)["sasl_plain_password"] == PASSWORD


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"])
def test_faust_is_given_what_other_clients_are_given(mechanism: str) -> None:
    """What Faust hands on to aiokafka is the same protocol, mechanism, user, password and TLS."""
    kafka = scram(mechanism=mechanism)
    settings = client_settings(kafka, GIVEN)
    del settings["bootstrap_servers"], settings["client_id"]

    assert settings["sasl_mechanism"] == mechanism
    assert credentials_to_aiokafka_auth(credentials(kafka, GIVEN)) == settings


def test_faust_is_given_the_certificate() -> None:
    """Without a user it is TLS alone."""
    handed = credentials_to_aiokafka_auth(credentials(over_tls(), {}))

    assert handed == {
        "security_protocol": "SSL",
        "ssl_context": client_settings(over_tls(), {})["ssl_context"],
    }


def test_the_password_shows_nowhere(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Not where settings, credentials or the configuration are printed, nor in the log."""
    caplog.set_level(logging.DEBUG)
    kafka = scram(password_file=secret(tmp_path, PASSWORD.encode(), 0o644))

    shown = [repr(client_settings(kafka, {})), repr(credentials(kafka, {})), repr(kafka)]
    shown += [
        as_toml(replace(Config(), kafka=kafka)),
        caplog.text,
        replace(Config(), kafka=kafka).fingerprint(),
    ]

    assert not any("hunter2" in one for one in shown)
    assert "every user of this machine can read" in caplog.text


def test_a_secret_that_a_group_may_read_is_not_warned_of(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Kubernetes lends secrets to a group; there is nobody to warn of."""
    client_settings(scram(password_file=secret(tmp_path, b"x", 0o440)), {})

    assert caplog.text == ""


def test_a_user_without_password_is_told_where_to_put_it() -> None:
    """Both places are named."""
    error = refusal(scram())

    assert error.key == "kafka.sasl.password_file"
    assert "user me needs a password" in error.problem
    assert PASSWORD_VARIABLE in error.problem


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_password_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing, or bytes that are no text, cannot be sent; told with its file, or with the variable."""
    path = secret(tmp_path, content)

    assert refusal(scram(password_file=path)).key == "kafka.sasl.password_file"
    told = refusal(scram(), **{PASSWORD_VARIABLE: content.decode(errors="surrogateescape")})
    assert told.key == PASSWORD_VARIABLE


@pytest.mark.parametrize("key", ["ca_file", "certificate_file", "key_file", "key_password_file"])
@pytest.mark.parametrize("content", [None, b"", b"no PEM"], ids=["missing", "empty", "garbage"])
def test_a_file_that_is_no_use_is_told_with_its_key(
    authority: Authority, tmp_path: Path, key: str, content: bytes | None
) -> None:
    """A missing, an empty and a wrong file each name the key and the file."""
    certificate, key_file = authority.issue("me")
    protect(key_file, b"right")
    bad = str(tmp_path / "none") if content is None else secret(tmp_path, content)
    files = {"ca_file": str(authority.file), "certificate_file": str(certificate), "key_file": str(key_file)}

    error = refusal(over_tls(**(files | {key: bad})))

    wrong_password = key == "key_password_file" and content == b"no PEM"
    assert error.key == ("kafka.tls.key_file" if wrong_password else f"kafka.tls.{key}")
    assert bad in error.problem


def protect(key_file: Path, password: bytes) -> None:
    """Put a key under a password."""
    command = ["openssl", "pkey", "-in", str(key_file), "-aes256", "-passout", "stdin"]
    key_file.write_bytes(subprocess.run(command, input=password, capture_output=True, check=True).stdout)


def test_a_key_may_have_a_password(authority: Authority, tmp_path: Path) -> None:
    """It comes from a file of its own; without one the error says so, and nobody is asked at the terminal."""
    certificate, key = authority.issue("me")
    protect(key, b"right")
    files = {"certificate_file": str(certificate), "key_file": str(key)}

    assert refusal(over_tls(**files)).key == "kafka.tls.key_password_file"
    client_settings(over_tls(**files, key_password_file=secret(tmp_path, b"right\n")), {})


def test_a_key_may_stand_in_the_file_of_its_certificate(authority: Authority) -> None:
    """One file for both will do, and where the key is missing there the error names that file."""
    certificate, key = authority.issue("me")

    error = refusal(over_tls(certificate_file=str(certificate)))
    assert (error.key, str(certificate) in error.problem) == ("kafka.tls.certificate_file", True)

    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    whole = certificate.rename(certificate.with_suffix(".both"))
    client_settings(over_tls(certificate_file=str(whole)), {})


def test_the_key_of_another_certificate_is_refused(authority: Authority) -> None:
    """Both files are named."""
    mine, _ = authority.issue("mine")
    _, theirs = authority.issue("theirs")

    error = refusal(over_tls(certificate_file=str(mine), key_file=str(theirs)))

    assert error.key == "kafka.tls.key_file"
    assert error.problem == f"the key in {theirs} is not that of the certificate in {mine}"
