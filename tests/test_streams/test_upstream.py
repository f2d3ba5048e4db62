"""A simulated centre as an upstream system: history at a pace, the present in its time."""

import asyncio
import json
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest

from models.settings import DAY, SECOND
from models.simulation import Centre, SimulationSettings
from streams.upstream import play

DAYS = 3
CENTRE = Centre(SimulationSettings(employees=8, handlings_per_day=60, days=DAYS, start=date(2024, 1, 1)), 1)
BEGIN = 1_704_067_200.0
DAY_S = DAY / SECOND


class Upstream:
    """What an upstream system has sent, and when, by a clock that moves only while it waits."""

    def __init__(self, now: float, refused: int | None = None) -> None:
        self.time = now
        self.refused = refused
        self.sent: list[tuple[float, dict[str, Any], str]] = []

    def now(self) -> float:
        """Return seconds since 1970."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds >= 0
        self.time += seconds

    async def send(self, value: bytes, key: bytes) -> "asyncio.Future[object]":
        """Note what is sent, and when; acknowledge it."""
        self.sent.append((self.time, json.loads(value), key.decode()))
        acknowledged: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if len(self.sent) == self.refused:
            acknowledged.set_exception(PermissionError("not this topic"))
        else:
            acknowledged.set_result(None)
        return acknowledged


def played(now: float, *, day_s: float = 1.0) -> Upstream:
    """Return an upstream system that has played the whole centre from this moment on."""
    upstream = Upstream(now)
    asyncio.run(play(CENTRE, upstream.send, day_s=day_s, now=upstream.now, sleep=upstream.sleep))
    return upstream


@pytest.mark.parametrize("now", [BEGIN - 1.0, BEGIN + 10 * DAY_S])
def test_a_refused_event_ends_it(now: float) -> None:
    """Nobody goes on publishing what nobody takes: in its time at once, else within a portion of a day."""
    upstream = Upstream(now, refused=2)

    with pytest.raises(PermissionError):
        asyncio.run(play(CENTRE, upstream.send, day_s=1.0, now=upstream.now, sleep=upstream.sleep))
    assert len(upstream.sent) < 60


def occurred(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["occurred_at"]).timestamp()


@pytest.mark.parametrize("now", [BEGIN - 1.0, BEGIN + 1.4 * DAY_S, BEGIN + 10 * DAY_S])
def test_every_event_goes_out_once_and_in_order(now: float) -> None:
    """Whenever it begins, the centre is told as a whole."""
    told = [event for _, event, _ in played(now).sent]
    assert told == [event for day in CENTRE.days() for event in day.events()]


def test_history_takes_so_many_seconds_a_day() -> None:
    """Days that lie behind go out in portions, a day in the time that was asked for."""
    upstream = played(BEGIN + 10 * DAY_S, day_s=2.0)

    assert upstream.time - BEGIN - 10 * DAY_S == pytest.approx(2.0 * DAYS)
    moments = sorted({at for at, _, _ in upstream.sent})
    assert len(moments) == 10 * DAYS
    assert all(later - earlier == pytest.approx(0.2) for earlier, later in pairwise(moments))


def test_nothing_is_told_before_it_has_happened() -> None:
    """In the middle of a day what has happened goes out at the pace of history, the rest at its own time."""
    now = BEGIN + 1.4 * DAY_S
    upstream = played(now)

    assert all(at >= occurred(event) - 1e-3 for at, event, _ in upstream.sent)
    ahead = [(at, occurred(event)) for at, event, _ in upstream.sent if occurred(event) > now + 5.0]
    assert len(ahead) > 60
    assert all(at == pytest.approx(time, abs=1.5) for at, time in ahead)


def test_contacts_of_a_case_stay_in_order() -> None:
    """The key is the case; without one the customer; without either the event itself."""
    keys = {key: event for _, event, key in played(BEGIN + 10 * DAY_S).sent}
    for key, event in keys.items():
        assert key == (event.get("case_id") or event.get("customer_id") or event["event_id"])
    assert {key.partition("-")[0] for key in keys} >= {"case", "cust"}
