"""Requests to Kafka that aiokafka 0.14 does not have: what is there, and what may be done with it.

aiokafka knows Metadata up to version 5; the rights of who asks come with version 8 (Kafka 2.3). It knows
DescribeGroups version 3 but reads the answer as version 2, without the rights. Its metadata requests let
the broker create what was asked for; these do not.
"""

from collections.abc import Sequence
from typing import Any, Final

from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v5
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

_TEXT: Final = String("utf-8")


class _MetadataResponse(Response):  # type: ignore[misc] # aiokafka carries no py.typed marker
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT))),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", _TEXT),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class _MetadataRequest(RequestStruct):  # type: ignore[misc] # as above
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", Array(_TEXT)),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class Metadata(Request[MetadataRequest_v5 | _MetadataRequest]):  # type: ignore[misc] # as above
    """What Kafka tells of some topics, and what may be done with them where it tells that."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, request_struct_class: Any) -> Any:
        """Return the request in the newest version that the broker knows."""
        if request_struct_class is _MetadataRequest:
            return _MetadataRequest(self._topics, False, False, True)  # noqa: FBT003 - names stand above
        return request_struct_class(self._topics, False)  # noqa: FBT003 - no creation


class _GroupsRequest(RequestStruct):  # type: ignore[misc] # as above
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(_TEXT)), ("include_authorized_operations", Boolean))


class Groups(Request[_GroupsRequest]):  # type: ignore[misc] # as above
    """What may be done with one consumer group."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: Any) -> Any:
        """Return the request."""
        return request_struct_class([self._group], True)  # noqa: FBT003 - with what may be done
