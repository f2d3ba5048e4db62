"""Published reference values that lie beside the repository: too large, or not ours to copy."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TABLES = Path(__file__).resolve().parents[2] / "shared" / "tables"


@cache
def document(name: str) -> Any:
    """Return a JSON table; skip the test where it is absent."""
    return json.loads(_path(name).read_text())


@cache
def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV table; skip the test where it is absent."""
    with _path(name).open(newline="") as file:
        return list(csv.DictReader(file))


def _path(name: str) -> Path:
    path = TABLES / name
    if not path.exists():
        pytest.skip(f"needs the reference table ../shared/tables/{name}, which is not here")
    return path
