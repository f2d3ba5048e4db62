"""A Kafka that lets in only whom it knows: TLS and users on its ports, ACLs on what they may do.

Its plain port stays open, and whoever comes there may do everything: so tests publish and look on.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest
from kafka.broker import SCRAM, Broker, in_a_thread
from kafka.jars import MissingError

from streams.config import Config, KafkaConfig, SourceConfig
from streams.rights import Grant
from streams.security import SaslConfig, TlsConfig
from streams.topic_settings import TopicsConfig

WORKER = "worker"
PASSWORD = "only-tests-know-it"  # noqa: S105 - it guards nothing

PORTS = {
    "SASL_SSL": "127.0.0.1",
    "SASL_PLAINTEXT": "127.0.0.1",
    "SSL": "127.0.0.1",
    "ELSEWHERE": "localhost",  # sends clients on to a name that its certificate does not hold
}

ANSWER_S = 20.0  # 0.4 s on an idle machine
CLOSED_S = 0.05  # connections that aiokafka closes without waiting for the end of TLS are gone by then

LOGIN = "org.apache.kafka.common.security"

# Kafka's codes (org.apache.kafka.common.acl and .resource); the rest of these two protocols is literal.
RESOURCES = {"Topic": 2, "Group": 3, "TransactionalId": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "DescribeConfigs": 10}
ALLOW, LITERAL, ANY = 3, 3, 1

T = TypeVar("T")


def run(work: Awaitable[T]) -> T:
    """Return what comes of it: aiokafka tries many a hopeless thing for 40 s, some for ever."""

    async def in_time() -> T:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await work
        finally:
            await asyncio.sleep(CLOSED_S)

    return asyncio.run(in_time())


class Authority:
    """Signs certificates with keys on the curve P-256, good for a day."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("openssl")
        if program is None:
            raise MissingError("openssl is not installed")
        folder.mkdir()
        self._openssl, self._folder = program, folder
        (folder / "openssl.cnf").write_text("[req]\ndistinguished_name = subject\n[subject]\n")
        self.file, _ = self._make("authority", "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign")

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return the files of a certificate for this name, at 127.0.0.1, and of its key."""
        key = self._folder / "authority.key"
        signed = ("-CA", str(self.file), "-CAkey", str(key))
        return self._make(name, "basicConstraints=CA:FALSE", "subjectAltName=IP:127.0.0.1", options=signed)

    def _make(self, name: str, *extensions: str, options: Iterable[str] = ()) -> tuple[Path, Path]:
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        command = [self._openssl, "req", "-x509", "-config", str(self._folder / "openssl.cnf")]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        command += ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(certificate), *options]
        for extension in extensions:
            command += ["-addext", extension]
        subprocess.run(command, capture_output=True, check=True)
        return certificate, key


class SecuredBroker(Broker):
    """A broker with a port for every security protocol.

    The worker may come by password to SASL_SSL and SASL_PLAINTEXT; anybody with a certificate, the worker
    too, may come to SSL and is called by the name in it. What each may do then is granted.
    """

    def __init__(self, folder: Path) -> None:
        self._files = folder
        self.authority = Authority(folder / "authority")
        users = {WORKER: PASSWORD}
        super().__init__(listeners=PORTS, settings=self._security(users), users=users)

    def at(self, port: str, host: str = "127.0.0.1") -> tuple[str, ...]:
        """Return `kafka.brokers` for one of the ports."""
        return (f"{host}:{self.ports[port]}",)

    def by_password(self, password: str = PASSWORD) -> KafkaConfig:
        """Return how the worker comes to SASL_SSL."""
        file = self._files / f"{password}.password"
        file.write_text(f"{password}\n")
        file.chmod(0o600)
        return KafkaConfig(
            brokers=self.at("SASL_SSL"),
            security_protocol="SASL_SSL",
            tls=TlsConfig(ca_file=str(self.authority.file)),
            sasl=SaslConfig(username=WORKER, password_file=str(file)),
        )

    def in_the_clear(self) -> KafkaConfig:
        """Return how the worker comes to SASL_PLAINTEXT."""
        kafka = self.by_password()
        return replace(
            kafka,
            brokers=self.at("SASL_PLAINTEXT"),
            security_protocol="SASL_PLAINTEXT",
            tls=TlsConfig(),
            sasl=replace(kafka.sasl, allow_plaintext=True),
        )

    def by_certificate(self, user: str = WORKER) -> KafkaConfig:
        """Return how a user comes to SSL."""
        certificate, key = self.authority.issue(user)
        return KafkaConfig(
            brokers=self.at("SSL"),
            security_protocol="SSL",
            tls=TlsConfig(str(self.authority.file), str(certificate), str(key)),
        )

    def config(self, kafka: KafkaConfig, *, made: bool = True) -> Config:
        """Return a configuration with topics of its own; all of them are there, or only the source."""
        events = self.create_topic("events")
        names = [f"{events}-{role}" for role in ("ledger", "alerts", "dead", "checkpoints")]
        ledger, alerts, dead, checkpoints = (self.create_topic(name) if made else name for name in names)
        return Config(
            kafka=replace(kafka, app_id=f"app-{events}"),
            sources=SourceConfig(topics=(events,)),
            topics=TopicsConfig(ledger, alerts, dead, checkpoints),
        )

    def grant(self, user: str, grants: Iterable[Grant]) -> None:
        """Let a user do all of this, besides what it may already."""
        wanted = {(RESOURCES[one.resource], one.name, OPERATIONS[one.operation]) for one in grants}
        in_a_thread(self._grant(f"User:{user}", wanted))

    async def _grant(self, user: str, wanted: set[tuple[int, str, int]]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            acls = [(kind, name, LITERAL, user, "*", operation, ALLOW) for kind, name, operation in wanted]
            told = await asyncio.gather(*(admin._send_request(CreateAclsRequest(*acl)) for acl in acls))
            for [(code, message)] in (answer.creation_responses for answer in told):
                if code:
                    raise for_code(code)(message)
            for _ in range(1000):  # the controller has them, and for a moment the broker has not
                if wanted <= await self._granted(admin, user):
                    return
                await asyncio.sleep(0.01)
            raise TimeoutError("the broker was never told of the rights")
        finally:
            await admin.close()

    async def _granted(self, admin: AIOKafkaAdminClient, user: str) -> set[tuple[int, str, int]]:
        listed = await admin._send_request(DescribeAclsRequest(ANY, None, ANY, user, None, ANY, ANY))
        return {
            (kind, name, operation) for kind, name, _, acls in listed.resources for _, _, operation, _ in acls
        }

    def _security(self, users: Mapping[str, str]) -> str:
        certificate, key = self.authority.issue("broker")
        keystore = self._files / "broker.pem"
        keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
        protocols = {"CONTROLLER": "PLAINTEXT", "PLAINTEXT": "PLAINTEXT"} | {port: port for port in PORTS}
        protocols["ELSEWHERE"] = "SASL_SSL"
        settings = {
            "listener.security.protocol.map": ",".join(":".join(pair) for pair in protocols.items()),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.file,
            "listener.name.ssl.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^CN=(.+)$/$1/",
            "sasl.enabled.mechanisms": ",".join([*SCRAM, "PLAIN"]),
            "listener.name.elsewhere.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        }
        known = " ".join(f'user_{name}="{password}"' for name, password in users.items())
        logins = {"plain": f"plain.PlainLoginModule required {known};"}
        logins |= {mechanism.lower(): "scram.ScramLoginModule required;" for mechanism in SCRAM}
        for port, (mechanism, login) in product(("sasl_ssl", "sasl_plaintext", "elsewhere"), logins.items()):
            settings[f"listener.name.{port}.{mechanism}.sasl.jaas.config"] = f"{LOGIN}.{login}"
        return "".join(f"{key}={value}\n" for key, value in settings.items())
