"""What is not answered, and why: raised anywhere, told by the server in one form."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from streams.web.replies import API, as_json

_TEXT: Final = "text/plain"


class Refusal(Exception):  # noqa: N818 - it is an answer
    """An answer that is not what was asked for.

    Parameters
    ----------
    status : int
        Of HTTP.
    code : str
        One word, for programs; part of the API's contract.
    message : str
        For people: what is so, and what to do.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def reply(self, path: str) -> web.Response:
        """Return it as JSON to who asks the API, as text to others."""
        if path.startswith(API):
            error = {"error": {"code": self.code, "message": self.message}}
            return as_json(error, status=self.status, headers=self.headers)
        text = f"{self.message}\n"
        return web.Response(status=self.status, text=text, content_type=_TEXT, headers=self.headers)
