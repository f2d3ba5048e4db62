"""A simulated centre as an upstream system: what lies behind goes out at a pace, what lies ahead in its time.

A centre that begins ninety days ago and is published at a second a day has told its history in a minute and
a half; from then on its events come as they happen: the judge's clock, Kafka's and Prometheus' agree.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import pairwise
from typing import Final

import orjson

from models.errors import TouchpointError
from models.settings import SECOND
from models.simulation import Centre
from streams.config import Config
from streams.producer import PatientProducer
from streams.reading import bounds
from streams.topics.cluster import TopicError, connected

log: Final = logging.getLogger("touchpoint.upstream")

_SLICES: Final = 10
"""A day is published in so many portions, so that a second looks like a second."""

Send = Callable[[bytes, bytes], Awaitable["asyncio.Future[object]"]]
"""Takes an event as bytes, and its key; returns a future of its acknowledgement."""


async def play(
    centre: Centre,
    send: Send,
    *,
    day_s: float,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Hand over every event of a centre in order: a day in `day_s` seconds, but none before it has happened.

    An event that is refused ends it. The key is the case, else the customer, else the event itself, so that
    contacts of a case stay in order.
    """
    for number in range(centre.settings.days):
        begun = now()
        day = await asyncio.to_thread(centre.day, number)
        events = list(zip((day.handlings.time / SECOND).tolist(), day.events(), strict=True))
        ends = [part * len(events) // _SLICES for part in range(_SLICES + 1)]
        for part, (first, end) in enumerate(pairwise(ends)):
            sent: list[asyncio.Future[object]] = []
            for occurred, event in events[first:end]:
                if occurred > now():
                    await asyncio.gather(*sent)
                    sent.clear()
                    await sleep(occurred - now())
                key = str(event.get("case_id") or event.get("customer_id") or event["event_id"])
                sent.append(await send(orjson.dumps(event), key.encode()))
            await asyncio.gather(*sent)
            await sleep(max(begun + day_s * (part + 1) / _SLICES - now(), 0.0))


async def publish(config: Config, centre: Centre, *, day_s: float) -> None:
    """Publish a centre to the first of `sources.topics`, until its last day is over.

    Raises
    ------
    BrokerError
        Where Kafka does not answer.
    TopicError
        Where the topic is missing, or holds records already: those of a real centre must not be mixed with
        made-up ones, and a second history over the first would only be late.
    """
    topic = config.sources.topics[0]
    await _refuse_all_but_empty(config, topic)
    producer = PatientProducer(config)
    await producer.start()
    log.info("publishing", extra={"topic": topic, "from": centre.settings.start.isoformat()})
    try:
        await play(centre, partial(producer.send, topic), day_s=day_s)
    finally:
        await producer.stop()


async def _refuse_all_but_empty(config: Config, topic: str) -> None:
    async with connected(config) as cluster:
        partitions = (await cluster.describe([topic]))[topic].partitions
    if not partitions:
        raise TopicError(f"{topic}: there is no such topic. Make it: touchpoint topics --create --sources 4")
    held = await bounds(config, [(topic, partition) for partition in range(partitions)])
    if any(end > 0 for _, end in held.values()):
        raise TouchpointError(
            f"{topic}: it holds records, or held some. A simulated centre is published to a new topic only: "
            "it must not be mixed with a real one, nor begun a second time. Name another topic in "
            "sources.topics, or make this one anew"
        )
