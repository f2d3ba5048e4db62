"""`touchpoint doctor` against a real Kafka: what is whole passes, and looking changes nothing."""

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from commands import SECRET, touchpoint
from kafka.broker import Broker
from kafka.installation import EVENTS, READ, Installation, amiss, examined, installed, only
from kafka.secured import SecuredBroker
from worker import RunningWorker

from models.identity import Keys
from streams import child_server
from streams.config import Config, KafkaConfig, as_toml
from streams.rights import Grant, grants
from streams.topics import prepare

pytestmark = pytest.mark.kafka


@pytest.fixture
def whole(kafka: Broker) -> Installation:
    """Return an installation in which nothing is wrong."""
    return installed(kafka)


def test_a_whole_installation_passes(whole: Installation, tmp_path: Path) -> None:
    """Nothing is skipped or warned of, the exit code is 0, and what was seen is told."""
    code, findings = examined(whole.config, tmp_path)

    assert (code, amiss(findings)) == (0, [])
    seen = {one["name"]: one["seen"] for one in findings}
    assert seen["position"] == f"lag {2 * (EVENTS - READ)} in 2 partitions"
    assert seen["events"] == f"the newest {2 * EVENTS} of 2 partitions are good"
    assert Keys.from_secret(SECRET.encode()).key_id in seen["key"]


def test_before_the_first_start_nothing_is_wrong(kafka: Broker, tmp_path: Path) -> None:
    """With only the source there, what the worker will make is no fault; what cannot be seen is skipped."""
    whole = installed(kafka)
    names = {name: f"{name}-other" for name in ("ledger", "alerts", "dead_letters", "checkpoints")}
    kafka_of_another = replace(whole.config.kafka, app_id="app-other")
    config = replace(whole.config, kafka=kafka_of_another, topics=replace(whole.config.topics, **names))

    code, findings = examined(config, tmp_path)

    assert code == 0
    assert amiss(findings) == [("ledger format", "skipped"), ("key", "skipped"), ("history", "skipped")]
    [position] = [one for one in findings if one["name"] == "position"]
    assert position["seen"] == f"lag {2 * EVENTS} in 2 partitions, nothing was read yet"


def test_beside_a_running_worker_all_is_well(whole: Installation, tmp_path: Path) -> None:
    """Its port is taken by itself, and it is not disturbed."""
    with RunningWorker(whole.config) as worker:
        worker.until(lambda _: worker.get("/readyz") == b"ready\n")
        code, findings = examined(whole.config, tmp_path)
        [port] = [one for one in findings if one["name"] == "http"]
        assert (code, port["state"]) == (0, "ok")
        assert "a worker serves" in port["seen"]


def test_a_secret_that_has_changed_is_told_by_its_key_id(whole: Installation, tmp_path: Path) -> None:
    """The ledger's newest segment names another key: both ids are told, the secret is not."""
    changed = "quite another secret than that"

    code, findings = examined(whole.config, tmp_path, secret=changed)

    finding = only(findings)
    assert (code, finding["name"], finding["state"]) == (1, "key", "failed")
    for secret in (SECRET, changed):
        assert Keys.from_secret(secret.encode()).key_id in finding["seen"]
        assert secret not in json.dumps(findings)


def test_without_a_secret_the_rest_is_looked_at(whole: Installation, tmp_path: Path) -> None:
    """No secret fails, what depends on it is skipped, everything else is as it was."""
    code, findings = examined(whole.config, tmp_path, secret="")

    assert code == 1
    assert amiss(findings) == [("secret", "failed"), ("key", "skipped")]


def test_a_broker_that_is_down_skips_what_needs_it(whole: Installation, tmp_path: Path) -> None:
    """What can be checked without Kafka is; the broker fails, with the reason; the rest is skipped."""
    [port] = child_server.free_ports(1)
    dead = replace(whole.config.kafka, brokers=(f"127.0.0.1:{port}",))

    code, findings = examined(replace(whole.config, kafka=dead), tmp_path)

    assert code == 1
    [broker] = [one for one in findings if one["state"] == "failed"]
    assert broker["name"] == "broker"
    assert f"127.0.0.1:{port}" in broker["seen"]
    assert {one["name"] for one in findings if one["state"] == "ok"} == {
        "configuration",
        "secret",
        "http",
        "security",
    }


