"""The start page: what stands, what could be judged, whether the figures can be trusted."""

from dataclasses import replace
from math import exp
from xml.etree import ElementTree as ET

import pytest
from pages import alert, crowd, judged, worker
from startpages import (
    MINUS,
    NBSP,
    NOW,
    SITE,
    TIMES,
    elsewhere,
    page,
    parsed,
    read,
    rows,
    section,
    standing,
    view,
)

from models.handling import CHANNELS
from models.judge import Judge
from models.settings import DAY, MEASURES, JudgeSettings
from models.snapshot import Coverage
from models.verdicts import Alert
from streams.config import PrivacyConfig
from streams.disclosure import disclosed
from streams.metrics import View
from streams.startpage import Site, absent_page, alert_page, start_page


def test_alerts_stand_first_with_their_reasons() -> None:
    """Each tells whom it is about, since when, how sure, why, what to check first, and where to read on."""
    cards = list(section(page(), "now").iter("article"))

    assert len(cards) == len(standing()) >= 2
    for one in standing():
        [card] = [
            card for card in cards if f"./alerts/{one.id}" in [link.get("href") for link in card.iter("a")]
        ]
        told = read(card)
        assert one.measure in told
        assert (one.employee or one.issue_type or "") in told
        assert card.find(".//time") is not None
        assert f"q{NBSP}" in "".join(card.itertext())
        *why, check = one.reasons
        for reason in why:
            assert " ".join(reason[1:].split()) in told
        assert check.removeprefix("check first: ")[1:] in told
        assert "Check first:" in told


def test_groups_stand_before_persons() -> None:
    """The process is suspected before the person: a stratum's alert comes first whatever its z."""
    person = alert(id="a" * 16, employee="emp-1", evidence=(("z", 40.0),))
    wide = alert(
        id="b" * 16, kind="stratum_split", channel="voice", issue_type="refund", evidence=(("z", 9.0),)
    )
    narrow = alert(
        id="c" * 16, kind="stratum_split", channel="chat", issue_type="refund", evidence=(("z", 4.0),)
    )

    now = section(page(view(replace(judged(), alerts=(person, narrow, wide)))), "now")

    links = [next(card.iter("a")).get("href") for card in now.iter("article")]
    assert links == [f"./alerts/{one.id}" for one in (wide, narrow, person)]


def test_ended_alerts_do_not_stand() -> None:
    """What has ended is counted, no more."""
    ended = tuple(replace(one, until=one.since + DAY) for one in standing())
    now = section(page(view(replace(judged(), alerts=ended, alerts_ended={"stratum_split": 3}))), "now")

    assert list(now.iter("article")) == []
    assert "No alert stands." in read(now)
    assert "3 ended so far" in read(now)


def test_a_quiet_page_says_what_could_be_judged() -> None:
    """Silence is told together with how much was not seen, for each measure and each detector."""
    coverage = (
        Coverage("stratum_split", "refused", 0.12, 1, 9),
        Coverage("stratum_split", "survey", 0.0, 0, 0),
    )
    now = section(page(view(replace(judged(), alerts=(), coverage=coverage))), "now")

    assert "What could not be judged may" in read(now)
    assert "12% of first contacts" in read(now)
    table = now.find(".//table")
    assert table is not None
    told = {row[0]: row[1:] for row in rows(table)}
    assert told["refused"] == ["1 of 9", "blind: 12%"]
    assert told["survey"] == ["never stated"]
    assert told["goal_attained"] == ["not shown"]


def test_silence_without_evidence_means_nothing() -> None:
    """Before the warm-up, and where nothing could be judged, the page says that it cannot know."""
    cold = replace(judged(), alerts=(), warm=False, coverage=())
    blind = replace(judged(), alerts=(), coverage=(Coverage("stratum_split", "refused", 0.0, 0, 9),))

    assert "No verdict yet: they begin after 14 days" in read(section(page(view(cold)), "now"))
    assert "nothing could be judged" in read(section(page(view(blind)), "now"))


