"""The service's topics: whether each is there and as it must be, or would be made."""

from collections.abc import Mapping, Sequence
from typing import Final

from streams.config import Config
from streams.doctor.findings import Finding, State, of_fault
from streams.topics.cluster import Cluster
from streams.topics.faults import length, partitions
from streams.topics.survey import SOURCE, Topic

_CHECKS: Final[Mapping[str, str]] = {
    SOURCE: "source topic",
    "ledger": "ledger topic",
    "alerts": "alerts topic",
    "dead_letters": "dead-letter topic",
    "checkpoints": "checkpoint topic",
}


async def topics(cluster: Cluster, config: Config, survey: Sequence[Topic]) -> list[Finding]:
    """Check every topic; of one that the worker would make, ask Kafka whether it would let it."""
    absent = [one.wanted for one in survey if _is_to_be_made(one, config) and one.wanted is not None]
    refused = await cluster.create([one.new() for one in absent], only_ask=True)
    findings: list[Finding] = []
    for topic in survey:
        if _is_to_be_made(topic, config):
            findings.append(_to_be_made(topic, refused.get(topic.found.name)))
        else:
            findings += _as_it_is(topic)
    return findings


def _is_to_be_made(topic: Topic, config: Config) -> bool:
    gone = not topic.found.is_there and not topic.found.forbidden
    return gone and topic.wanted is not None and config.topics.create


def _to_be_made(topic: Topic, refusal: str | None) -> Finding:
    check, name = _CHECKS[topic.role], topic.found.name
    if refusal is None:
        return Finding(check, State.OK, "not there yet; a worker makes it when it starts", about=name)
    advice = "is topics.replication_factor right, and may this user create topics? Who may makes them with"
    command = "touchpoint topics --format commands"
    return Finding(
        check, State.FAILED, f"not there, and Kafka refuses to make it: {refusal}", advice, command, name
    )


def _as_it_is(topic: Topic) -> list[Finding]:
    check, found = _CHECKS[topic.role], topic.found
    if found.forbidden:
        return [Finding(check, State.SKIPPED, "Kafka does not tell this user of it", about=found.name)]
    findings = [of_fault(check, fault, found.name) for fault in topic.faults]
    if found.is_there and found.settings is None:
        why = f"it has {partitions(found.partitions)}; its settings are not shown to this user"
        advice = "have DescribeConfigs allowed"
        findings.append(Finding(check, State.SKIPPED, why, advice, about=found.name))
    return findings or [Finding(check, State.OK, _summary(topic), about=found.name)]


def _summary(topic: Topic) -> str:
    found, retention = topic.found, topic.setting("retention.ms")
    told = [partitions(found.partitions), "1 copy" if found.copies == 1 else f"{found.copies} copies"]
    if topic.setting("cleanup.policy") == "compact":
        told.append("keeps newest of each key")
    elif retention is not None:
        told.append(f"keeps {length(int(retention))}")
    return ", ".join(told)
