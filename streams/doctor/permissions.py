"""Whether this user may do what the worker does, as far as Kafka tells without its being done."""

from collections.abc import Iterable, Mapping
from typing import Final

from streams import rights
from streams.config import Config
from streams.doctor import group
from streams.doctor.findings import Finding, State
from streams.rights import Grant
from streams.topics import commands
from streams.topics.cluster import Cluster, Found

_OPERATIONS: Final[Mapping[str, int]] = {"Read": 3, "Write": 4, "DescribeConfigs": 10}
"""Kafka's codes (org.apache.kafka.common.acl.AclOperation)."""
_OPTIONS: Final[Mapping[str, str]] = {
    "Topic": "--topic",
    "Group": "--group",
    "TransactionalId": "--transactional-id",
}


async def permissions(cluster: Cluster, config: Config, found: Mapping[str, Found]) -> list[Finding]:
    """Check every right that the worker needs but Create: that is tried out where a topic is missing."""
    grants = [one for one in rights.grants(config) if one.operation != "Create"]
    allowed = {one: await _is_allowed(cluster, one, found) for one in grants}
    refused = [one for one in grants if allowed[one] is False]
    findings = [_refusal(config, *resource, refused) for resource in _resources(refused)]
    if None in allowed.values():
        why = "this Kafka does not tell what one may do; it does from version 2.3 on"
        findings.append(Finding("rights", State.SKIPPED, why, 'what is needed stands in README "Rights"'))
    if not findings:
        findings.append(Finding("rights", State.OK, f"all {len(grants)} that the worker needs"))
    return findings


async def _is_allowed(cluster: Cluster, grant: Grant, found: Mapping[str, Found]) -> bool | None:
    """Return whether something is allowed, None where Kafka does not tell."""
    if grant.resource == "TransactionalId":
        return await group.may_find(cluster, grant.name)
    if grant.resource == "Group":
        operations = await group.operations(cluster, grant.name)
    else:
        topic = found[grant.name]
        operations = frozenset() if topic.forbidden else topic.operations
    return None if operations is None else _OPERATIONS[grant.operation] in operations


def _resources(grants: Iterable[Grant]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((one.resource, one.name) for one in grants))


def _refusal(config: Config, resource: str, name: str, refused: Iterable[Grant]) -> Finding:
    operations = [one.operation for one in refused if (one.resource, one.name) == (resource, name)]
    return Finding(
        "rights",
        State.WARNING if operations == ["DescribeConfigs"] else State.FAILED,  # it only checks less then
        f"this user may not {' or '.join(operations)} this {resource}",
        "have it allowed",
        commands.allow(config, f"{_OPTIONS[resource]} {name}", operations),
        name,
    )
