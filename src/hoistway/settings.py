"""Settings, read once from the environment and the command line into a frozen object and passed down."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, ClassVar, Final, get_args
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct

from hoistway.discreet import Discreet

MINUTE, HOUR, DAY = 60, 3600, 86400
PREFIX = "HOISTWAY_"
CACHE_SECONDS = 2
_DIGITS = re.compile(r"[0-9]{1,18}")
WRONG_SMTP_URL = "HOISTWAY_SMTP_URL must be smtp://user:password@host:port or smtps://user:password@host:port"


class Environment(msgspec.Struct, frozen=True):
    """What the environment may say, each variable prefixed `HOISTWAY_`; docs/operating.md explains every one."""

    base_url: str | None = None
    database: str | None = None
    database_replica: str | None = None
    replica_age_seconds: Annotated[int, msgspec.Meta(ge=2, le=3600)] = 10
    master_key_file: str | None = None
    master_key: str | None = None
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    brand: str = "Hoistway"
    support: str | None = None
    access_log: bool = False
    keep_hourly_use_days: Annotated[int, msgspec.Meta(ge=2, le=400)] = 35
    keep_daily_use_days: Annotated[int, msgspec.Meta(ge=2, le=4000)] = 400
    keep_requests_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    keep_audit_days: Annotated[int, msgspec.Meta(ge=30, le=4000)] = 730
    audit_archive: str | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    four_eyes: bool = False
    staff_factors: bool = True
    hsts_days: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 365
    connections: Annotated[int, msgspec.Meta(ge=10, le=60_000)] = 2000
    connections_per_address: Annotated[int, msgspec.Meta(ge=1, le=60_000)] = 200
    taken_within_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30
    metrics: str | None = None
    traces: str | None = None
    remember_passwords_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 300
    breached_passwords: str | None = None
    mail_texts: str | None = None
    fetch_loopback: bool = False


def _bounds(name: str) -> tuple[int, int] | None:
    """The least and the greatest value of a number; None where the variable is no number."""
    found = next((one for one in get_args(Environment.__annotations__[name]) if isinstance(one, msgspec.Meta)), None)
    return None if found is None else (int(found.ge or 0), int(found.le or 0))


def _wanted(name: str) -> str:
    bounds = _bounds(name)
    return "true or false" if bounds is None else f"a number from {bounds[0]} to {bounds[1]}"


NAMES: Final = {f"{PREFIX}{name.upper()}": name for name in Environment.__struct_fields__}
# Names of the version before; this version is the last that reads them.
RENAMED: Final = {
    "HOISTWAY_KEEP_HOURS": "HOISTWAY_KEEP_HOURLY_USE_DAYS",
    "HOISTWAY_KEEP_DAYS": "HOISTWAY_KEEP_DAILY_USE_DAYS",
    "HOISTWAY_KEEP_REQUESTS": "HOISTWAY_KEEP_REQUESTS_DAYS",
    "HOISTWAY_KEEP_AUDIT": "HOISTWAY_KEEP_AUDIT_DAYS",
    "HOISTWAY_TAKEN_WITHIN": "HOISTWAY_TAKEN_WITHIN_SECONDS",
    "HOISTWAY_OUTBOUND_LOOPBACK": "HOISTWAY_FETCH_LOOPBACK",
}


def read_environment(environ: Mapping[str, str]) -> Environment:
    """An empty variable counts as not set, and an old name counts only where the new one is not set. Raises ValueError
    that names the variable, but not its value."""
    said = {variable: value.strip() for variable, value in environ.items() if variable in NAMES and value.strip()}
    old = {new: name for name, new in RENAMED.items() if new not in said and environ.get(name, "").strip()}
    said |= {new: environ[name].strip() for new, name in old.items()}
    for variable, value in said.items():
        # msgspec accepts 1e3 as a number, too, but that is more likely a typing error.
        if _bounds(NAMES[variable]) is not None and not _DIGITS.fullmatch(value):
            raise ValueError(f"{old.get(variable, variable)} must be {_wanted(NAMES[variable])}")
    try:
        return msgspec.convert({NAMES[variable]: value for variable, value in said.items()}, Environment, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].rstrip("`")
        variable = f"{PREFIX}{name.upper()}"
        raise ValueError(f"{old.get(variable, variable)} must be {_wanted(name)}") from None


# Variables that Kubernetes sets for a service named hoistway, and the program's own.
_FOREIGN = re.compile(
    r"HOISTWAY_(?:SERVICE_(?:HOST|PORT).*|PORT|PORT_\d+_(?:TCP|UDP).*|MIGRATE_URL|[A-Z0-9_]+_SERVICE_(?:HOST|PORT).*)"
)


def _renamed(name: str, environ: Mapping[str, str]) -> str:
    new = RENAMED[name]
    if environ.get(new, "").strip():
        return f"{name} counts for nothing, because {new} is set, as it is named now: remove {name}"
    return f"{name} is named {new} now: rename it, for the next version does not read the old name"


def warn_of_variables(environ: Mapping[str, str]) -> list[str]:
    """One sentence for each variable that has an old name, and for each that looks like a setting but is none, with the
    name that was probably meant."""
    sentences = []
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        if name in NAMES or _FOREIGN.fullmatch(name):
            continue
        if name in RENAMED:
            sentences.append(_renamed(name, environ))
            continue
        near = get_close_matches(name, NAMES, 1, 0.75)
        meant = f": did you mean {near[0]}?" if near else ": docs/operating.md lists those that are"
        sentences.append(f"{name} is no setting{meant}")
    return sentences


class MailServer(Discreet, frozen=True):
    """`tls` is "implicit" (smtps), "required" (without STARTTLS nothing is sent) or "offered" (used where the server
    has it)."""

    hidden: ClassVar[frozenset[str]] = frozenset({"password"})
    host: str
    port: int
    tls: str
    sender: str
    username: str | None = None
    password: str | None = None


class Address(Struct, frozen=True):
    host: str
    port: int

    @property
    def is_near(self) -> bool:
        """Reached from this machine alone."""
        return self.host in {"127.0.0.1", "localhost", "::1"}


class Settings(Discreet, frozen=True):
    """Times are in seconds. `base_url` has no trailing slash; it is the issuer of the standard paths. `hashing_threads`
    is how many hash passwords in one process; None means one for each processor. `demonstration` is set by `serve --demo`
    alone: mail that no server takes is then kept, and shown at /dev/outbox."""

    hidden: ClassVar[frozenset[str]] = frozenset({"database", "master_key", "older_master_keys", "replica"})
    base_url: str
    database: str
    master_key: bytes
    brand: str = "Hoistway"
    support: str | None = None
    trusted_proxies: int = 0
    access_log: bool = False
    keep_hourly_use: int = 35 * DAY
    keep_daily_use: int = 400 * DAY
    keep_requests: int = 7 * DAY
    keep_audit: int = 730 * DAY
    audit_archive: str | None = None
    replica: str | None = None
    replica_age: int = 10
    mail: MailServer | None = None
    four_eyes: bool = False
    staff_factors: bool = True
    hsts: int = 365 * DAY
    connections: int = 2000
    connections_per_address: int = 200
    taken_within: int = 30
    metrics: Address | None = None
    traces: str | None = None
    remember_passwords: int = 300
    breached_passwords: str | None = None
    mail_texts: str | None = None
    outbound_loopback: bool = False
    older_master_keys: tuple[bytes, ...] = ()
    master_key_file: str | None = None
    code_lifetime: int = MINUTE
    id_token_lifetime: int = HOUR
    refresh_idle: int = 14 * DAY
    refresh_absolute: int = 90 * DAY
    refresh_grace: int = MINUTE
    refresh_grace_elsewhere: int = 10
    session_lifetime: int = 12 * HOUR
    ticket_lifetime: int = 30 * MINUTE
    key_lifetime: int = 90 * DAY
    key_lead: int = DAY
    cache_seconds: int = CACHE_SECONDS
    hashing_threads: int | None = None
    demonstration: bool = False

    @property
    def takes_mail(self) -> bool:
        """Where there is a mail server; a demonstration keeps its mails without one."""
        return self.mail is not None or self.demonstration

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def master_keys(self) -> tuple[bytes, ...]:
        return (self.master_key, *self.older_master_keys)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


def read_mail_server(url: str | None, sender: str | None) -> MailServer | None:
    """None where mail is off. Raises ValueError that says what to set, without a password."""
    if sender is not None and not (all(part.strip() for part in sender.partition("@")) and sender.isprintable()):
        raise ValueError("HOISTWAY_MAIL_FROM must be an address such as hoistway@example.com")
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(WRONG_SMTP_URL) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(WRONG_SMTP_URL)
    if sender is None:
        raise ValueError(
            "HOISTWAY_MAIL_FROM must be the address that mails come from, because HOISTWAY_SMTP_URL is set"
        )
    is_near = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    # A password is never sent without TLS.
    tls = "implicit" if parts.scheme == "smtps" else "required" if parts.username and not is_near else "offered"
    username, password = (None if text is None else unquote(text) for text in (parts.username, parts.password))
    return MailServer(parts.hostname, port or (465 if tls == "implicit" else 587), tls, sender, username, password)


def check_base_url(url: str, *, strict: bool = True) -> str:
    """Returns the URL without a trailing slash. Raises ValueError that says what to set."""
    parts = urlsplit(url)
    more = parts.query or parts.fragment or parts.path.strip("/")
    if parts.scheme not in {"http", "https"} or not parts.netloc or more:
        raise ValueError("HOISTWAY_BASE_URL must be scheme and host only, for example https://id.example.com")
    if strict and parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError("HOISTWAY_BASE_URL must be https, except on this machine: tokens and passwords travel over it")
    return url.rstrip("/")
