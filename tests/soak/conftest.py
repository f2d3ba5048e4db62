"""A Kafka of its own for each scenario that hurts it, the shared one for the others."""

from kafka.conftest import kafka

__all__ = ["kafka"]
