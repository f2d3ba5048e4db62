"""The API's answers: JSON with the version of the contract."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

VERSION: Final = 1
API: Final = f"/api/v{VERSION}/"
"""Every path of this version begins so."""


def as_json(
    told: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer of the API."""
    return encoded(orjson.dumps({"version": VERSION, **told}), status=status, headers=headers)


def encoded(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return JSON that is written already."""
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
