"""Bounds on what upstream can make the state hold: beyond them handlings count, names do not."""

from dataclasses import replace

from columns import PLAIN, Row, hours, segment, snapshot_of
from snapshots import of_employees, of_strata, spreads

from models.settings import LimitSettings

FEW = replace(PLAIN, limits=LimitSettings(issue_types=2, employees=2))


def test_the_257th_issue_type_is_other() -> None:
    """The first 256 issue types by appearance have a name; all further ones share `other`, counted."""
    events = [Row(hours(number / 100), number, issue=f"issue {number:03}") for number in range(300)]
    snapshot = snapshot_of([segment(events)])
    assert snapshot.issue_types == (*(f"issue {number:03}" for number in range(256)), "other")
    assert spreads(snapshot.by_issue_type, "refused", "1d").handlings.tolist() == [1] * 256 + [44]
    assert snapshot.refused_names == {"employee": 0, "issue_type": 44}
    assert snapshot.counts["handlings"].accepted == 300


def test_appearance_is_in_event_time() -> None:
    """Which issue types have a name does not depend on the order in which they came."""
    late_first = [Row(hours(0.2), 1, issue="c"), Row(hours(0.1), 2, issue="b"), Row(hours(0), 3, issue="a")]
    snapshot = snapshot_of([segment(late_first)], FEW)
    assert snapshot.issue_types == ("a", "b", "other")


def test_employees_beyond_the_bound_count_for_channel_and_stratum() -> None:
    """Their handlings are in those sums; as employees they are nobody, and judged with nobody."""
    events = [
        Row(hours(number / 10), number, name, outcome="refused")
        for number, name in enumerate(("ann", "bob", "cas", "dee", "ann"))
    ]
    snapshot = snapshot_of([segment(events)], FEW)
    assert snapshot.employees == ("ann", "bob")
    assert spreads(snapshot.by_stratum, "refused", "1d").handlings.tolist() == [5]
    assert spreads(snapshot.by_channel, "refused", "1d").handlings.sum() == 5
    assert of_employees(snapshot, "refused", "1d").handlings.tolist() == [2, 1]
    assert of_strata(snapshot, "refused", "1d").first_contacts.tolist() == [3]
    assert snapshot.refused_names["employee"] == 2


def test_a_repeat_on_somebody_beyond_the_bound_is_no_pair() -> None:
    """A repeat contact is still a repeat, by neither the same nor another employee."""
    names = ("ann", "bob", "cas", "ann")
    events = [Row(hours(number / 10), number, name, case=5) for number, name in enumerate(names)]
    snapshot = snapshot_of([segment(events)], FEW)
    assert snapshot.repeat_contacts == {"same": 0, "other": 1}
    assert of_strata(snapshot, "refused", "1d").first_contacts.tolist() == [1]
