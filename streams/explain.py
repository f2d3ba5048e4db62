"""One alert in words, read from a worker's API: what differs, how sure, by which measure, where to look."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
import click
import orjson
from aiohttp import ClientConnectorCertificateError, ClientConnectorError, ClientError, ClientTimeout

from models.errors import ConfigError, TouchpointError, require
from streams import terminal
from streams.security import is_loopback

_PATIENCE: Final = ClientTimeout(total=15.0, sock_connect=5.0)
_ANSWER_BYTES_MAX: Final = 8_388_608
_VERSION: Final = 1


class UnansweredError(TouchpointError):
    """A worker that gives no answer; the text says why and what to do."""


class UnknownAlertError(TouchpointError):
    """An id that no alert has, or more than one begins with."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask, and as whom.

    Attributes
    ----------
    url : str
        Of a worker.
    authorization : str
        What it is told of who asks, as HTTP's field of that name; empty where it asks nobody.
    ca_file : Path or None
        Authorities that sign its certificate; None: those of the system.
    """

    url: str = "http://127.0.0.1:6066"
    authorization: str = ""
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what is no address, and to send a password where others can read it."""
        parts = urlsplit(self.url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        require(is_web, "--url", 'is no address such as "https://worker-1:6066"')
        is_private = parts.scheme == "https" or is_loopback(parts.hostname or "")
        require(
            is_private or not self.authorization,
            "--url",
            "the password or token would go there readable for whoever is on the way; ask over https",
        )


def basic(user: str, password_file: Path) -> str:
    """Return the words of a user with a password."""
    require(":" not in user, "--user", "a name has no colon")
    return aiohttp.encode_basic_auth(user, _secret("--password-file", password_file))


def bearer(token_file: Path) -> str:
    """Return the words of whoever has the token."""
    return f"Bearer {_secret('--token-file', token_file)}"


def explained(asking: Asking, alert_id: str) -> dict[str, Any]:
    """Return what the API tells of an alert, by its id or the beginning of it.

    Raises
    ------
    UnknownAlertError
        Where no alert, or more than one, has an id that begins so.
    UnansweredError
        Where nobody answers, or not the question.
    """
    status, told = asyncio.run(_asked(asking, f"/api/v1/alerts/{quote(alert_id, safe='')}"))
    error = told.get("error")
    if status == 200 and error is None and "alert" in told:
        require(
            told["version"] == _VERSION, asking.url, f"speaks version {told['version']} of the API, not 1"
        )
        return told
    code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else ("", "")
    if code in {"unknown_alert", "ambiguous_alert"}:
        raise UnknownAlertError(f"{alert_id}: {message}")
    raise UnansweredError(f"{asking.url}: {message or f'answers {status}; is it a touchpoint worker?'}")


def lines_of(told: Mapping[str, Any], url: str) -> Iterator[str]:
    """Yield the lines that tell an alert."""
    alert = told["alert"]
    yield from terminal.told(alert)
    if told["figures"]:
        yield click.style(f"{alert['measure']} of {terminal.place(alert)}, by window", bold=True)
        yield from _table(told["figures"])
    yield click.style("Evidence", bold=True)
    yield from _pairs(alert["evidence"])
    yield click.style(f"Judged by (configuration {told['config_hash']}, step {told['last_step']})", bold=True)
    yield from _pairs(told["thresholds"])
    yield click.style("Look at", bold=True)
    yield f"  page   {url.rstrip('/')}{told['links']['page']}"
    if told["links"]["grafana"]:
        yield f"  board  {told['links']['grafana']}"
    if told["links"]["runbook"]:
        yield f"  runbook  {told['links']['runbook']}"


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    about = {"employee", "channel", "issue_type", "measure"}
    names = [name for name in rows[0] if name not in about]
    cells = [names, *([_figure(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        yield "  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))


def _pairs(figures: Mapping[str, Any]) -> Iterator[str]:
    width = max(map(len, figures), default=0)
    for name, value in figures.items():
        yield f"  {name:<{width}}  {_figure(value)}"


def _figure(value: object) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    if isinstance(value, (int, float)):
        return f"{value:,.0f}"
    return "-" if value is None else str(value)


async def _asked(asking: Asking, path: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": asking.authorization} if asking.authorization else {}
    url = f"{asking.url.rstrip('/')}{path}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as client,
            client.get(url, headers=headers, allow_redirects=False, ssl=_context(asking.ca_file)) as answer,
        ):
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _ANSWER_BYTES_MAX:
                    raise UnansweredError(f"{asking.url}: the answer is endless; is it a touchpoint worker?")
    except TimeoutError:
        raise UnansweredError(f"{asking.url} does not answer in time; is that worker healthy?") from None
    except ClientConnectorCertificateError:
        raise UnansweredError(
            f"{asking.url}: nobody vouches for its certificate; name the authority with --ca-file"
        ) from None
    except (ClientError, OSError) as error:
        raise UnansweredError(
            f"{asking.url} does not answer ({_why(error)}); is a worker running there?"
        ) from None
    try:
        told = _plain(orjson.loads(body))
    except orjson.JSONDecodeError:
        told = None
    return answer.status, told if isinstance(told, dict) else {}


def _why(error: ClientError | OSError) -> str:
    cause = error.os_error if isinstance(error, ClientConnectorError) else error
    return getattr(cause, "strerror", None) or str(cause)


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise ConfigError("--ca-file", f"{ca_file} holds no certificate (PEM)") from None


def _secret(option: str, path: Path) -> str:
    secret = path.read_text(encoding="utf-8", errors="replace").strip("\r\n")
    require(secret.isprintable() and bool(secret), option, f"{path} does not hold one line of text")
    return secret


def _plain(value: Any) -> Any:
    """Return it without characters that steer a terminal: names come from upstream."""
    if isinstance(value, str):
        return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {_plain(name): _plain(one) for name, one in value.items()}
    return value
