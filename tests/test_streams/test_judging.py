"""Judging: every ledger record once, in order; once it has caught up all alerts, then changes only."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import nan
from typing import Any

import pytest
from columns import idle, segment
from pages import alert as made
from pages import rows_of
from snapshots import differences

from models.errors import SegmentError
from models.verdicts import Alert
from streams.config import Config, load
from streams.document import alert_document
from streams.judging import Judging
from streams.ledger import encode

CONFIG = load(
    None, overrides=["time.clock=event", "verdicts.warm_up_days=2", "verdicts.persistence=1"], environment={}
)
DAYS = 8


@dataclass
class AlertsTopic:
    """What was published, oldest first; refuses everything while it is told to."""

    records: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusing: bool = False

    async def publish(self, topic: str, value: bytes, key: bytes) -> None:
        """Take a record, as judging's `Publish`."""
        assert topic == CONFIG.topics.alerts
        if self.refusing:
            raise ConnectionError("the broker said no")
        self.records.append((key.decode(), json.loads(value)))

    @property
    def compacted(self) -> dict[str, dict[str, Any]]:
        """What is left of it after compaction: the last record of each alert."""
        return dict(self.records)


def ledger(days: int = DAYS) -> list[bytes]:
    """Return a ledger of the demo's centre, a segment a day; alerts are raised in it and change."""
    start, records = 0, []
    for day in range(days):
        rows = rows_of(day)
        records.append(encode(segment(rows, start)))
        start += len(rows)
    return records


def judging(topic: AlertsTopic, caught_up_at: int | None = 0, config: Config = CONFIG) -> Judging:
    return Judging(config, topic.publish, caught_up_at=caught_up_at)


def fed(of: Judging, records: Sequence[bytes], begin: int = 0) -> Judging:
    """Let it take records from an offset on."""

    async def run() -> None:
        for offset, value in enumerate(records, begin):
            await of.take(offset, value)

    asyncio.run(run())
    return of


def test_the_judge_is_that_of_the_ledger() -> None:
    """Each record is applied in its order; where it stands and how often it moved is told."""
    of = fed(judging(AlertsTopic()), ledger())

    assert of.next_offset == of.version == DAYS
    counts = of.snapshot().counts["handlings"]
    assert counts.read == sum(len(rows_of(day)) for day in range(DAYS))


def test_what_was_applied_is_skipped() -> None:
    """A rebalance throws the position back: what was applied changes nothing, not even the version."""
    topic = AlertsTopic()
    of = fed(judging(topic), ledger())
    before, published = of.snapshot(), len(topic.records)
    fed(of, ledger())

    assert differences(of.snapshot(), before) == []
    assert (of.version, of.next_offset, len(topic.records)) == (DAYS, DAYS, published)


def test_offsets_may_jump() -> None:
    """The ledger too can have markers between its records; what comes next is applied."""
    of = judging(AlertsTopic())
    fed(of, ledger()[:1], 4)
    fed(of, ledger()[1:2], 9)

    assert (of.next_offset, of.version) == (10, 2)


def test_a_record_it_cannot_read_stops_it() -> None:
    """A newer or damaged record is raised, never skipped, and is still due afterwards."""
    of = fed(judging(AlertsTopic()), ledger()[:2])
    with pytest.raises(SegmentError):
        fed(of, [b"\x02not of this version"], 2)

    assert of.next_offset == 2


def test_nothing_is_published_before_it_has_caught_up() -> None:
    """Until the ledger, as it was at the start, has been applied the verdicts are old ones."""
    topic = AlertsTopic()
    of = fed(judging(topic, caught_up_at=DAYS), ledger()[:-1])
    assert of.snapshot().alerts
    assert topic.records == []
    before = of.caught_up

    fed(of, ledger()[-1:], DAYS - 1)
    assert (before, of.caught_up) == (False, True)
    assert set(topic.compacted) == {alert.id for alert in of.snapshot().alerts}
    assert {record["ledger_offset"] for record in topic.compacted.values()} == {DAYS - 1}


def test_a_judge_without_a_known_end_never_publishes() -> None:
    """As long as nobody has told where the ledger ended at the start, it has not caught up."""
    topic = AlertsTopic()
    of = fed(judging(topic, caught_up_at=None), ledger())

    assert not of.caught_up
    assert topic.records == []


