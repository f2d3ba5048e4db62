"""The pages for people: where they are mounted, and what they answer where nothing may be shown."""

import json
from html import unescape
from pathlib import Path

from pages import judged
from served import answer, asked, at, judging
from watched import worker

SHOWN = judged().alerts


def test_the_start_page_leads_to_every_alert() -> None:
    """Each that stands has a link, and behind it a page of its own with its reasons."""
    [page] = asked(judging(), "/")
    standing = [alert for alert in SHOWN if alert.until is None]

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert standing
    for alert in standing:
        assert f'href="./alerts/{alert.id}"' in page.text
        one = answer(judging(), f"/alerts/{alert.id}")
        assert one.status == 200
        assert alert.reasons[0][1:] in unescape(one.text)


def test_the_measure_can_be_chosen() -> None:
    """By a link: there is no script."""
    refused, survey = asked(judging(), "/?measure=refused", "/?measure=survey")

    assert (refused.status, survey.status) == (200, 200)
    assert refused.text != survey.text


def test_a_page_allows_its_style_and_nothing_else() -> None:
    """The policy names the style sheet by its hash."""
    page = answer(judging(), "/")

    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text


def test_an_alert_that_is_not_there_has_a_page_that_says_so() -> None:
    """404 where none is known, 503 where the judge is elsewhere or behind."""
    for of, status in ((judging(), 404), (at(worker()), 503), (at(worker(judged=3, follow_to=4)), 503)):
        got = answer(of, "/alerts/ffffffffffffffff")
        assert (got.status, got.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_a_worker_without_the_judge_has_a_start_page() -> None:
    """It tells how this worker does, and shows no finding; so does one that has not caught up."""
    for of in (at(worker()), at(worker(judged=3, follow_to=4))):
        got = answer(of, "/")
        assert got.status == 200
        assert "/alerts/" not in got.text


def test_who_looks_at_pages_is_written_down(tmp_path: Path) -> None:
    """They show employees."""
    log = tmp_path / "access.jsonl"
    asked(judging(access_log_file=str(log)), "/", f"/alerts/{SHOWN[0].id}")

    assert [json.loads(line)["path"] for line in log.read_text().splitlines()] == [
        "/",
        f"/alerts/{SHOWN[0].id}",
    ]


def test_in_team_mode_pages_show_nobody() -> None:
    """No name of an employee, and no page of an alert about one."""
    about = next(alert for alert in SHOWN if alert.employee is not None)
    page, one = asked(judging(mode="team"), "/", f"/alerts/{about.id}")

    assert (page.status, one.status) == (200, 404)
    assert not [name for name in judged().employees if name in page.text + one.text]
