"""Events in which a field, one at a time, holds what is somebody's: an address or a number."""

import json
from collections.abc import Iterator
from typing import Any

from builders import event

from streams.formats.contract import HandlingCompleted

OF_SOMEBODY = (
    "jane.doe@example.org",
    "SIP:Jane.Doe@pbx.example.org;transport=tls",
    "+32 470 12 34 56",
    "+32470123456",
    "0470/12.34.56",
    "0032 (0)2 555 01 23",
    "(555) 010-4477",
    "555-010-4477",
)


def hostile_events(*, without: str = "") -> Iterator[dict[str, Any]]:
    """Yield an event for each field, such as it might be misused, and each thing to put there."""
    number = 0
    for of_somebody in OF_SOMEBODY:
        for field, value in _places(of_somebody):
            if field != without:
                number += 1
                yield event(**({"event_id": f"e-{number}"} | {field: value}))


def lines(*, without: str = "") -> list[bytes]:
    """Return them as the lines of a file, and behind them some that are no events at all."""
    broken = [f'{{"note": "{one}"'.encode() for one in OF_SOMEBODY] + [one.encode() for one in OF_SOMEBODY]
    return [json.dumps(one).encode() for one in hostile_events(without=without)] + broken


def told_of(text: str) -> list[str]:
    """Return what of somebody's stands in a text, however it is written."""
    plain = text.replace("\\/", "/")
    return [one for one in OF_SOMEBODY if one in plain]


def _places(of_somebody: str) -> Iterator[tuple[str, Any]]:
    for name in HandlingCompleted.__struct_fields__:
        yield name, of_somebody
        yield name, [of_somebody]
        yield name, {of_somebody: of_somebody}
    survey, evaluation = {"kind": "csat", "score": 4, "scale_max": 5}, {"score": 4, "scale_max": 5}
    yield "issue_type", f"call back {of_somebody} about the bill"
    yield "survey", survey | {"reason_codes": [of_somebody]}
    yield "survey", survey | {"kind": of_somebody}
    yield "survey", survey | {of_somebody: of_somebody}
    yield "evaluation", evaluation | {"form_id": of_somebody}
    yield "evaluation", evaluation | {"critical_error": of_somebody}
    yield "labels", {of_somebody: "  "}
    yield "labels", {"note": of_somebody}
    yield "labels", {"note": [of_somebody]}
    yield "wrap_up_note", of_somebody
    yield of_somebody, of_somebody
