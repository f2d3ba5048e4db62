"""The demo: a simulated centre with a known inconsistency, a day a second, on an embedded broker.

The worker is the real one; only the broker is small and the centre made up. The simulated clock begins two
years back and is the only clock (`time.clock = "event"`). Verdicts are held to a stricter level than by
default: a minute shows two months of a small centre, in which one false alert would be no surprise.
"""

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

import click
from aiokafka.errors import ProducerClosed
from mode import Service

from models.counts import total
from models.identity import Identity, Keys
from models.settings import SECOND, DetectorSettings, FunnelSettings, SpreadSettings
from models.simulation import Centre, SimulationSettings, inconsistencies
from models.snapshot import Snapshot
from streams import logs, terminal, topics
from streams.app import Worker, built, serve
from streams.config import Config, KafkaConfig, LogConfig
from streams.document import alert_document
from streams.embedded_broker import EmbeddedBroker
from streams.http_settings import HttpConfig
from streams.producer import PatientProducer
from streams.upstream import play

_DAYS: Final = 730
_Q: Final = 0.001
_PARTITIONS: Final = 4

_LINE_EVERY_S: Final = 5
"""How often a status line is printed where there is no terminal to rewrite one on."""


def run(*, seconds: int | None, seed: int, inconsistency: str, port: int, colour: bool | None) -> int:
    """Run the demo until it is interrupted, or for so many seconds, and return its exit code.

    Raises
    ------
    ServerError
        Where the embedded broker is not installed or does not start.
    TouchpointError
        Where the port of /metrics is taken.
    """
    logs.configure("warning", "auto")
    planted = inconsistencies(inconsistency)
    start = datetime.now(UTC).date() - timedelta(days=_DAYS)
    start -= timedelta(days=start.weekday())  # a Monday, so that one seed is one story on every day
    centre = Centre(SimulationSettings(days=_DAYS, start=start, inconsistencies=planted), seed)
    with EmbeddedBroker() as broker:
        config = Config(
            kafka=KafkaConfig(brokers=(broker.bootstrap,), session_timeout_s=1.0),
            http=HttpConfig(port=port, access_log_file=os.devnull),  # these people are made up
            logs=LogConfig(level="warning"),
        )
        detectors = DetectorSettings(SpreadSettings(q=_Q), FunnelSettings(q=_Q))
        config = replace(config, time=replace(config.time, clock="event"), detectors=detectors)
        return asyncio.run(_run(config, centre, seconds, colour))


async def _run(config: Config, centre: Centre, seconds: int | None, colour: bool | None) -> int:
    identity = Identity(Keys.from_secret(secrets.token_bytes(32)))  # thrown away when the demo ends
    await topics.create(config, dict.fromkeys(config.sources.topics, _PARTITIONS))
    async with built(config, identity, embedded=True) as (worker, services):
        screen = _Screen(worker, centre, identity, colour)
        until = asyncio.Event()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, until.set)
        await serve(worker, [*services, _Publisher(config, centre), screen], until)
        screen.close()
    return 0


class _Publisher(Service):
    """The upstream system: publishes the centre's events, a day a second."""

    def __init__(self, config: Config, centre: Centre) -> None:
        super().__init__()
        self._topic = config.sources.topics[0]
        self._centre = centre
        self._producer = PatientProducer(config, embedded=True)

    async def on_start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def on_stop(self) -> None:
        """Hand over what is on its way."""
        await self._producer.stop()

    @Service.task
    async def _publish(self) -> None:
        with suppress(ProducerClosed):  # the demo has ended
            await play(self._centre, partial(self._producer.send, self._topic), day_s=1.0, sleep=self.sleep)


