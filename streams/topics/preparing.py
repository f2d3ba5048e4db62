"""What the worker asks of its topics when it starts, and while it runs."""

from collections.abc import Mapping

from streams.config import Config
from streams.topics import commands
from streams.topics.cluster import Cluster, Found, NewTopic, TopicError, connected
from streams.topics.wanted import own_topics


async def prepare(config: Config) -> dict[str, int]:
    """Make the service's own topics where they are missing and return the roster of its sources.

    Returns
    -------
    mapping of topic to number of partitions

    Raises
    ------
    BrokerError
        Where Kafka does not answer.
    TopicError
        Where a topic is missing or has the wrong number of partitions.
    """
    wanted = {one.name: one for one in own_topics(config)}
    async with connected(config) as cluster:
        found = await cluster.describe([*config.sources.topics, *wanted])
        roster = _roster(found, config)
        absent = [one for one in wanted.values() if not found[one.name].is_there]
        if absent and not config.topics.create:
            names = ", ".join(one.name for one in absent)
            raise TopicError(
                f"topics: Kafka has no topic {names} and topics.create is off. "
                "Create it with `touchpoint topics --create`"
            )
        found |= await make(cluster, [one.new() for one in absent])
    for name, one in wanted.items():
        if found[name].partitions != one.partitions:
            raise TopicError(
                f"topics.{one.role}: {name} has {found[name].partitions} partitions, and exactly "
                f"{one.partitions} is needed. Name another topic"
            )
    return roster


async def roster(config: Config) -> dict[str, int]:
    """Return how many partitions every source topic has now.

    Raises
    ------
    BrokerError, TopicError
        As above.
    """
    async with connected(config) as cluster:
        return _roster(await cluster.describe(config.sources.topics), config)


async def create(config: Config, topics: Mapping[str, int]) -> None:
    """Create topics with so many partitions each; those that are there stay as they are.

    Raises
    ------
    BrokerError, TopicError
        Where Kafka does not answer, or refuses.
    """
    copies = config.topics.replication_factor
    async with connected(config) as cluster:
        await make(cluster, [NewTopic(name, count, copies, {}) for name, count in topics.items()])


async def make(cluster: Cluster, topics: list[NewTopic]) -> dict[str, Found]:
    """Make topics and return them once Kafka shows them.

    Raises
    ------
    TopicError
        Where Kafka refuses one.
    """
    for name, why in (await cluster.create(topics)).items():
        raise TopicError(f"{name}: Kafka refuses to create it: {why}")
    return await cluster.wait_for(one.name for one in topics) if topics else {}


def _roster(found: Mapping[str, Found], config: Config) -> dict[str, int]:
    missing = [topic for topic in config.sources.topics if not found[topic].is_there]
    if missing:
        forbidden = [topic for topic in missing if found[topic].forbidden]
        if forbidden:
            raise TopicError(
                f"sources.topics: Kafka does not tell this user of {', '.join(forbidden)}; may it read there?"
            )
        raise TopicError(
            f"sources.topics: Kafka has no topic {', '.join(missing)}. Create it first "
            f"({commands.create(config, missing[0])}), or mend the name"
        )
    return {topic: found[topic].partitions for topic in config.sources.topics}
