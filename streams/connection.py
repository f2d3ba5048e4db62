"""How Kafka is reached: the one place that turns the configuration into what its clients take."""

from typing import Any

from streams.config import KafkaConfig


def client_settings(kafka: KafkaConfig) -> dict[str, Any]:
    """Return what every aiokafka client (producer, consumer, admin) is constructed with."""
    return {"bootstrap_servers": list(kafka.brokers), "client_id": kafka.app_id}
