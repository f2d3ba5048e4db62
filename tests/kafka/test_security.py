"""The connection is as safe as configured, and what keeps the worker out is told in a sentence."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import faust
import pytest
from kafka.secured import WORKER, Authority, SecuredBroker, run
from worker import consume, publish

from streams.config import Config, KafkaConfig
from streams.connection import credentials
from streams.diagnosis import BrokerError, reach
from streams.rights import grants

pytestmark = pytest.mark.kafka


def with_mechanism(kafka: KafkaConfig, mechanism: Any) -> KafkaConfig:
    return replace(kafka, sasl=replace(kafka.sasl, mechanism=mechanism))


def with_tls(kafka: KafkaConfig, **changes: Any) -> KafkaConfig:
    return replace(kafka, tls=replace(kafka.tls, **changes))


def nameless(broker: SecuredBroker) -> KafkaConfig:
    """Return how one without certificate comes to a port that asks for it."""
    return with_tls(broker.by_certificate(), certificate_file="", key_file="")


def refusal(kafka: KafkaConfig) -> str:
    """Return the sentence with which the worker would end."""
    with pytest.raises(BrokerError) as caught:
        run(reach(kafka, {}))
    return str(caught.value)


async def echo(config: Config, folder: Path) -> bytes:
    """Return the first handling that a stock Faust app is handed; it is sent to the ledger too."""
    app = faust.App(
        config.kafka.app_id,
        broker=[f"kafka://{address}" for address in config.kafka.brokers],
        broker_credentials=credentials(config.kafka, {}),
        autodiscover=False,
        web_enabled=False,
        datadir=str(folder),
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )
    source = app.topic(*config.sources.topics, value_serializer="raw")
    ledger = app.topic(config.topics.ledger, value_serializer="raw")
    handed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def take(stream: Any) -> None:
        async for value in stream:
            await ledger.send(value=value)
            handed.set_result(value)

    app.agent(source)(take)
    await app.start()
    try:
        return await handed
    finally:
        await app.stop()


WAYS_IN: dict[str, Callable[[SecuredBroker], KafkaConfig]] = {
    "SCRAM-SHA-512": lambda broker: broker.by_password(),
    "SCRAM-SHA-256": lambda broker: with_mechanism(broker.by_password(), "SCRAM-SHA-256"),
    "PLAIN": lambda broker: with_mechanism(broker.by_password(), "PLAIN"),
    "PLAIN without TLS": lambda broker: with_mechanism(broker.in_the_clear(), "PLAIN"),
    "mutual TLS": lambda broker: broker.by_certificate(),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_every_way_in_leads_in(secured_broker: SecuredBroker, way: str) -> None:
    """By password under each mechanism, with and without TLS, and by certificate."""
    run(reach(WAYS_IN[way](secured_broker), {}))


@pytest.mark.parametrize("way", ["SCRAM-SHA-512", "mutual TLS"])
def test_a_stock_faust_app_gets_in(secured_broker: SecuredBroker, tmp_path: Path, way: str) -> None:
    """Faust takes the same credentials, for what it reads and for what it writes."""
    config = secured_broker.config(WAYS_IN[way](secured_broker))
    secured_broker.grant(WORKER, grants(config))
    publish(secured_broker, config.sources.topics[0], [(None, b"hello")])

    assert run(echo(config, tmp_path)) == b"hello"
    assert [record.value for record in consume(secured_broker, config.topics.ledger)] == [b"hello"]


REFUSED: dict[str, tuple[Callable[[SecuredBroker], KafkaConfig], str]] = {
    "wrong password": (
        lambda broker: broker.by_password("guessed"),
        "Kafka does not take user worker with this password",
    ),
    "unknown user": (
        lambda broker: replace(broker.by_password(), sasl=replace(broker.by_password().sasl, username="who")),
        "Kafka does not take user who with this password",
    ),
    "mechanism that is off": (
        lambda broker: replace(with_mechanism(broker.by_password(), "PLAIN"), brokers=broker.at("ELSEWHERE")),
        "this port does not take PLAIN. Set kafka.sasl.mechanism",
    ),
    "unknown authority": (
        lambda broker: with_tls(broker.by_password(), ca_file=broker.by_certificate().tls.certificate_file),
        "worker.pem. Name the file with its authority in kafka.tls.ca_file",
    ),
    "authority that the system does not know": (
        lambda broker: with_tls(broker.by_password(), ca_file=""),
        "is not signed by an authority of this system",
    ),
    "wrong host": (
        lambda broker: replace(broker.by_password(), brokers=broker.at("SASL_SSL", "localhost")),
        "its certificate is made for another name",
    ),
    "no certificate": (nameless, "Name it in kafka.tls.certificate_file"),
    "no TLS to a port with it": (
        lambda broker: KafkaConfig(brokers=broker.at("SSL")),
        "it hangs up on PLAINTEXT. Set kafka.security_protocol",
    ),
    "no password to a port that asks": (
        lambda broker: KafkaConfig(brokers=broker.at("SASL_PLAINTEXT")),
        "it hangs up on PLAINTEXT. Set kafka.security_protocol",
    ),
    "no password to a port with TLS that asks": (
        lambda broker: replace(nameless(broker), brokers=broker.at("SASL_SSL")),
        "it hangs up on SSL. Set kafka.security_protocol",
    ),
    "password without TLS to a port with it": (
        lambda broker: replace(broker.in_the_clear(), brokers=broker.at("SASL_SSL")),
        "it hangs up on SASL_PLAINTEXT. Set kafka.security_protocol",
    ),
    "TLS to a port without": (
        lambda broker: replace(broker.by_password(), brokers=broker.at("PLAINTEXT")),
        "it hangs up on SASL_SSL. Set kafka.security_protocol",
    ),
    "password to a port that takes none": (
        lambda broker: replace(broker.in_the_clear(), brokers=broker.at("PLAINTEXT")),
        "this port takes no passwords. Set kafka.security_protocol",
    ),
}


@pytest.mark.parametrize("way", REFUSED)
def test_a_refusal_says_what_where_and_what_to_do(secured_broker: SecuredBroker, way: str) -> None:
    """Whatever keeps the worker out, it ends soon, with the address and the setting to mend."""
    made, said = REFUSED[way]
    kafka = made(secured_broker)

    told = refusal(kafka)

    assert told.startswith(f"kafka.brokers: {kafka.brokers[0]}: ")
    assert said in told


def test_where_kafka_sends_clients_on_to_is_tried_too(secured_broker: SecuredBroker) -> None:
    """Kafka answers, but sends clients on to where they get nowhere: there they would try for ever."""
    [address] = secured_broker.at("ELSEWHERE", "localhost")

    told = refusal(replace(secured_broker.by_password(), brokers=secured_broker.at("ELSEWHERE")))

    assert told.startswith(f"advertised.listeners of the brokers: {address}: ")
    assert "its certificate is made for another name" in told


def test_a_refused_certificate_is_told_by_its_file(secured_broker: SecuredBroker, tmp_path: Path) -> None:
    """A certificate with the worker's name, but of an authority that Kafka does not know, opens nothing."""
    certificate, key = Authority(tmp_path / "stranger").issue(WORKER)
    kafka = with_tls(secured_broker.by_certificate(), certificate_file=str(certificate), key_file=str(key))

    assert f"it refuses the certificate in {certificate}" in refusal(kafka)


def test_a_wrong_host_can_be_let_pass(secured_broker: SecuredBroker) -> None:
    """Where check_hostname is off the name does not matter, and the authority still does."""
    loose = with_tls(secured_broker.by_password(), check_hostname=False)
    loose = replace(loose, brokers=secured_broker.at("SASL_SSL", "localhost"))

    run(reach(loose, {}))

    assert "is not signed by" in refusal(with_tls(loose, ca_file=""))


def test_one_broker_that_lets_it_in_is_enough(secured_broker: SecuredBroker) -> None:
    """A broker of the list that is down keeps nobody out; where all are, each is told with its reason."""
    known = secured_broker.by_password()
    gone = "127.0.0.1:1"

    run(reach(replace(known, brokers=(gone, *known.brokers)), {}))

    told = refusal(replace(known, brokers=(gone, "nowhere.invalid:9092")))
    assert f"{gone}: nobody listens there" in told
    assert "nowhere.invalid:9092: there is no host of this name" in told
