"""How Kafka is reached: the one place that turns the configuration into what its clients take."""

import os
from collections.abc import Mapping
from typing import Any

from faust import SASLCredentials, SSLCredentials

from streams.config import KafkaConfig
from streams.key_material import password_of, tls_context
from streams.security import AUTHENTICATED, ENCRYPTED


def client_settings(kafka: KafkaConfig, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what every aiokafka client (producer, consumer, admin) is constructed with.

    Raises
    ------
    ConfigError
        Where a file or password that the connection needs is missing or no use.
    """
    settings: dict[str, Any] = {
        "bootstrap_servers": list(kafka.brokers),
        "client_id": kafka.app_id,
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol in ENCRYPTED:
        settings["ssl_context"] = tls_context(kafka.tls)
    if kafka.security_protocol in AUTHENTICATED:
        settings["sasl_mechanism"] = kafka.sasl.mechanism
        settings["sasl_plain_username"] = kafka.sasl.username
        settings["sasl_plain_password"] = password_of(
            kafka.sasl, os.environ if environment is None else environment
        )
    return settings


def credentials(
    kafka: KafkaConfig, environment: Mapping[str, str] | None = None
) -> SASLCredentials | SSLCredentials | None:
    """Return the same for `faust.App(broker_credentials=...)`.

    Raises
    ------
    ConfigError
        As above.
    """
    settings = client_settings(kafka, environment)
    context = settings.get("ssl_context")
    if kafka.security_protocol in AUTHENTICATED:
        return SASLCredentials(
            username=settings["sasl_plain_username"],
            password=settings["sasl_plain_password"],
            mechanism=settings["sasl_mechanism"],
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)
