"""What readers of the alerts topic were told, held against what they were promised."""

import asyncio
import json
from itertools import pairwise
from typing import Any

from streams.config import Config
from streams.reading import read_to_end


def alerts_told(config: Config) -> dict[str, list[dict[str, Any]]]:
    """Return what readers of the alerts topic were told of each alert, in order."""
    told: dict[str, list[dict[str, Any]]] = {}
    for record in asyncio.run(read_to_end(config, config.topics.alerts, 0)):
        told.setdefault(record.key.decode(), []).append(json.loads(record.value))
    return told


def assert_told_well(records: list[dict[str, Any]]) -> None:
    """Hold the records of one alert against the promises made to its readers."""
    content = [{name: value for name, value in one.items() if name != "ledger_offset"} for one in records]
    assert all(before != after for before, after in pairwise(content)), "the same is not said twice"
    offsets = [one["ledger_offset"] for one in records]
    assert offsets == sorted(offsets), "nothing older follows"
    assert all(one["until"] is None for one in records[:-1]), "after its end nothing is said"
    assert len({one["since"] for one in records}) == 1