def test_a_port_that_never_answers_is_given_up(tmp_path: Path, whole: Installation) -> None:
    """Something that takes connections and says nothing is given up, and named."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        path = tmp_path / "mute.toml"
        path.write_text(as_toml(replace(whole.config, kafka=KafkaConfig(brokers=(address,)))))
        result = touchpoint("doctor", "--config", path, "--timeout", "0.2")

    assert result.exit_code == 1
    assert f"none of {address} answers within 0.4 s" in " ".join(result.stdout.split())


@pytest.fixture(scope="module")
def permissive(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Lend a broker that makes whatever topic it is asked about."""
    request.getfixturevalue("kafka")  # which skips where there is no Kafka
    with Broker(settings="auto.create.topics.enable=true\n") as broker:
        yield broker


def test_looking_changes_nothing(permissive: Broker, tmp_path: Path) -> None:
    """Also where the broker would make a topic for the asking, none is; no record, no commit is added."""
    whole = installed(permissive)
    config = replace(
        whole.config,
        sources=replace(whole.config.sources, topics=(whole.source, "nobody-made-this")),
        topics=replace(whole.config.topics, alerts="not-yet"),
    )

    examined(config, tmp_path)
    _, findings = examined(config, tmp_path)

    assert amiss(findings) == [("source topic", "failed")]
    seen = {(one["name"], one["about"]): one["seen"] for one in findings}
    assert seen["source topic", "nobody-made-this"] == "Kafka has no such topic"
    assert seen["alerts topic", "not-yet"] == "not there yet; a worker makes it when it starts"
    assert seen["position", whole.source] == f"lag {2 * (EVENTS - READ)} in 2 partitions"


def restricted(broker: SecuredBroker, user: str) -> Config:
    """Return the configuration of a user to whom nothing is granted; all topics are there."""
    config = broker.config(broker.by_certificate(user))
    names = {name: f"{user}-{name}" for name in ("ledger", "alerts", "dead_letters", "checkpoints")}
    config = replace(config, topics=replace(config.topics, **names))
    asyncio.run(prepare(replace(config, kafka=KafkaConfig(brokers=(broker.bootstrap,)))))
    return config


def test_a_right_that_is_missing_is_named(secured_broker: SecuredBroker, tmp_path: Path) -> None:
    """With all that the worker needs a user passes; a right held back is named, and how to give it."""
    config = restricted(secured_broker, "almost")
    needed = grants(config)
    kept_back = Grant("Topic", config.topics.ledger, "Write")
    secured_broker.grant("almost", [one for one in needed if one != kept_back])

    code, findings = examined(config, tmp_path)
    [refused] = [one for one in findings if one["state"] == "failed"]
    assert (code, refused["name"], refused["about"]) == (1, "rights", config.topics.ledger)
    assert refused["seen"] == "this user may not Write this Topic"
    assert "--operation Write" in refused["command"]

    secured_broker.grant("almost", [kept_back])
    code, findings = examined(config, tmp_path)
    assert code == 0
    assert {state for _, state in amiss(findings)} == {"skipped"}


def test_who_may_do_nothing_is_told_so(secured_broker: SecuredBroker, tmp_path: Path) -> None:
    """Every resource that the worker needs is named, and what could not be looked at is skipped."""
    config = restricted(secured_broker, "nobody")

    code, findings = examined(config, tmp_path)

    assert code == 1
    refused = [one["about"] for one in findings if (one["name"], one["state"]) == ("rights", "failed")]
    assert sorted(refused) == sorted({one.name for one in grants(config)})
    assert {state for name, state in amiss(findings) if name != "rights"} == {"skipped"}