class _Screen(Service):
    """What the person in front of it sees."""

    def __init__(self, worker: Worker, centre: Centre, identity: Identity, colour: bool | None) -> None:
        super().__init__()
        self._worker = worker
        self._centre = centre
        self._identity = identity
        self._colour = colour
        self._live = sys.stdout.isatty()
        self._told: dict[str, int | None] = {}
        self._ticks = 0

    async def on_start(self) -> None:
        """Say what is going on and what there is to find."""
        self._say(self._head())

    @Service.timer(1.0)
    async def _tick(self) -> None:
        snapshot = self._worker.ownership.shown()
        if snapshot is None:  # it is taking the judge over
            return
        changed = [alert for alert in snapshot.alerts if self._told.get(alert.id, 0) != alert.until]
        if changed:
            self._clear_line()
            self._say(line for alert in changed for line in terminal.told(alert_document(alert)))
            self._told = {alert.id: alert.until for alert in snapshot.alerts}
        line = self._status(snapshot)
        if self._live:
            click.echo(f"\r\x1b[2K{line[: shutil.get_terminal_size().columns - 1]}", nl=False)
        elif self._ticks % _LINE_EVERY_S == 0:
            click.echo(line)
        self._ticks += 1

    def close(self) -> None:
        """Sum up what was found."""
        snapshot = self._worker.ownership.shown()
        if snapshot is None:
            return
        self._clear_line()
        self._say(["", self._status(snapshot)])
        self._say(terminal.verdicts([alert_document(alert) for alert in snapshot.alerts]))
        self._say(self._score(snapshot))

    def _head(self) -> Iterator[str]:
        yield click.style("touchpoint demo: a simulated contact centre, a day a second", bold=True)
        yield f"  page      {self._worker.config.http.url}/, for Prometheus /metrics"
        yield "  evidence  14 days are gathered before the first verdict; a verdict must hold for 3 days"
        for what in self._planted():
            yield f"  planted   {what[0]}"
        if not self._centre.planted:
            yield "  planted   nothing: there should be no alert"
        yield ""

    def _planted(self) -> Iterator[tuple[str, tuple[str | None, str | None, str | None]]]:
        """Yield what was planted, in words, and as the employee, channel and issue type of an alert."""
        truth: Any = self._centre.truth()
        for one in truth["inconsistencies"]:
            name = one["employee"]
            employee = None if name is None else self._identity.employee(name)
            where = (employee, one["channel"], one["issue_type"])
            if employee is not None:
                yield f"{one['kind']}: {name}, known to the monitor as {employee}, unlike his peers", where
            else:
                yield (
                    f"{one['kind']}: {one['channel']} / {one['issue_type']}, where employees disagree",
                    where,
                )

    def _status(self, snapshot: Snapshot) -> str:
        counts = total(snapshot.counts)
        lag = sum(self._worker.health.lag().values())
        day = "--" if snapshot.last_step is None else _day(snapshot.last_step)
        standing = sum(alert.until is None for alert in snapshot.alerts)
        share = [one.handlings_share for one in snapshot.coverage if one.kind == "stratum_split"]
        evidence = f"{max(share):.0%} judgeable" if share else "gathering evidence"
        return (
            f"day {day}  read {counts.read:,}  pending {counts.pending:,}  lag {lag:,}  "
            f"{len(snapshot.employees)} employees  {len(snapshot.strata)} strata  {evidence}  "
            f"{standing} alerts"
        )

    def _score(self, snapshot: Snapshot) -> Iterator[str]:
        found = {(alert.employee, alert.channel, alert.issue_type) for alert in snapshot.alerts}
        for what, where in self._planted():
            verdict = (
                click.style("found", fg="green") if where in found else click.style("not found", fg="red")
            )
            yield f"{verdict}: {what}"
        if not self._centre.planted:
            yield f"nothing was planted, {len(snapshot.alerts)} alerts"

    def _clear_line(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False)

    def _say(self, lines: Iterator[str] | list[str]) -> None:
        for line in lines:
            click.echo(line, color=self._colour)


def _day(microseconds: int) -> date:
    return datetime.fromtimestamp(microseconds // SECOND - 1, UTC).date()
