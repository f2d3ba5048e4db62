"""The commands of Kafka's own tools, for those who may do elsewhere what is not allowed here."""

from collections.abc import Iterable, Iterator

from streams.config import Config
from streams.topics.cluster import NewTopic
from streams.topics.wanted import own_topics


def create_all(config: Config, source_partitions: int | None) -> Iterator[str]:
    """Yield a shell script that makes the service's topics; a topic that is there stays as it is."""
    topics = [one.new() for one in own_topics(config)]
    if source_partitions is not None:
        copies = config.topics.replication_factor
        topics += [NewTopic(name, source_partitions, copies, {}) for name in config.sources.topics]
    for topic in topics:
        sizes = f"--topic {topic.name} --partitions {topic.partitions} --replication-factor {topic.copies}"
        settings = [f"--config {key}={value}" for key, value in topic.settings.items()]
        head = f"kafka-topics.sh --create --if-not-exists {_at(config)}"
        yield " \\\n    ".join([head, sizes, *settings])


def create(config: Config, topic: str) -> str:
    """Return the command that makes a topic."""
    return f"kafka-topics.sh --create --topic {topic} --partitions 4 {_at(config)}"


def describe(config: Config, topic: str) -> str:
    """Return the command that tells where the partitions of a topic lie."""
    return f"kafka-topics.sh --describe --topic {topic} {_at(config)}"


def alter(config: Config, topic: str, key: str, value: str) -> str:
    """Return the command that changes a setting of a topic."""
    return f"kafka-configs.sh --alter --topic {topic} --add-config {key}={value} {_at(config)}"


def show(config: Config, topic: str, partition: int, offset: int) -> str:
    """Return the command that prints one record."""
    where = f"--topic {topic} --partition {partition} --offset {offset} --max-messages 1"
    return f"kafka-console-consumer.sh {where} {_at(config, '--consumer.config')}"


def allow(config: Config, resource: str, operations: Iterable[str]) -> str:
    """Return the command that allows the service to do something.

    Parameters
    ----------
    resource : str
        As an option, such as "--topic NAME".
    """
    user = config.kafka.sasl.username or "NAME"
    wanted = " ".join(f"--operation {one}" for one in operations)
    return f"kafka-acls.sh --add --allow-principal User:{user} {resource} {wanted} {_at(config)}"


def _at(config: Config, credentials: str = "--command-config") -> str:
    server = f"--bootstrap-server {','.join(config.kafka.brokers)}"
    is_plain = config.kafka.security_protocol == "PLAINTEXT"
    return server if is_plain else f"{server} {credentials} client.properties"
