"""How TLS is spoken to clients: 1.2 or later, and with an authority named, only to those it vouches for."""

import ssl

from models.errors import ConfigError
from streams.http_settings import HttpTlsConfig
from streams.key_material import content_of, load_certificate


def server_context(tls: HttpTlsConfig) -> ssl.SSLContext | None:
    """Return how connections are taken, None where they are in clear.

    Raises
    ------
    ConfigError
        Where a file does not hold what it must.
    """
    if not tls.certificate_file:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    load_certificate(context, "http.tls", tls)
    if tls.client_ca_file:
        content_of("http.tls.client_ca_file", tls.client_ca_file)
        try:
            context.load_verify_locations(tls.client_ca_file)
        except ssl.SSLError:
            problem = f"{tls.client_ca_file} holds no certificate (PEM)"
            raise ConfigError("http.tls.client_ca_file", problem) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context
