"""The whole worker on a Kafka that lets in only whom it knows, with the README's rights and no others."""

from dataclasses import replace

import pytest
from builders import line
from kafka.secured import WORKER, SecuredBroker
from worker import RunningWorker, consume, publish

from streams import child_server
from streams.config import Config, KafkaConfig
from streams.rights import grants

pytestmark = pytest.mark.kafka


def configured(broker: SecuredBroker, kafka: KafkaConfig) -> Config:
    """Return a configuration of a worker that has been granted what it needs."""
    config = broker.config(kafka, made=False)
    broker.grant(WORKER, grants(config))
    return replace(
        config,
        kafka=replace(config.kafka, session_timeout_s=2.0),
        time=replace(config.time, clock="event"),
        http=replace(config.http, port=child_server.free_ports(1)[0]),
    )


@pytest.mark.parametrize("by", ["password", "certificate"])
def test_the_listed_rights_are_all_that_the_worker_needs(secured_broker: SecuredBroker, by: str) -> None:
    """Over SASL_SSL or mutual TLS it makes its topics, reads, judges, keeps rejects, takes up its state."""
    kafka = secured_broker.by_password() if by == "password" else secured_broker.by_certificate()
    config = configured(secured_broker, kafka)
    [topic] = config.sources.topics
    publish(secured_broker, topic, [(None, line(event_id=f"e{n}")) for n in range(50)] + [(None, b"garbage")])
    with RunningWorker(config) as worker:
        worker.until_read(51)
        assert worker.terminate() == 0
    assert len(consume(secured_broker, config.topics.dead_letters)) == 1
    with RunningWorker(config) as worker:
        assert worker.until_read(51)["events"]["read"] == 51
        assert worker.terminate() == 0
        assert "checkpoint" not in worker.log.lower(), (
            "nothing new came, so none was written, and none was refused"
        )


def test_a_wrong_password_ends_the_worker_with_a_sentence(secured_broker: SecuredBroker) -> None:
    """What is wrong and what to do stands in the log; the password does not."""
    config = configured(secured_broker, secured_broker.by_password("not-the-password"))
    with RunningWorker(config) as worker:
        assert worker.wait_to_end() == 2
        assert "kafka.sasl.username" in worker.log
        assert "not-the-password" not in worker.log.replace("not-the-password.password", "")
