"""What can be checked without Kafka: the secret, the port of the page, how Kafka is spoken to."""

import asyncio
import os
from contextlib import closing, suppress
from ipaddress import ip_address
from typing import Final

from models.errors import ConfigError
from models.identity import Identity
from streams.config import Config, KafkaConfig, MetricsConfig
from streams.doctor.findings import Finding, State
from streams.privacy import identity_of
from streams.security import ENCRYPTED

_HEALTHZ: Final = b"GET /healthz HTTP/1.0\r\n\r\n"


def settings(config: Config) -> Finding:
    """Tell which configuration this is."""
    return Finding("configuration", State.OK, f"can be read; hash {config.fingerprint()}")


def secret(config: Config) -> tuple[Finding, Identity | None]:
    """Check that there is a secret, or that none is needed."""
    try:
        identity = identity_of(config.privacy)
    except ConfigError as error:
        where, _, why = str(error).partition(": ")
        return Finding("secret", State.FAILED, f"{where} does not give one", why), None
    named = "employees keep the names that upstream gave them; " if config.privacy.mode == "named" else ""
    return Finding("secret", State.OK, f"{named}key id {identity.key_id}"), identity


async def port(metrics: MetricsConfig) -> Finding:
    """Check that the page can be served where it is to be."""
    where = f"{metrics.host}:{metrics.port}"
    try:
        server = await asyncio.start_server(lambda *_: None, metrics.host, metrics.port)
    except OSError as error:
        if await _worker_answers(metrics):
            advice = "to run another one here, set metrics.port"
            return Finding("metrics port", State.OK, f"a worker serves at {where} already", advice)
        why = os.strerror(error.errno) if error.errno else str(error)
        advice = "end what listens there, or set metrics.host and metrics.port to what is free"
        return Finding("metrics port", State.FAILED, f"cannot listen on {where} ({why})", advice)
    server.close()
    await server.wait_closed()
    free = "a free one is taken" if metrics.port == 0 else "free"
    return Finding("metrics port", State.OK, f"{where} is {free}" if metrics.port else free)


async def _worker_answers(metrics: MetricsConfig) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            reader, writer = await asyncio.open_connection(metrics.host, metrics.port)
            with closing(writer):
                writer.write(_HEALTHZ)
                return (await reader.read()).endswith(b"alive\n")
    return False


def security(kafka: KafkaConfig) -> Finding:
    """Warn where events cross a network that others may listen to."""
    abroad = [broker for broker in kafka.brokers if not _is_loopback(broker.rpartition(":")[0])]
    protocol = kafka.security_protocol
    if protocol in ENCRYPTED or not abroad:
        return Finding("security", State.OK, protocol if abroad else f"{protocol} on this machine")
    return Finding(
        "security",
        State.WARNING,
        f"{protocol} to {abroad[0]}: whoever is on that network reads ids of employees and customers",
        "have Kafka listen with TLS, and set kafka.security_protocol to SSL or SASL_SSL",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
