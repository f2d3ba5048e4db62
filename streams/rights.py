"""What the worker must be allowed in a Kafka with ACLs: the table of README "Rights", for programs."""

from collections.abc import Iterator
from itertools import product
from typing import Final, Literal, NamedTuple

from streams.config import Config

Operation = Literal["Read", "Write", "Create", "DescribeConfigs"]


class Right(NamedTuple):
    """Operations on resources of one kind, both as Kafka calls them.

    Attributes
    ----------
    name : str
        What the resource is called, with settings in braces; {source} and {own} are each of several topics.
    operations : tuple of str
        Read and Write each imply Describe.
    needed : {"always", "topics.create", "optional"}
        "topics.create": only where that setting is on.
    """

    resource: Literal["Topic", "Group", "TransactionalId"]
    name: str
    operations: tuple[Operation, ...]
    purpose: str
    needed: Literal["always", "topics.create", "optional"] = "always"


class Grant(NamedTuple):
    """One operation on one resource."""

    resource: str
    name: str
    operation: Operation


RIGHTS: Final = (
    Right("Topic", "{source}", ("Read",), "intake reads the handlings"),
    Right("Topic", "{topics.ledger}", ("Read", "Write"), "intake writes segments, the judge reads them"),
    Right("Topic", "{topics.dead_letters}", ("Write",), "intake keeps what is no handling"),
    Right(
        "Topic", "{topics.checkpoints}", ("Read", "Write"), "the judge keeps its state and takes it up again"
    ),
    Right("Topic", "{topics.alerts}", ("Read", "Write"), "the judge publishes, and reads what was published"),
    Right("Group", "{group}", ("Read",), "workers share the partitions"),
    Right("TransactionalId", "{kafka.app_id}-judge", ("Write",), "only one judge can publish"),
    Right("Topic", "{own}", ("Create",), "topics that are missing are made", "topics.create"),
    Right("Topic", "{own}", ("DescribeConfigs",), "the settings of topics are checked", "optional"),
)


def grants_of(right: Right, config: Config) -> Iterator[Grant]:
    """Yield what a right comes to; a grant may come more than once."""
    for source, own in product(config.sources.topics, config.topics.names):
        name = right.name.format(
            source=source, own=own, topics=config.topics, kafka=config.kafka, group=config.group
        )
        for operation in right.operations:
            yield Grant(right.resource, name, operation)


def grants(config: Config) -> tuple[Grant, ...]:
    """Return all that the worker needs under a configuration, and nothing else."""
    rights = (right for right in RIGHTS if right.needed != "topics.create" or config.topics.create)
    return tuple(dict.fromkeys(grant for right in rights for grant in grants_of(right, config)))
