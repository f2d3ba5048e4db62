"""Why Kafka does not let this service in, in a sentence: what, where, and what to do.

aiokafka leaves the reason to its log and raises "Unable to bootstrap"; later on it tries again for ever.
"""

import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka import errors
from aiokafka.conn import create_conn
from aiokafka.protocol.metadata import MetadataRequest

from models.errors import TouchpointError
from streams.config import KafkaConfig
from streams.connection import client_settings
from streams.security import AUTHENTICATED

_ANSWER_S: Final = 10.0
"""How long an answer is waited for; a broker refuses a wrong password after a third of a second."""

_SENTENCES: Final[Mapping[type[BaseException], str]] = {
    errors.SaslAuthenticationFailed: "Kafka does not take {user} with this password. Are kafka.sasl.username "
    "and the password right, and was the user made for {mechanism}?",
    errors.UnsupportedSaslMechanismError: "this port does not take {mechanism}. Set kafka.sasl.mechanism to "
    "one that it has",
    errors.IllegalSaslStateError: "this port takes no passwords. {protocols}",
    errors.TopicAuthorizationFailedError: "Kafka does not let {user} use topic {name}. {rights}",
    errors.GroupAuthorizationFailedError: "Kafka does not let {user} use group {app_id}. {rights}",
    errors.TransactionalIdAuthorizationFailed: "Kafka does not let {user} use transactional id {name}. "
    "{rights}",
    errors.ClusterAuthorizationFailedError: "Kafka does not let {user} write to any topic. {rights}",
    socket.gaierror: "there is no host of this name ({error}). Is the name right?",
    ConnectionRefusedError: "nobody listens there. Is the address right, and is Kafka up?",
    TimeoutError: "no answer in {seconds:.0f} s. Is the address right, and is the way there open?",
    ssl.SSLError: "{protocol} finds no TLS there ({error}). {protocols}",
    EOFError: "it hangs up on {protocol}. {protocols}",
    ConnectionResetError: "it hangs up on {protocol}. {protocols}",
    OSError: "it cannot be reached ({error}). Is the address right?",
}
"""By the error's class; the first that fits holds."""

_NAMES_MISMATCH: Final = (62, 64)  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
_UNKNOWN_ISSUER: Final = (18, 19, 20, 21)  # self-signed, or signed by nobody who is known
_NOT_YET_VALID, _EXPIRED = 9, 10


class BrokerError(TouchpointError):
    """A Kafka that does not answer, or does not let this service in."""


async def reach(kafka: KafkaConfig, environment: Mapping[str, str] | None = None) -> None:
    """Return once Kafka lets this service in: at one of `kafka.brokers`, and at one of those it then names.

    Raises
    ------
    BrokerError
        Where none does, with the reason of each; 10 s an answer at the most.
    ConfigError
        Where a file or password that the connection needs is missing or no use.
    """
    settings = client_settings(kafka, environment)
    named = [address.rpartition(":") for address in settings.pop("bootstrap_servers")]
    found = await _first(kafka, settings, "kafka.brokers", ((host, port) for host, _, port in named))
    told = [(host, port) for _, host, port, *_ in found.brokers]
    await _first(kafka, settings, "advertised.listeners of the brokers", told)


def explain(kafka: KafkaConfig, error: BaseException) -> str:
    """Return what an error of aiokafka, of TLS or of the network means, and what to do about it."""
    if isinstance(error, errors.KafkaConnectionError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_their_certificate(kafka, error)
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return _of_our_certificate(kafka, error)
    sentence = next((told for kind, told in _SENTENCES.items() if isinstance(error, kind)), "{error}")
    return sentence.format(
        user=_user(kafka),
        app_id=kafka.app_id,
        mechanism=kafka.sasl.mechanism,
        protocol=kafka.security_protocol,
        protocols="Set kafka.security_protocol to that of the port, or name another port",
        rights='The rights it needs stand in README.md under "Rights"',
        seconds=_ANSWER_S,
        name=_name(error),
        error=getattr(error, "strerror", None) or str(error) or type(error).__name__,
    )


def _of_their_certificate(kafka: KafkaConfig, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _NAMES_MISMATCH:
        return (
            "its certificate is made for another name. Address it by one that stands in the certificate, or "
            "have this one put there"
        )
    if error.verify_code in _UNKNOWN_ISSUER:
        known = f"an authority in {kafka.tls.ca_file}" if kafka.tls.ca_file else "an authority of this system"
        return (
            f"its certificate is not signed by {known}. Name the file with its authority in kafka.tls.ca_file"
        )
    if error.verify_code == _EXPIRED:
        return "its certificate has expired. Have it renewed"
    if error.verify_code == _NOT_YET_VALID:
        return "its certificate is not valid yet. Is this machine's clock right?"
    return f"its certificate is no good: {error.verify_message}"


def _of_our_certificate(kafka: KafkaConfig, error: ssl.SSLError) -> str:
    told = error.reason.lower().replace("_", " ")
    if "protocol version" in told:
        return f"it speaks no TLS 1.2 or later ({told})"
    if kafka.tls.certificate_file:
        return (
            f"it refuses the certificate in {kafka.tls.certificate_file} ({told}). Is that signed by an "
            "authority that Kafka trusts, and still valid?"
        )
    return (
        f"it asks for a certificate of this service ({told}). Name it in kafka.tls.certificate_file, and its "
        "key in kafka.tls.key_file"
    )


def _user(kafka: KafkaConfig) -> str:
    if kafka.security_protocol in AUTHENTICATED:
        return f"user {kafka.sasl.username}"
    return f"who holds {kafka.tls.certificate_file}" if kafka.tls.certificate_file else "an anonymous user"


def _name(error: BaseException) -> str:
    """Return the topics or the id that an error is about; aiokafka gives one, or a set."""
    told = error.args[0] if error.args else ""
    return ", ".join(sorted(told)) if isinstance(told, (set, frozenset, list)) else str(told)


async def _first(
    kafka: KafkaConfig, settings: Mapping[str, Any], origin: str, addresses: Iterable[tuple[str, Any]]
) -> Any:
    """Return what the first address that lets this service in tells of the cluster."""
    problems = []
    for host, port in addresses:
        try:
            return await _ask(host.strip("[]"), int(port), settings)
        except (errors.KafkaError, OSError, EOFError, ValueError) as error:
            problems.append(f"{host}:{port}: {explain(kafka, error)}")
    raise BrokerError(f"{origin}: {'; '.join(problems) or 'there are none. Is Kafka still starting?'}")


async def _ask(host: str, port: int, settings: Mapping[str, Any]) -> Any:
    connection = await create_conn(host, port, request_timeout_ms=int(_ANSWER_S * 1_000), **settings)
    try:
        return await connection.send(MetadataRequest([]))  # of no topic: that needs no right
    finally:
        await connection.close()