def test_an_empty_ledger_is_caught_up_with() -> None:
    """A new installation is ready at once."""
    assert judging(AlertsTopic(), caught_up_at=0).caught_up


def test_afterwards_only_changes_are_published() -> None:
    """What a record says differs from the one before it, and the last of each is what is shown."""
    topic = AlertsTopic()
    of = fed(judging(topic), ledger())

    last: dict[str, dict[str, Any]] = {}
    for key, record in topic.records:
        told = {name: part for name, part in record.items() if name != "ledger_offset"}
        assert last.get(key) != told
        last[key] = told
    shown = {alert.id: alert_document(alert) for alert in of.snapshot().alerts}
    assert {key: {name: record[name] for name in shown[key]} for key, record in last.items()} == shown
    assert of.published == len(topic.records)


def test_nothing_is_published_between_steps() -> None:
    """Alerts change at steps only; a record that ends none, such as an idle mark, publishes nothing."""
    topic = AlertsTopic()
    of = fed(judging(topic), ledger())
    published = len(topic.records)
    fed(of, [encode(idle(of.judge.snapshot().sources[0].position))], DAYS)

    assert len(topic.records) == published


def test_each_record_says_what_caused_it() -> None:
    """The ledger's offset, never a smaller one than before, and the settings under which it was judged."""
    topic = AlertsTopic()
    fed(judging(topic), ledger())

    offsets = [record["ledger_offset"] for _, record in topic.records]
    assert offsets == sorted(offsets)
    assert {record["config_hash"] for _, record in topic.records} == {CONFIG.fingerprint()}
    assert all(key == record["id"] for key, record in topic.records)


def test_a_restart_says_the_same_again() -> None:
    """A judge that starts again publishes the same alerts under the same ids, no other."""
    first, second = AlertsTopic(), AlertsTopic()
    fed(judging(first), ledger())
    fed(judging(second, caught_up_at=DAYS), ledger())

    def without_offset(topic: AlertsTopic) -> dict[str, dict[str, Any]]:
        return {key: record | {"ledger_offset": 0} for key, record in topic.compacted.items()}

    assert without_offset(first) == without_offset(second)
    assert len(second.records) == len(second.compacted)


def test_a_refused_alert_is_raised_and_said_again() -> None:
    """What did not reach the topic is heard of, and has not been told."""
    topic = AlertsTopic()
    of = fed(judging(topic, caught_up_at=DAYS), ledger()[:-1])
    topic.refusing = True
    with pytest.raises(ConnectionError):
        fed(of, ledger()[-1:], DAYS - 1)

    assert of.published == 0


class _Fixed:
    """A judge whose alerts are given; each record is a step."""

    def __init__(self) -> None:
        self.alerts: tuple[Alert, ...] = ()
        self.steps = 0

    def apply(self, _: object) -> None:
        self.steps += 1


def published_of(*steps: tuple[Alert, ...]) -> list[tuple[str, str | None]]:
    """Return id and end of what is published when these alerts are found step after step."""
    topic, fixed = AlertsTopic(), _Fixed()
    of = judging(topic)
    of.judge = fixed  # type: ignore[assignment]
    for offset, alerts in enumerate(steps):
        fixed.alerts = alerts
        fed(of, [encode(idle(0))], offset)
    return [(key, record["until"]) for key, record in topic.records]


def test_the_end_of_an_alert_is_published() -> None:
    """Raised, unchanged, ended, gone: two records."""
    standing = made(id="a")
    ended = replace(standing, until=1_704_153_600_000_000)

    assert published_of((standing,), (standing,), (ended,), (ended,), ()) == [
        ("a", None),
        ("a", "2024-01-02T00:00:00Z"),
    ]


def test_a_figure_that_cannot_be_told_is_no_change() -> None:
    """Evidence of NaN, worked out anew at every step, is the same evidence."""
    steps = [(made(id="a", evidence=(("z", 4.0), ("without_one", nan * 1))),) for _ in range(3)]

    assert published_of(*steps) == [("a", None)]


def test_what_is_logged_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The log says that an alert was raised or ended, its kind, measure and id, and never about whom."""
    standing = made(id="a", employee="jane.doe", reasons=("jane.doe differs",))
    with caplog.at_level("INFO", "touchpoint.judging"):
        published_of((standing,), (replace(standing, until=1),))

    assert [one.message for one in caplog.records] == ["alert raised", "alert ended"]
    assert not any("jane" in str(vars(one)) for one in caplog.records)