def test_strata_are_listed_with_level_and_factor() -> None:
    """A row tells handlings, level, odds factor and employees; those with an alert come first, marked."""
    table = section(page(measure="refused"), "where").find(".//table")
    assert table is not None
    told = list(rows(table))
    splits = [one for one in standing() if one.kind == "stratum_split" and one.measure == "refused"]
    names = [row[0] for row in told]

    assert set(names[: len(splits)]) == {f"◆ {one.channel} / {one.issue_type}" for one in splits}
    assert not [name for name in names[len(splits) :] if name.startswith("◆")]
    for one in splits:
        factor = told[names.index(f"◆ {one.channel} / {one.issue_type}")][3]
        assert factor == f"{TIMES}{exp(dict(one.evidence)['tau']):.2f}"
    assert f"{TIMES}1.22 is tolerated" in read(table)


def test_a_stratum_of_few_employees_says_so() -> None:
    """Where too few employees have enough evidence nothing is judged; the table says how many are needed."""
    found = tuple(replace(one, employees=one.employees * 0 + 5) for one in judged().strata_found)
    table = section(page(view(replace(judged(), strata_found=found))), "where").find(".//table")

    assert table is not None
    assert {row[4] for row in rows(table)} == {"5 of 8"}


@pytest.mark.parametrize(
    ("asked", "shown"), [("survey", "survey"), ("nonsense", "refused"), ("", "refused"), (None, "refused")]
)
def test_one_measure_is_looked_at(asked: str | None, shown: str) -> None:
    """Links lead to each; a measure that nobody knows is that of the weightiest alert."""
    choice = section(page(measure=asked), "where").find("nav")

    assert choice is not None
    links = {link.text: link for link in choice.iter("a")}
    assert list(links) == [measure.name for measure in MEASURES]
    assert [name for name, link in links.items() if link.get("aria-current")] == [shown]
    assert links["survey"].get("href") == "?measure=survey#where"


@pytest.mark.parametrize("measure", [measure.name for measure in MEASURES])
def test_every_measure_can_be_drawn(measure: str) -> None:
    """Both pictures are there for shares, times and scores, and hold no number that is none."""
    text = page(measure=measure)
    pictures = section(text, "where").findall(".//svg[@role='img']")

    assert len(pictures) == 2
    assert "nan" not in text.lower().replace("covenant", "")
    assert "inf " not in text


def test_the_perception_gap_is_both_figures_and_their_difference() -> None:
    """What a channel counts as attained, what its customers say, and what lies between, the widest first."""
    table = section(page(), "perception").find(".//table")
    assert table is not None
    told = list(rows(table))
    means = {
        measure: next(one for one in judged().by_channel if (one.measure, one.window) == (measure, "28d"))
        for measure in ("goal_attained", "survey")
    }
    voice = CHANNELS.index("voice")
    [row] = [row for row in told if row[0] == "voice"]
    attained, survey = 100 * means["goal_attained"].mean[voice], 100 * means["survey"].mean[voice]

    assert row[1:6] == [
        f"{attained:.1f}%",
        f"{means['goal_attained'].handlings[voice]:,}",
        f"{survey:.1f}",
        f"{means['survey'].handlings[voice]:,}",
        f"{attained - survey:+.1f}".replace("-", MINUS),
    ]
    gaps = [float(row[5].replace(MINUS, "-")) for row in told]
    assert gaps == sorted(gaps, reverse=True)


def test_health_counts_and_marks_what_needs_a_look() -> None:
    """Every record is accounted for; a stall, a lost history and a forced valve are marked."""
    state = worker(stalled_s=95.0, incomplete_since=NOW - 3 * DAY)
    bad = replace(judged(), forced=2, silent_partitions=1)
    sick = {row[0]: row[1:] for row in rows(_health(View(bad, state)))}
    well = {row[0]: row[1:] for row in rows(_health(View(judged(), worker(incomplete_since=None))))}

    counts = judged().counts["events"]
    assert well["Read"][0] == f"{counts.read:,} records"
    assert well["Accepted"][0] == f"{counts.accepted:,}"
    assert well["Source lag"][0] == "7 records"
    assert not any("!" in note for _, note in well.values())
    assert sick["Source lag"][1].startswith("! nothing was handled for 1 minute")
    assert sick["History"][1].startswith("! windows may not be full")
    assert sick["Watermark"][1].startswith("! held by 1 partition")
    assert sick["Valve"][1].startswith("!")


