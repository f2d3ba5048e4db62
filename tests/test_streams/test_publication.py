"""Publication: whoever owns the judge when, readers of the alerts topic are told all of it, and once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import nan
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import alert as made

from models.settings import DAY
from models.verdicts import Alert
from streams.document import alert_document
from streams.publication import CONFIGURATION, HISTORY, Publication

SINCE = 1_704_067_200_000_000
HERE, OTHER = "0123456789ab", "ba9876543210"
ENDED = "2024-01-05T00:00:00Z"


@dataclass
class Topic:
    """The alerts topic: all that was ever published, oldest first."""

    records: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def publication(self, config_hash: str = HERE) -> Publication:
        """Return what a new owner under these settings reads in it."""
        read = Publication(config_hash)
        for key, record in self.records:
            read.read(key.encode(), orjson.dumps(record))
        return read

    def settle(self, publication: Publication, alerts: Sequence[Alert], offset: int) -> int:
        """Publish what is due; return how much that is."""
        due = publication.due(alerts, offset, SINCE + offset * DAY)
        self.records += [(key, dict(record)) for key, record in due]
        publication.published(due, offset)
        return len(due)

    def told(self) -> list[tuple[str, str | None]]:
        """Return id and end of each record."""
        return [(key, record["until"]) for key, record in self.records]

    @property
    def compacted(self) -> dict[str, dict[str, Any]]:
        """The last document of each alert."""
        return {key: document(record) for key, record in self.records}


def document(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in {"ledger_offset", "config_hash"}}


def as_read(alert: Alert) -> Any:
    """Return an alert as its readers have it."""
    return orjson.loads(orjson.dumps(alert_document(alert)))


STANDING = made(id="a", since=SINCE)
OVER = replace(STANDING, until=SINCE + DAY, reasons=("differs from peers", "ended: no longer"))


def test_a_change_is_told_once() -> None:
    """Raised, unchanged, with new figures, ended, forgotten: three records."""
    topic = Topic()
    publication = topic.publication()
    stronger = replace(STANDING, evidence=(("z", 9.0),))
    steps = [(STANDING,), (STANDING,), (stronger,), (stronger,), (OVER,), (OVER,), ()]

    assert [topic.settle(publication, alerts, at) for at, alerts in enumerate(steps)] == [1, 0, 1, 0, 1, 0, 0]
    assert topic.told() == [("a", None), ("a", None), ("a", "2024-01-02T00:00:00Z")]


def test_a_figure_that_cannot_be_told_is_no_change() -> None:
    """Evidence of NaN, worked out anew at every step, is the same evidence; readers have null."""
    topic = Topic()
    for offset in range(3):
        topic.settle(topic.publication(), [replace(STANDING, evidence=(("z", nan * 1),))], offset)

    assert [record["evidence"] for _, record in topic.records] == [{"z": None}]


def test_each_record_says_what_caused_it() -> None:
    """The ledger's offset, and the settings under which it was judged."""
    topic = Topic()
    topic.settle(topic.publication(), [STANDING], 7)

    assert topic.records == [("a", as_read(STANDING) | {"ledger_offset": 7, "config_hash": HERE})]


def test_nothing_is_told_from_before_what_readers_know() -> None:
    """A judge that stands before the newest record of the topic keeps still until it has passed it."""
    topic = Topic()
    topic.settle(topic.publication(), [STANDING], 7)
    late = topic.publication()

    assert late.last_offset == 7
    assert topic.settle(late, [OVER], 6) == 0
    assert topic.settle(late, [OVER], 7) == 1


def test_what_has_ended_is_not_told_again() -> None:
    """Not by a judge that holds it for standing still, nor by one that knows another end of it."""
    topic = Topic()
    topic.settle(topic.publication(), [OVER], 1)
    publication = topic.publication()

    assert topic.settle(publication, [STANDING], 2) == 0
    assert topic.settle(publication, [replace(OVER, until=SINCE + 2 * DAY)], 3) == 0


