"""The published JSON Schema, generated from the types that the decoder runs on.

`python -m streams.formats.schema` writes it.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from streams.formats.contract import HUMAN, HandlingCompleted

PATH: Final = Path(__file__).with_name("handling_completed.v1.schema.json")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the canonical event."""
    _, parts = msgspec.json.schema_components([HandlingCompleted], ref_template="#/$defs/{name}")
    event = parts.pop(HandlingCompleted.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:touchpoint:handling.completed.v1",
        **event,
        "additionalProperties": True,
        "if": {"properties": {"employee_kind": {"enum": list(HUMAN)}}},
        "then": {"properties": {"employee_id": {"type": "string"}}},
        "$defs": {name: {**part, "additionalProperties": True} for name, part in parts.items()},
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
