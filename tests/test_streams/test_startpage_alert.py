"""The page of one alert: what it says, on what it rests, where to go on."""

from dataclasses import replace

from pages import judged
from startpages import NOW, SITE, alert_text, parsed, read, rows, standing, view

from models.settings import DAY, MEASURES
from streams.startpage import absent_page, alert_page


def test_an_alert_has_a_page_of_its_own() -> None:
    """Its reasons, its evidence figure by figure, all measures of what it is about, and where to go on."""
    for one in standing():
        text = alert_text(view(), one.id)
        told = read(parsed(text))
        assert all(
            " ".join(reason[2:].split()).removeprefix("eck first: ")[1:] in told for reason in one.reasons
        )
        names = {row[0] for table in parsed(text).iter("table") for row in rows(table)}
        assert {name.replace("_", " ") for name, _ in one.evidence} <= names
        assert {measure.name for measure in MEASURES} <= names
        links = {str(link.get("href")) for link in parsed(text).iter("a")}
        assert f"../api/v1/alerts/{one.id}" in links
        assert f"https://runbook.example.org/runbook.md#touchpoint{one.kind.replace('_', '')}" in links


def test_an_ended_alert_says_when_and_why() -> None:
    """It keeps its page: whoever follows an old link finds how it went on."""
    ended = replace(
        standing()[0], until=standing()[0].since + 3 * DAY, reasons=("it was so", "ended: configuration")
    )
    told = read(parsed(alert_text(view(replace(judged(), alerts=(ended,))), ended.id)))

    assert "after 3 days" in told
    assert "Ended: configuration" in told


def test_an_unknown_alert_has_no_page() -> None:
    """Whoever asks is told why it might be gone."""
    assert alert_page(view(), SITE, "f" * 16, now=NOW) is None
    assert "No alert of this id is known" in absent_page(view(), now=NOW)