@pytest.mark.parametrize(("config_hash", "why"), [(OTHER, CONFIGURATION), (HERE, HISTORY)])
def test_an_orphan_ends_with_its_reason(config_hash: str, why: str) -> None:
    """What stands for readers and not for the judge was left behind by other settings or another history."""
    topic = Topic()
    topic.settle(topic.publication(config_hash), [STANDING], 1)
    publication = topic.publication(HERE)

    assert topic.settle(publication, [], 4) == 1
    ended = topic.compacted["a"]
    assert ended == as_read(STANDING) | {"until": ENDED, "reasons": ["differs from peers", why]}
    assert topic.settle(publication, [], 5) == 0


def test_an_orphan_does_not_end_before_it_began() -> None:
    """A judge that has evaluated nothing yet, or less, ends it where it began."""
    publication = Publication(HERE)
    publication.published(publication.due([STANDING], 1, SINCE), 1)

    for now in (None, SINCE - DAY):
        [(_, ended)] = publication.due([], 1, now)
        assert ended["until"] == ended["since"]


def test_what_was_not_published_stays_due() -> None:
    """A transaction that failed has told nobody anything."""
    publication = Publication(HERE)
    due = publication.due([STANDING], 1, SINCE)

    assert publication.due([STANDING], 1, SINCE) == due != []


def test_a_record_that_was_deleted_is_not_known() -> None:
    """A tombstone takes back what readers knew: the alert is told again."""
    topic = Topic()
    topic.settle(topic.publication(), [STANDING, replace(OVER, id="b")], 1)
    publication = topic.publication()
    for key in (b"a", b"b"):
        publication.read(key, None)

    assert [key for key, _ in publication.due([STANDING, replace(OVER, id="b")], 2, SINCE)] == ["a", "b"]


