"""What people read: messages as a real Alertmanager sends them to a chat, a pager and a mailbox."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alertmanagers import Alertmanager, Inbox, Mailbox, alerting, mailbox, parts, receiving
from prometheus_tools import eventually
from shipped import NO_HOURS, alertmanager_in_haste, alerts, to_sinks

pytestmark = pytest.mark.prometheus

HOSTILE = "a<script>alert(1)</script><!channel>\r\nX-Evil: 1 \u202egnp.exe & \x07"


@dataclass
class Told:
    """An Alertmanager and all whom it tells."""

    alertmanager: Alertmanager
    posted: Inbox
    mailed: Mailbox

    def chat(self) -> list[dict[str, Any]]:
        """Return what stands in the chat, oldest first."""
        return [message["attachments"][0] for message in self.posted.of("chat")]


@contextmanager
def telling(folder: Path, hours: list[dict[str, Any]] | None = None) -> Iterator[Told]:
    """Run it for the block, at all hours unless told otherwise."""
    with receiving() as posted, mailbox() as mailed:
        config = to_sinks(alertmanager_in_haste(folder, hours), posted.port, mailed.port)
        with alerting(config, folder) as running:
            yield Told(running, posted, mailed)


def alert(
    name: str = "TouchpointEmployeeOutlier", summary: str = "e-7 differs", **labels: str
) -> dict[str, Any]:
    """Return an alert as Prometheus posts it."""
    return {
        "labels": {"alertname": name, "job": "touchpoint", **alerts()[name]["labels"], **labels},
        "annotations": {
            "summary": summary,
            "description": f"What: {summary}. How sure: 212 first contacts.",
            "runbook_url": f"http://runbook#{name.lower()}",
            "dashboard_url": "http://grafana/d/touchpoint-employee?var-employee=e&var-measure=refused",
            "evidence_url": "http://worker/alerts/f00d",
        },
    }


def test_forty_employees_are_one_message(tmp_path: Path) -> None:
    """Ten are told and how many more there are, in the mail's text and HTML; no chat hears of a person."""
    crowd = [
        alert(summary=f"e-{n} differs from peers", employee=f"e-{n}", measure="refused") for n in range(40)
    ]
    with telling(tmp_path) as told:
        told.alertmanager.tell(*crowd)
        assert eventually(lambda: bool(told.mailed.mails))
        time.sleep(2.0)  # time for a second one, or for the chat
        [mail] = told.mailed.mails
        assert not told.posted.posted

    assert mail["Subject"] == "[WARNING 40 alerts] TouchpointEmployeeOutlier in refused"
    assert mail["To"] == "touchpoint-findings-people@example.org"
    for shown in parts(mail):
        assert shown.count("differs from peers") == 10
        assert shown.count("http://worker/alerts/f00d") == 10
        assert "and 30 more" in shown
        assert shown.count("http://runbook#touchpointemployeeoutlier") == 1


def test_one_finding_is_told_in_full(tmp_path: Path) -> None:
    """With its numbers, and links to the evidence, the board and what to do."""
    with telling(tmp_path) as told:
        told.alertmanager.tell(alert("TouchpointStratumSplit", "refunds differ", measure="refused"))
        assert eventually(lambda: bool(told.chat() and told.mailed.mails))
        [message], [mail] = told.chat(), told.mailed.mails

    assert message["title"] == "[WARNING] TouchpointStratumSplit in refused"
    assert message["title_link"] == "http://worker/alerts/f00d"
    text, html = parts(mail)
    for shown in (message["text"], text, html):
        assert "What: refunds differ. How sure: 212 first contacts." in shown
        assert "http://worker/alerts/f00d" in shown
        assert "http://runbook#touchpointstratumsplit" in shown
        assert "more" not in shown
    assert (
        "<http://grafana/d/touchpoint-employee?var-employee=e&amp;var-measure=refused|board>"
        in message["text"]
    )
    assert '<a href="http://grafana/d/touchpoint-employee?var-employee=e&amp;var-measure=refused">' in html


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    """It calls nobody, breaks no line, turns no text round and is no markup: names come from upstream."""
    with telling(tmp_path) as told:
        told.alertmanager.tell(
            alert("TouchpointStratumSplit", f"{HOSTILE} differs", channel=HOSTILE, measure="refused")
        )
        assert eventually(lambda: bool(told.chat() and told.mailed.mails))
        [message], [mail] = told.chat(), told.mailed.mails

    text, html = parts(mail)
    shown = (message["title"], message["text"], mail["Subject"], text, html)
    assert not any(bad in one for bad in ("\u202e", "\x07", "\r\nX-Evil", "\nX-Evil") for one in shown)
    assert "<!channel>" not in message["text"]
    assert "<!channel>" not in message["title"]
    assert "&lt;!channel&gt; X-Evil: 1" in message["text"]
    assert "<script>" not in html
    assert mail["X-Evil"] is None


def test_on_call_is_paged(tmp_path: Path) -> None:
    """A critical alert of the pipeline comes to the pager and the chat, at hours at which findings wait."""
    with telling(tmp_path, NO_HOURS) as told:
        told.alertmanager.tell(
            alert(), alert("TouchpointStratumSplit"), alert("TouchpointWorkersAbsent", "No worker answers")
        )
        assert eventually(lambda: bool(told.posted.of("pager") and told.chat()))
        time.sleep(2.0)  # time for the finding
        [page] = told.posted.of("pager")
        assert [message["title"] for message in told.chat()] == ["[CRITICAL] TouchpointWorkersAbsent"]
        assert not told.mailed.mails

    assert page["payload"]["summary"] == "[CRITICAL] TouchpointWorkersAbsent"
    assert "http://runbook#touchpointworkersabsent" in page["payload"]["custom_details"]["text"]


def test_the_end_is_told(tmp_path: Path) -> None:
    """What has resolved is said to be so, by name, in chat and mail."""
    one = alert("TouchpointStratumSplit", "refunds differ", measure="refused")
    with telling(tmp_path) as told:
        told.alertmanager.tell(one)
        assert eventually(lambda: len(told.chat()) == 1)
        told.alertmanager.tell(one | {"endsAt": datetime.now(UTC).isoformat()})
        assert eventually(lambda: len(told.chat()) == 2 and len(told.mailed.mails) == 2)
        message, mail = told.chat()[-1], told.mailed.mails[-1]

    assert message["title"] == mail["Subject"] == "[RESOLVED] TouchpointStratumSplit in refused"
    for shown in (message["text"], *parts(mail)):
        assert "Resolved:" in shown
        assert "refunds differ" in shown
        assert "How sure" not in shown
