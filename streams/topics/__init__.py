"""The topics of the service: those it reads must be there, those it writes it can make."""

from streams.diagnosis import BrokerError
from streams.topics.cluster import TopicError
from streams.topics.preparing import create, prepare, roster

__all__ = ["BrokerError", "TopicError", "create", "prepare", "roster"]