RECORD = as_read(STANDING) | {"ledger_offset": 7, "config_hash": HERE}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(b"a", b"", id="empty"),
        pytest.param(b"a", b"\xff", id="no JSON"),
        pytest.param(b"a", b"[1]", id="no object"),
        pytest.param(b"\xff", orjson.dumps(RECORD), id="a key that is no text"),
        pytest.param(None, orjson.dumps(RECORD), id="no key"),
        pytest.param(b"b", orjson.dumps(RECORD), id="under another key"),
        *(
            pytest.param(b"a", orjson.dumps({k: v for k, v in RECORD.items() if k != name}), id=f"no {name}")
            for name in ("id", "since", "until", "reasons", "ledger_offset", "config_hash", "kind", "measure")
        ),
        pytest.param(b"a", orjson.dumps(RECORD | {"ledger_offset": "7"}), id="an offset in words"),
        pytest.param(b"a", orjson.dumps(RECORD | {"since": None}), id="no onset"),
        pytest.param(b"a", orjson.dumps(RECORD | {"reasons": "none"}), id="one reason"),
    ],
)
def test_what_is_no_alert_is_passed_over(
    key: bytes | None, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else's record says nothing, ends nothing and stops nothing; it is told in the log."""
    publication = Publication(HERE)
    publication.read(key, value)

    assert [one.message for one in caplog.records] == ["the alerts topic holds a record that is no alert"]
    assert publication == Publication(HERE)
    assert publication.due([], 10, SINCE) == []


def test_what_is_logged_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The log says that an alert was raised or ended, its kind, measure and id, and never about whom."""
    topic, someone = Topic(), replace(STANDING, employee="jane.doe", reasons=("jane.doe differs",))
    with caplog.at_level("INFO", "touchpoint.publication"):
        publication = topic.publication()
        topic.settle(publication, [someone], 1)
        topic.settle(publication, [replace(someone, evidence=())], 2)
        topic.settle(publication, [replace(someone, until=SINCE + DAY)], 3)

    assert [one.message for one in caplog.records] == ["alert raised", "alert ended"]
    assert not any("jane" in str(vars(one)) for one in caplog.records)


END = 12


class Life(NamedTuple):
    """An alert as a fold over the whole ledger knows it: the offsets at which it begins, changes and ends."""

    onset: int
    changes: frozenset[int]
    end: int | None

    def at(self, offset: int, key: str) -> Alert | None:
        """Return it as the judge has it after a record of the ledger."""
        if offset < self.onset:
            return None
        until = None if self.end is None or offset < self.end else self.end
        seen = offset if until is None else until
        return made(
            id=key,
            since=SINCE + self.onset * DAY,
            until=None if until is None else SINCE + until * DAY,
            evidence=(("z", float(sum(change <= seen for change in self.changes))),),
        )


@st.composite
def lives(draw: st.DrawFn) -> Life:
    onset = draw(st.integers(0, END))
    end = draw(st.none() | st.integers(onset + 1, END + 3))
    return Life(onset, draw(st.frozensets(st.integers(onset, END))), end)


class Tenure(NamedTuple):
    """An owner: up to where it reads, and which of its transactions fail; and what it cannot know.

    Attributes
    ----------
    blind : frozenset of int
        Alerts that its settings do not bear out.
    lost_before : int
        Alerts that began before are not in its history.
    """

    offsets: tuple[int, ...]
    failing: frozenset[int] = frozenset()
    config_hash: str = HERE
    blind: frozenset[int] = frozenset()
    lost_before: int = 0

    def alerts(self, history: Sequence[Life], offset: int) -> list[Alert]:
        """Return what its judge knows after a record of the ledger."""
        known = (
            life.at(offset, str(number))
            for number, life in enumerate(history)
            if number not in self.blind and life.onset >= self.lost_before
        )
        return [alert for alert in known if alert is not None]


OFFSETS = st.sets(st.integers(0, END), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
FAITHFUL = st.tuples(OFFSETS, st.frozensets(st.integers(0, END))).map(lambda drawn: Tenure(*drawn))
ANY = st.builds(
    Tenure,
    OFFSETS,
    st.frozensets(st.integers(0, END)),
    st.sampled_from((HERE, OTHER)),
    st.frozensets(st.integers(0, 4)),
    st.integers(0, END),
)
HISTORIES = st.lists(lives(), max_size=5)


def played(history: Sequence[Life], tenures: Sequence[Tenure]) -> Topic:
    """Return the topic after these owners, one after the other, each reading it before it begins."""
    topic = Topic()
    for tenure in tenures:
        publication = topic.publication(tenure.config_hash)
        for offset in tenure.offsets:
            alerts = tenure.alerts(history, offset)
            if offset in tenure.failing:
                publication.due(alerts, offset, SINCE + offset * DAY)
            else:
                topic.settle(publication, alerts, offset)
    return topic


@given(HISTORIES, st.lists(FAITHFUL, max_size=6))
def test_readers_end_up_with_what_the_judge_knows(history: list[Life], tenures: list[Tenure]) -> None:
    """Owners come and go anywhere in one ledger: in the end all is told, as if there had been but one."""
    last = Tenure((END,))
    topic = played(history, [*tenures, last])

    assert topic.compacted == {alert.id: as_read(alert) for alert in last.alerts(history, END)}


@given(HISTORIES, st.lists(ANY, max_size=6))
def test_readers_are_never_told_twice_nor_backwards(history: list[Life], tenures: list[Tenure]) -> None:
    """Whatever owners, settings and histories: no alert stands after its end, nothing is said again."""
    topic = played(history, tenures)
    last: dict[str, dict[str, Any]] = {}
    for key, record in topic.records:
        if key in last:
            assert last[key]["until"] is None
            assert document(record) != last[key]
        last[key] = document(record)
    offsets = [record["ledger_offset"] for _, record in topic.records]
    assert offsets == sorted(offsets)


@given(HISTORIES, st.lists(ANY, max_size=6), ANY)
def test_only_what_the_last_judge_knows_stands(
    history: list[Life], tenures: list[Tenure], last: Tenure
) -> None:
    """Nothing that it does not bear out is left standing, and what ended so says why."""
    last = last._replace(offsets=(END,), failing=frozenset())
    before = played(history, tenures)
    topic = played(history, [*tenures, last])
    alerts = {alert.id: alert for alert in last.alerts(history, END)}

    standing = {key for key, told in topic.compacted.items() if told["until"] is None}
    assert standing <= {key for key, alert in alerts.items() if alert.until is None}
    assert set(alerts) <= set(topic.compacted)
    for key, told in topic.compacted.items():
        if key not in alerts and before.compacted[key]["until"] is None:
            judged_under = next(record["config_hash"] for k, record in before.records[::-1] if k == key)
            why = HISTORY if judged_under == last.config_hash else CONFIGURATION
            assert told["reasons"] == [*before.compacted[key]["reasons"], why]
            assert told["until"] >= told["since"]
