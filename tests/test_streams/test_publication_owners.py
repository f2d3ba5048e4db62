"""Whoever owns the judge when: readers of the alerts topic are told all of it, and once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from pages import alert as made
from publishing import HERE, OTHER, SINCE, Topic, as_read, document

from models.settings import DAY
from models.verdicts import Alert
from streams.publication import CONFIGURATION, HISTORY

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