def test_a_worker_without_the_judge_says_where_to_look() -> None:
    """It shows its own health and no finding."""
    text = page(elsewhere())

    assert "does not hold the judge" in read(section(text, "now"))
    assert "touchpoint_judge_active 1" in read(section(text, "now"))
    told = {row[0] for row in rows(_health(elsewhere()))}
    assert {"Judge", "Source lag"} <= told
    assert not told & {"Read", "Watermark"}
    assert parsed(text).find(".//section[@id='where']") is None


def test_a_judge_that_recovers_shows_no_verdict() -> None:
    """Neither alerts nor figures nor counts, which are those of an earlier time."""
    text = page(view(caught_up=False, ledger_lag=1234))

    assert "1,234 ledger records to go" in read(section(text, "now"))
    assert parsed(text).find(".//article") is None
    assert parsed(text).find(".//svg") is None
    assert "Read" not in {row[0] for row in rows(_health(view(caught_up=False)))}
    assert alert_page(view(caught_up=False), SITE, standing()[0].id, now=NOW) is None
    assert "recovering" in absent_page(view(caught_up=False), now=NOW)


def test_team_mode_shows_nobody() -> None:
    """No name of an employee is anywhere, and the funnel is a shape."""
    privacy = PrivacyConfig(mode="team")
    text = page(view(disclosed(judged(), privacy), privacy_mode="team"))

    assert not [name for name in judged().employees if name in text]
    assert "privacy mode team" in text
    assert "nobody is named" in text


def test_links_lead_where_something_is() -> None:
    """To Grafana and the runbook where they are known, and always to the worker's own answers."""
    known = {link.get("href") for link in section(page(), "links").iter("a")}
    unknown = {link.get("href") for link in section(page(site=Site(MEASURES)), "links").iter("a")}

    assert unknown == {"./api/v1/document", "./api/v1/alerts", "./metrics"}
    assert known - unknown == {
        "https://grafana.example.org/d/touchpoint-overview",
        "https://runbook.example.org/runbook.md",
    }


def test_the_footer_says_by_what_the_page_was_made() -> None:
    """Program, configuration and privacy mode, and what a difference is not."""
    footer = parsed(page()).find(".//footer")

    assert footer is not None
    assert "0123456789ab" in read(footer)
    assert "privacy mode pseudonym" in read(footer)
    assert "the process before the person" in read(footer)


def test_many_alerts_do_not_make_a_page_without_end() -> None:
    """The weightiest are told in full, more are listed, the rest is counted."""
    many = tuple(_split(number) for number in range(130))
    now = section(page(view(replace(judged(), alerts=many))), "now")

    assert len(list(now.iter("article"))) == 20
    assert len(now.findall("./ul/li")) == 80
    assert "30 more alerts" in read(now)


def test_twenty_thousand_employees_fit_on_a_page() -> None:
    """Whoever is far out is a point, the others are a shade: the page stays under 300 kB."""
    for snapshot in (crowd(20_000, strata=600), crowd(20_000, strata=600, alerting=300)):
        assert len(page(view(snapshot)).encode()) < 300_000


def test_nothing_has_been_read_yet() -> None:
    """A judge before its first record has a page."""
    text = page(view(Judge(JudgeSettings()).snapshot()))

    assert "No verdict yet" in read(section(text, "now"))


def _health(of: View) -> ET.Element:
    table = section(start_page(of, SITE, now=NOW), "pipeline").find(".//table")
    assert table is not None
    return table


def _split(number: int) -> Alert:
    return alert(id=f"{number:016x}", kind="stratum_split", channel="voice", issue_type=f"issue-{number}")
