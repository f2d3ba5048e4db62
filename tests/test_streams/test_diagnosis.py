"""What a connection error means, in a sentence; those that a real Kafka gives are tested on one."""

import asyncio
import socket
import ssl
from dataclasses import replace

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from streams import diagnosis
from streams.config import KafkaConfig
from streams.diagnosis import BrokerError, explain, reach
from streams.security import SaslConfig, TlsConfig

TLS = KafkaConfig(security_protocol="SSL")


def unverified(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    """Return the error with which OpenSSL refuses a broker's certificate."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


def alert(reason: str) -> ssl.SSLError:
    """Return the error with which a broker ends a handshake."""
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (unverified(10), "its certificate has expired"),
        (unverified(9), "Is this machine's clock right?"),
        (unverified(64), "made for another name"),
        (unverified(19), "not signed by an authority of this system"),
        (unverified(23, "certificate revoked"), "its certificate is no good: certificate revoked"),
        (alert("TLSV1_ALERT_PROTOCOL_VERSION"), "it speaks no TLS 1.2 or later"),
        (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "Name it in kafka.tls.certificate_file"),
        (alert("WRONG_VERSION_NUMBER"), "SSL finds no TLS there"),
        (OSError(113, "No route to host"), "it cannot be reached (No route to host)"),
        (RuntimeError("odd"), "odd"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_an_error_becomes_a_sentence(error: Exception, said: str) -> None:
    """It says what is wrong at the other end, and what to look at."""
    assert said in explain(TLS, error)


def test_the_cause_is_what_counts() -> None:
    """Where aiokafka says only that a connection is closed, why is told."""
    error = KafkaConnectionError("Connection at kafka:9092 closed")
    error.__cause__ = alert("SSLV3_ALERT_CERTIFICATE_EXPIRED")

    told = explain(replace(TLS, tls=TlsConfig(certificate_file="me.pem")), error)

    assert told.startswith("it refuses the certificate in me.pem (sslv3 alert certificate expired)")


@pytest.mark.parametrize(
    ("kafka", "user"),
    [
        (KafkaConfig(security_protocol="SASL_SSL", sasl=SaslConfig(username="{me}")), "user {me}"),
        (replace(TLS, tls=TlsConfig(certificate_file="me.pem")), "who holds me.pem"),
        (KafkaConfig(), "an anonymous user"),
    ],
)
def test_a_missing_right_names_user_and_topics(kafka: KafkaConfig, user: str) -> None:
    """Whoever grants rights is told to whom, on what, and where they are listed."""
    told = explain(kafka, TopicAuthorizationFailedError(set("dcba")))

    assert told.startswith(f"Kafka does not let {user} use topic a, b, c, d. ")
    assert "README.md" in told


def test_silence_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that takes the connection and says nothing ends with a sentence too."""
    monkeypatch.setattr(diagnosis, "_ANSWER_S", 0.1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        [*_, port] = server.getsockname()
        with pytest.raises(BrokerError, match="no answer in"):
            asyncio.run(reach(KafkaConfig(brokers=(f"127.0.0.1:{port}",)), {}))
