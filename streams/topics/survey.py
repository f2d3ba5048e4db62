"""Every topic of the service, source and own, as it is now."""

from dataclasses import dataclass, replace
from typing import Final

from streams.config import Config
from streams.topics.cluster import Cluster, Found, NewTopic, connected
from streams.topics.faults import Fault, faults_of_own, faults_of_source
from streams.topics.preparing import make
from streams.topics.wanted import Wanted, own_topics

SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the service.

    Attributes
    ----------
    role : str
        `SOURCE`, or its key in the table `topics` of the configuration.
    wanted : Wanted, optional
        As it must be; None for a source, which is upstream's.
    """

    role: str
    found: Found
    wanted: Wanted | None
    faults: tuple[Fault, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing grave is wrong with it."""
        return not any(fault.grave for fault in self.faults)

    def setting(self, key: str) -> str | None:
        """Return one of its settings, None where it is not known."""
        return (self.found.settings or {}).get(key)


async def survey(cluster: Cluster, config: Config) -> tuple[Topic, ...]:
    """Return every topic of the service as it is now, sources first.

    Raises
    ------
    BrokerError
        Where Kafka does not answer.
    """
    own = own_topics(config)
    found = await cluster.describe([*config.sources.topics, *(one.name for one in own)])
    settings = await cluster.settings(name for name, one in found.items() if one.is_there)
    found = {name: replace(one, settings=settings.get(name)) for name, one in found.items()}
    sources = [
        Topic(SOURCE, found[name], None, tuple(faults_of_source(found[name], config)))
        for name in config.sources.topics
    ]
    brokers = len(cluster.brokers)
    written = [
        Topic(
            one.role,
            found[one.name],
            one,
            tuple(faults_of_own(one, found[one.name], config, brokers=brokers)),
        )
        for one in own
    ]
    return (*sources, *written)


async def look(config: Config) -> tuple[Topic, ...]:
    """Return every topic of the service as it is now.

    Raises
    ------
    BrokerError
        Where Kafka does not answer.
    """
    async with connected(config) as cluster:
        return await survey(cluster, config)


async def create_missing(config: Config, source_partitions: int | None) -> tuple[str, ...]:
    """Make what is missing of the service's own topics, of the sources only where told how many partitions.

    Returns
    -------
    The names of those that were made.

    Raises
    ------
    BrokerError, TopicError
        Where Kafka does not answer, or refuses.
    """
    async with connected(config) as cluster:
        missing = [one for one in await survey(cluster, config) if not one.found.is_there]
        new = [one.wanted.new() for one in missing if one.wanted is not None]
        if source_partitions is not None:
            new += [
                NewTopic(one.found.name, source_partitions, config.topics.replication_factor, {})
                for one in missing
                if one.role == SOURCE
            ]
        await make(cluster, new)
    return tuple(one.name for one in new)
