"""All that boards and rules ask is answered, by a real Prometheus, of a real worker on a real Kafka."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import chromium
import grafana_boards
import promql_parser
import pytest
from kafka.broker import Broker
from PIL import Image
from prometheus_tools import Prometheus, eventually, scraping
from soak.fleet import config_on, fleet
from soak.upstream import Publishing, Upstream, centre_of

from grafana.preview import asking
from grafana.preview.interpolation import Times, filled
from grafana.preview.page import WIDTH, page
from grafana.preview.reading import Asked, asked, boards, panels

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus]

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ROOT / "deploy" / "prometheus" / "*.rules.yml"
DAYS: Final = 40
RATE: Final = 2_500
"""Events a second: fast enough for a test, slow enough that curves are curves."""

EMPTY: Final[Mapping[tuple[str, str, str], str]] = {
    ("touchpoint-pipeline", "Incomplete since", "A"): "the ledger has lost nothing",
    ("touchpoint-pipeline", "Rejects, by reason", "A"): "the simulator sends no bad record",
    ("touchpoint-alerts", "Findings that stand", "B"): "points are for scores; the demo plants an outcome",
    ("touchpoint-overview", "Findings that stand", "B"): "points are for scores; the demo plants an outcome",
    ("touchpoint-strata", "Findings that stand", "B"): "points are for scores; the demo plants an outcome",
}
"""What rightly returns nothing here, and why."""

ABSENT: Final[Mapping[str, str]] = {
    "touchpoint_history_incomplete_since_timestamp_seconds": "the ledger has lost nothing",
    "touchpoint_alert_effect_score": "for scores; the demo plants an outcome",
    "ALERTS": "what the rules themselves make: nothing may be at fault",
}
"""Series that rightly are not there."""


@dataclass(frozen=True, slots=True)
class Scraped:
    """A Prometheus that has scraped a worker while it judged a contact centre."""

    prometheus: Prometheus
    times: Times
    chosen: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.prometheus.port}"

    def answers(self, one: Asked, board: dict[str, Any]) -> bool:
        """Return whether an expression of a board returns data, asked as Grafana would."""
        found = asking.choices(self.url, board, self.times, self.chosen)
        ask = asking.instant if one.instant else asking.course
        return bool(ask(self.url, filled(one.expr, found, self.times), self.times))

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules as Prometheus has loaded and evaluated them."""
        with urlopen(f"{self.url}/api/v1/rules") as answer:  # noqa: S310 - ours
            groups = json.load(answer)["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def scraped(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """Lend it: the demo's centre, one employee and one stratum planted, from its first day on."""
    folder = tmp_path_factory.mktemp("scraped")
    upstream = Upstream.simulated(
        folder, centre_of(employees=60, per_day=1_000, days=DAYS, planted="demo"), 4
    )
    topic = kafka.create_topic("boards", partitions=4)
    config = config_on(kafka, topic)
    config = replace(
        config,
        time=replace(config.time, clock="event"),
        checkpoints=replace(config.checkpoints, every_s=10),
    )
    with fleet(config) as workers:
        port = workers.join().config.http.port
        with scraping([port], folder, RULES) as prometheus:
            begin = time.time()
            with Publishing(kafka.bootstrap, topic, upstream.records(), rate=RATE) as publishing:
                publishing.wait()
            workers.until_read(upstream.count, 120.0)
            assert eventually(lambda: bool(prometheus.query('touchpoint_inconsistency_alert{employee!="*"}')))
            time.sleep(2.0)  # until what was seen last has been scraped, and rules have seen it
            [(labels, _), *_] = prometheus.query('touchpoint_inconsistency_alert{employee!="*"}')
            end = time.time()
            chosen = {"measure": labels["measure"], "employee": labels["employee"]}
            yield Scraped(prometheus, Times(begin, end, 1.0, 1.0), chosen)


def test_every_expression_of_every_board_returns_data(scraped: Scraped) -> None:
    """Panels, variables and annotations: none errs, and what is empty is so for a reason that is stated."""
    empty = {
        (one.board, one.place, one.ref)
        for board in boards()
        for one in asked(board)
        if not scraped.answers(one, board)
    }
    assert empty == set(EMPTY)


def test_every_rule_is_evaluated_over_series_that_are_there(scraped: Scraped) -> None:
    """No rule errs, and each asks of series that there are: an alert is silent because nothing is wrong."""
    assert scraped.rules()
    assert eventually(lambda: all(rule["health"] == "ok" for rule in scraped.rules()))
    asked_of = {one for rule in scraped.rules() for one in selectors(promql_parser.parse(rule["query"]))}
    asked_of |= {(rule["name"], rule["name"]) for rule in scraped.rules() if rule["type"] == "recording"}
    silent = {name for name, selector in asked_of if not scraped.prometheus.query(selector)}
    assert silent <= set(ABSENT)


def test_every_board_can_be_looked_at(scraped: Scraped, tmp_path: Path) -> None:
    """The preview draws every panel; `make screenshots` keeps pictures, small enough for a README."""
    kept = os.environ.get("TOUCHPOINT_SCREENSHOTS")
    for board in boards():
        found = asking.choices(scraped.url, board, scraped.times, scraped.chosen)
        html, height = page(board, scraped.url, found, scraped.times)
        assert html.count("<h2>") == len([*panels(board)]) - hidden(board)
        if kept:
            image = ROOT / kept / f"{board['uid']}.png"
            with chromium.serving({"/": html}, "default-src 'none'; style-src 'unsafe-inline'") as url:
                chromium.screenshot(url, image, tmp_path / "profile", width=WIDTH, height=height)
            in_few_colours(image)
            assert image.stat().st_size < 300_000


def in_few_colours(image: Path) -> None:
    """Keep the 256 colours that a picture has most of: exact where an eye compares, a third of the size."""
    with Image.open(image) as opened:
        picture = opened.convert("RGB")
    counted: list[Any] = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join(bytes(colour) for _, colour in counted[:256]))
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(image, optimize=True)


def selectors(expr: promql_parser.Expr) -> Iterator[tuple[str, str]]:
    """Yield (name, selector) of each series that an expression asks of, without range and offset."""
    for one in grafana_boards.selectors(expr):
        matchers = ", ".join(grafana_boards.matchers(one).values())
        yield str(one.name), f"{one.name}{{{matchers}}}"


def hidden(board: dict[str, Any]) -> int:
    """Return how many panels are in collapsed rows."""
    return sum(len(row.get("panels", ())) for row in board["panels"] if row["type"] == "row")
