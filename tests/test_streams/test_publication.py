"""Publication: readers of the alerts topic are told each change once and why, and nothing of what ended."""

from dataclasses import replace
from math import nan

import orjson
import pytest
from pages import alert as made
from publishing import HERE, OTHER, SINCE, Topic, as_read

from models.settings import DAY
from models.verdicts import Alert
from streams.publication import CONFIGURATION, HISTORY, Publication

ENDED = "2024-01-05T00:00:00Z"
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
        assert ended is not None
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


PERSON = replace(STANDING, employee="jane.doe", reasons=("jane.doe differs",))
SPLIT = replace(
    STANDING,
    id="s",
    kind="stratum_split",
    reasons=(
        "like cases end differently",
        "it rests on one employee, jane.doe: a factor 1.02 is left without",
    ),
)
NAMELESS = replace(
    SPLIT, reasons=(SPLIT.reasons[0], "it rests on one employee: a factor 1.02 is left without")
)


def known(*alerts: Alert) -> Topic:
    """Return a topic that tells these alerts, published where persons could be named."""
    topic = Topic()
    topic.settle(topic.publication(), alerts, 1)
    return topic


@pytest.mark.parametrize("until", [None, SINCE + DAY], ids=["standing", "ended"])
@pytest.mark.parametrize("config_hash", [HERE, OTHER])
def test_what_names_a_person_is_taken_back(
    until: int | None, config_hash: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where persons may not be named their records are deleted, ended ones too; the log counts them."""
    topic = known(replace(PERSON, until=until), replace(PERSON, id="b", until=until))
    publication = topic.publication(config_hash, persons=False)

    assert publication.due([], 2, SINCE) == [("a", None), ("b", None)]
    assert topic.settle(publication, [], 2) == 2
    assert topic.records == []
    assert topic.settle(publication, [], 3) == topic.settle(topic.publication(persons=False), [], 4) == 0
    [told] = [vars(one) for one in caplog.records if "taken back" in one.message]
    assert told["records"] == 2
    assert "jane" not in str([vars(one) for one in caplog.records])


@pytest.mark.parametrize("until", [None, SINCE + DAY], ids=["standing", "ended"])
def test_a_reason_that_names_a_person_is_told_again_without(
    until: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The alert stands as it stood, or has ended as it had: it is neither raised nor ended anew."""
    topic = known(replace(SPLIT, until=until))
    caplog.clear()
    with caplog.at_level("INFO", "touchpoint.publication"):
        publication = topic.publication(persons=False)
        assert topic.settle(publication, [replace(NAMELESS, until=until)], 2) == 1

    assert topic.compacted["s"] == as_read(replace(NAMELESS, until=until))
    assert [one.message for one in caplog.records] == []
    assert topic.settle(publication, [replace(NAMELESS, until=until)], 3) == 0


def test_one_that_the_judge_no_longer_knows_is_taken_back() -> None:
    """A record that names a person is deleted where nothing can take its place."""
    topic = known(SPLIT)

    assert topic.publication(persons=False).due([], 2, SINCE) == [("s", None)]


def test_what_names_nobody_stays() -> None:
    """Alerts about groups go on as they are."""
    topic = known(NAMELESS, replace(OVER, id="o", employee=None))
    publication = topic.publication(persons=False)

    assert publication.due([NAMELESS, replace(OVER, id="o")], 2, SINCE) == []


def test_where_persons_may_be_named_nothing_is_taken_back() -> None:
    """The default is what it was."""
    topic = known(PERSON, SPLIT)

    assert topic.publication().due([PERSON, SPLIT], 2, SINCE) == []


def test_persons_are_told_again_where_they_may_be_named_again() -> None:
    """A mode that is taken back is one: alerts that were deleted are published anew."""
    topic = known(PERSON)
    topic.settle(topic.publication(persons=False), [], 2)

    assert [key for key, _ in topic.publication().due([PERSON], 3, SINCE)] == ["a"]
