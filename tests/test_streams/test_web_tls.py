"""TLS of the HTTP server: who is shown what, and that nobody waits for a handshake."""

import asyncio
import shutil
import socket
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from kafka.secured import Authority
from served import Answer, ask, at, judging, serving
from watched import worker

from models.errors import ConfigError
from streams.health import Health
from streams.http_settings import HttpTlsConfig
from streams.web.limits import Limits
from streams.web.tls import server_context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Lend an authority with a folder of its own."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Authority(tmp_path / "authority")


def over_tls(authority: Authority, health: Health | None = None, **changes: Any) -> Health:
    """Return a worker with a certificate for 127.0.0.1."""
    certificate, key = authority.issue("server")
    tls = HttpTlsConfig(str(certificate), str(key), **changes)
    return at(health or worker(), tls=tls)


def trusting(authority: Authority) -> ssl.SSLContext:
    """Return how a client comes that trusts the authority."""
    return ssl.create_default_context(cafile=authority.file)


def got(of: Health, context: ssl.SSLContext, path: str = "/metrics") -> Answer:
    """Return the answer to a question over TLS."""

    async def run() -> Answer:
        async with serving(of) as server:
            return await ask(server, path, ssl=context)

    return asyncio.run(run())


def test_the_page_comes_over_tls(authority: Authority) -> None:
    """To whoever trusts the authority that signed the certificate."""
    assert got(over_tls(authority), trusting(authority)).status == 200


def test_nothing_comes_in_clear_where_there_is_a_certificate(authority: Authority) -> None:
    """A question in clear gets no answer."""

    async def run() -> None:
        async with serving(over_tls(authority)) as server:
            with pytest.raises(aiohttp.ClientError):
                await ask(server, "/metrics")

    asyncio.run(run())


def test_old_tls_is_refused(authority: Authority) -> None:
    """1.2 is the least."""
    context = trusting(authority)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match=r"TLSv1\_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(aiohttp.ClientError):
        got(over_tls(authority), context)


def test_only_clients_with_a_certificate_come_in(authority: Authority, tmp_path: Path) -> None:
    """Where an authority of clients is named: of that one and no other; its name stands in the access log."""
    log = tmp_path / "access.jsonl"
    health = over_tls(authority, judging(), client_ca_file=str(authority.file))
    health = at(health, tls=health.config.http.tls, access_log_file=str(log))
    stranger = trusting(authority)
    with pytest.raises((aiohttp.ClientError, OSError)):
        got(health, stranger)
    other = trusting(authority)
    other.load_cert_chain(*Authority(tmp_path / "other").issue("prometheus"))
    with pytest.raises((aiohttp.ClientError, OSError)):
        got(health, other)
    known = trusting(authority)
    known.load_cert_chain(*authority.issue("prometheus"))

    assert got(health, known, "/api/v1/document").status == 200
    assert '"who":"prometheus"' in log.read_text()


def test_who_begins_no_handshake_blocks_nobody(authority: Authority) -> None:
    """Twenty clients that connect and are silent, or stop in the middle: the page is served to others."""

    async def run() -> Answer:
        async with serving(over_tls(authority)) as server:
            silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
            for one in silent[:10]:
                one.sendall(b"\x16\x03\x01\x02\x00\x01")  # the first bytes of a greeting
            answered = await ask(server, "/metrics", ssl=trusting(authority))
            for one in silent:
                one.close()
            return answered

    assert asyncio.run(run()).status == 200


def test_who_does_not_finish_the_handshake_is_cut_off(authority: Authority) -> None:
    """After its time-out, with nothing but an alert of TLS."""

    async def run() -> bytes:
        async with serving(over_tls(authority), Limits(handshake_s=0.2)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            came = await reader.read()
            writer.close()
            return came

    assert asyncio.run(run()) == b""


@pytest.mark.parametrize("key", ["key_file", "key_password_file", "client_ca_file"])
def test_a_protection_that_would_not_take_place_is_refused(key: str) -> None:
    """Without a certificate there is no TLS, and no client is asked for one."""
    with pytest.raises(ConfigError, match=r"of no use without http\.tls\.certificate_file"):
        HttpTlsConfig(**{key: "some"})


def test_files_that_cannot_be_right_are_told(authority: Authority, tmp_path: Path) -> None:
    """With the key of the configuration that names them."""
    certificate, key = (str(one) for one in authority.issue("server"))
    other = str(authority.issue("other")[1])
    no_pem = tmp_path / "text"
    no_pem.write_text("no PEM")
    wrong = {
        "http.tls.certificate_file": HttpTlsConfig(str(no_pem), key),
        "http.tls.key_file": HttpTlsConfig(certificate, other),
        "http.tls.client_ca_file": HttpTlsConfig(certificate, key, client_ca_file=str(no_pem)),
    }

    for where, tls in wrong.items():
        with pytest.raises(ConfigError) as caught:
            server_context(tls)
        assert caught.value.key == where
