"""The table http: where the worker answers, over which connection, to whom."""

from dataclasses import dataclass, field
from typing import Final

from models.errors import require

_CERTIFICATES_USERS: Final = ("key_file", "key_password_file", "client_ca_file")


@dataclass(frozen=True, slots=True)
class HttpTlsConfig:
    """What this service shows of itself, and by whose word it believes its clients."""

    certificate_file: str = ""
    key_file: str = ""
    key_password_file: str = ""
    client_ca_file: str = ""

    def __post_init__(self) -> None:
        """Refuse a protection that would not take place."""
        for key in _CERTIFICATES_USERS:
            alone = bool(getattr(self, key)) and not self.certificate_file
            require(not alone, f"http.tls.{key}", "is of no use without http.tls.certificate_file")


@dataclass(frozen=True, slots=True)
class HttpAuthConfig:
    """Who is let in: one of these users, or whoever has the token."""

    users_file: str = ""
    token_file: str = ""


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Where pages, metrics and the API are served."""

    host: str = "127.0.0.1"
    port: int = 6066
    access_log_file: str = ""
    grafana_url: str = ""
    runbook_url: str = ""
    tls: HttpTlsConfig = field(default_factory=HttpTlsConfig)
    auth: HttpAuthConfig = field(default_factory=HttpAuthConfig)

    def __post_init__(self) -> None:
        """Refuse a port that is none, and an address that no browser follows."""
        require(bool(self.host), "http.host", 'must not be empty; "0.0.0.0" is every address of this machine')
        require(0 <= self.port <= 65_535, "http.port", "must lie in 0..65535")
        for key in ("grafana_url", "runbook_url"):
            address = getattr(self, key)
            is_web = not address or address.startswith(("http://", "https://"))
            require(is_web, f"http.{key}", 'is no address such as "https://grafana.example.org"')

    @property
    def url(self) -> str:
        """Where it is come to, as far as this machine knows."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls.certificate_file else 'http'}://{host}:{self.port}"
