"""A real Apache Kafka for tests: one node in KRaft mode, on loopback, with data of its own."""

import asyncio
import itertools
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code
from kafka import jars

from streams import child_server
from streams.child_server import ServerError

START_S = 60.0  # 2 s on an idle machine
GRACE_S = 20.0  # 0.4 s on an idle machine

JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
CLUSTER_ID = "dG91Y2hwb2ludC10ZXN0cw"  # any 16 bytes in base64

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners}
advertised.listeners={advertised}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=1500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=200
"""  # one partition and one replica of everything internal; a killed broker or member is soon given up

T = TypeVar("T")


class Broker:
    """A broker for as long as the `with` block lasts; its data ends with it.

    Parameters
    ----------
    listeners : mapping of name to host
        Further ones besides the plain one; the host is what clients are told to connect to.
    settings : str
        Further lines of its server.properties.
    users : mapping of name to password
        Who may come by SCRAM-SHA-256 or SCRAM-SHA-512.
    """

    def __init__(
        self,
        *,
        listeners: Mapping[str, str] | None = None,
        settings: str = "",
        users: Mapping[str, str] | None = None,
    ) -> None:
        self._java = [jars.java(), *JVM, "-cp", jars.class_path()]
        self._topics = itertools.count(1)
        self._hosts = {"PLAINTEXT": "127.0.0.1", **(listeners or {})}
        self._controller_port, *ports = child_server.free_ports(1 + len(self._hosts))
        self.ports = dict(zip(self._hosts, ports, strict=True))
        self.port = self.ports["PLAINTEXT"]
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._more = settings
        self._users = users or {}

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="touchpoint-kafka-")
        folder = Path(self._folder.name)
        self._log, self._settings = folder / "broker.log", folder / "server.properties"
        listening = {name: f"{name}://127.0.0.1:{port}" for name, port in self.ports.items()}
        advertised = [f"{name}://{self._hosts[name]}:{port}" for name, port in self.ports.items()]
        listening["CONTROLLER"] = f"CONTROLLER://127.0.0.1:{self._controller_port}"
        settings = SETTINGS.format(
            listeners=",".join(listening.values()),
            advertised=",".join(advertised),
            controller=self._controller_port,
            data=folder / "data",
        )
        self._settings.write_text(settings + self._more)
        try:
            self._format()
            self._start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        child_server.stop(self._process, GRACE_S)
        self._folder.cleanup()

    @property
    def url(self) -> str:
        """Address as Faust and our configuration want it."""
        return f"kafka://{self.bootstrap}"

    def create_topic(
        self, name: str = "topic", *, partitions: int = 1, config: Mapping[str, str] | None = None
    ) -> str:
        """Create a topic that no other test has and return its name; may be called inside an event loop."""
        unique = f"{name}-{next(self._topics)}"
        in_a_thread(self._create(NewTopic(unique, partitions, 1, topic_configs=dict(config or {}))))
        return unique

    def bytes_of(self, topic: str) -> int:
        """Return how much of the disk the records of a topic take, of all its partitions."""
        logs = Path(self._folder.name, "data").glob(f"{topic}-[0-9]*/*.log")
        return sum(log.stat().st_size for log in logs)

    def throttle_producers(self, bytes_a_second: int) -> None:
        """Hold every producer back to so much from now on, as a quota of a shared cluster does."""
        quota = ["--add-config", f"producer_byte_rate={bytes_a_second}"]
        clients = ["--entity-type", "clients", "--entity-default"]
        command = [*self._java, "kafka.admin.ConfigCommand", "--bootstrap-server", self.bootstrap, "--alter"]
        subprocess.run([*command, *quota, *clients], check=True, capture_output=True)

    def restart(self) -> None:
        """Stop (unless `kill` did) and start again, same ports, same data."""
        child_server.stop(self._process, GRACE_S)
        self._start()

    def stop(self) -> None:
        """Ask it to end and wait until it has; `restart` brings it back."""
        child_server.stop(self._process, GRACE_S)

    def kill(self) -> None:
        """End it as a crash would; `restart` brings it back."""
        child_server.kill(self._process)

    @asynccontextmanager
    async def killed(self) -> AsyncIterator[None]:
        """End it as a crash would, and bring it back after the `async with` block."""
        self.kill()
        try:
            yield
        finally:
            await asyncio.to_thread(self.restart)

    def _format(self) -> None:
        tool = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._settings)]
        for (name, password), mechanism in itertools.product(self._users.items(), SCRAM):
            tool += ["--add-scram", f"{mechanism}=[name={name},password={password}]"]
        with self._log.open("wb") as log:
            done = subprocess.run(tool, stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            raise ServerError(f"Kafka could not format its storage:\n{self._log.read_text()[-3000:]}")

    def _start(self) -> None:
        self._process = child_server.start([*self._java, "kafka.Kafka", str(self._settings)], self._log)
        try:
            self._wait_until_it_answers()
        except BaseException:
            child_server.kill(self._process)
            raise

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        while not (_listens(self.port) and in_a_thread(self._answers())):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"Kafka did not come up:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.05)

    async def _answers(self) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
            return bool(cluster["brokers"])  # none until the controller lets it serve
        except KafkaError:
            return False
        finally:
            await admin.close()

    async def _create(self, topic: NewTopic) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            [(_, code, message)] = (await admin.create_topics([topic])).topic_errors
            if code:
                raise for_code(code)(message)
            for _ in range(1000):  # created, but for a moment clients are not told of it
                [told] = await admin.describe_topics([topic.name])
                if len(told["partitions"]) == topic.num_partitions:
                    break
                await asyncio.sleep(0.01)
        finally:
            await admin.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def in_a_thread(coroutine: Coroutine[None, None, T]) -> T:
    """Run it in a loop of its own: the caller may be inside one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
