"""Settings, read once from the environment and the command line into a frozen object and passed down."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MINUTE, HOUR, DAY = 60, 3600, 86400


class Environment(BaseSettings):
    """What the environment may say, each variable prefixed `HOISTWAY_`; docs/operating.md explains every one."""

    model_config = SettingsConfigDict(env_prefix="HOISTWAY_", frozen=True, extra="ignore")

    base_url: str | None = Field(
        None, description="Public URL of this server; the issuer of tokens. https in production."
    )
    database: str | None = Field(None, description="sqlite:///FILE or postgresql://…")
    master_key_file: Path | None = Field(
        None, description="File with 32 random bytes in base64url; seals keys at rest."
    )
    master_key: str | None = Field(None, description="The same value in the environment itself.")
    trusted_proxies: int = Field(0, description="How many proxies in front append to X-Forwarded-For.", ge=0, le=5)
    brand: str = Field("Hoistway", description="The operator's name on pages.")
    support: str | None = Field(None, description="Where people find help: an address or URL shown on pages.")
    access_log: bool = Field(False, description="Log every request; refusals and faults are logged always.")
    keep_hours: int = Field(35, description="Days for which use is kept by the hour.", ge=2, le=400)
    keep_days: int = Field(400, description="Days for which use is kept by the day.", ge=2, le=4000)
    keep_requests: int = Field(7, description="Days for which the last requests of applications are kept.", ge=1, le=90)


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds. `base_url` has no trailing slash; it is the issuer of the standard paths."""

    base_url: str
    database: str
    master_key: bytes
    brand: str = "Hoistway"
    support: str | None = None
    trusted_proxies: int = 0
    access_log: bool = False
    keep_hours: int = 35 * DAY
    keep_days: int = 400 * DAY
    keep_requests: int = 7 * DAY
    code_lifetime: int = MINUTE
    id_token_lifetime: int = HOUR
    refresh_idle: int = 14 * DAY
    refresh_absolute: int = 90 * DAY
    refresh_grace: int = 60
    session_lifetime: int = 12 * HOUR
    ticket_lifetime: int = 30 * MINUTE
    key_lifetime: int = 90 * DAY
    key_lead: int = DAY
    cache_seconds: int = 2
    form_limit: int = 64 * 1024

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


def check_base_url(url: str, *, production: bool) -> str:
    """The URL without a trailing slash. Raises ValueError that says what to set."""
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.netloc
        or parts.query
        or parts.fragment
        or parts.path.strip("/")
    ):
        raise ValueError("HOISTWAY_BASE_URL must be scheme and host only, for example https://id.example.com")
    if production and parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError("HOISTWAY_BASE_URL must be https: tokens and passwords travel over it")
    return url.rstrip("/")
