"""What can be checked without Kafka: the secret, how pages are served, how Kafka is spoken to."""

import asyncio
import os
import ssl
from contextlib import closing, suppress
from typing import Final

from models.errors import ConfigError
from models.identity import Identity
from streams.config import Config, KafkaConfig
from streams.doctor.findings import Finding, State
from streams.http_settings import HttpConfig
from streams.privacy import identity_of
from streams.security import ENCRYPTED, is_loopback
from streams.web.access import Guard
from streams.web.tls import server_context

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


async def http(config: HttpConfig) -> Finding:
    """Check that pages and metrics can be served where and as they are to be."""
    where = f"{config.host}:{config.port}"
    try:
        server_context(config.tls)
        Guard(config.auth)
    except ConfigError as error:
        return Finding("http", State.FAILED, error.key, error.problem)
    try:
        server = await asyncio.start_server(lambda *_: None, config.host, config.port)
    except OSError as error:
        if await _worker_answers(config):
            advice = "to run another one here, set http.port"
            return Finding("http", State.OK, f"a worker serves at {where} already", advice)
        why = os.strerror(error.errno) if error.errno else str(error)
        advice = "end what listens there, or set http.host and http.port to what is free"
        return Finding("http", State.FAILED, f"cannot listen on {where} ({why})", advice)
    server.close()
    await server.wait_closed()
    free = "a free one is taken" if config.port == 0 else "free"
    return Finding("http", State.OK, f"{where} is {free}" if config.port else free)


async def _worker_answers(config: HttpConfig) -> bool:
    context = None
    if config.tls.certificate_file:  # whoever it is: nothing is sent that only some may read
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            reader, writer = await asyncio.open_connection(config.host, config.port, ssl=context)
            with closing(writer):
                writer.write(_HEALTHZ)
                return (await reader.read()).endswith(b"alive\n")
    return False


def security(kafka: KafkaConfig) -> Finding:
    """Warn where events cross a network that others may listen to."""
    abroad = [broker for broker in kafka.brokers if not is_loopback(broker.rpartition(":")[0])]
    protocol = kafka.security_protocol
    if protocol in ENCRYPTED or not abroad:
        return Finding("security", State.OK, protocol if abroad else f"{protocol} on this machine")
    return Finding(
        "security",
        State.WARNING,
        f"{protocol} to {abroad[0]}: whoever is on that network reads ids of employees and customers",
        "have Kafka listen with TLS, and set kafka.security_protocol to SSL or SASL_SSL",
    )
