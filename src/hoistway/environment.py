"""Reads the settings from the environment, or finds every reason why that can't be done."""

import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from hoistway.authn.breached import check_breached
from hoistway.mail.texts import letter_words
from hoistway.on_disk import why_key_file
from hoistway.protocol.text_file import NotUtf8, text_of
from hoistway.settings import (
    DAY,
    PREFIX,
    Address,
    Environment,
    Settings,
    check_base_url,
    read_environment,
    read_mail_server,
)
from hoistway.store.open import sqlite_path
from hoistway.tokens.vault import Vault, read_master_keys
from hoistway.web.templates.filters import help_href

_URL = "postgresql://user:password@host:5432/name"
_PASSWORDS = {"password", "passfile", "sslpassword"}
LOCAL = "http://127.0.0.1:8080"


class WrongSettings(ValueError):
    """Its text names what is missing or wrong."""


def _wrong_database(url: str, source: str) -> str | None:
    """What is wrong with the database URL, without its password; None where nothing is."""
    try:
        parts = urlsplit(url)
        is_postgresql = parts.scheme in {"postgresql", "postgres"} and parts.port != 0
    except ValueError:
        return f"{source}: host and port can't be read. Write {_URL}, with %40 for an @ in the password and the like"
    if is_postgresql or (sqlite_path(url) or Path()).name:
        return None
    return f"{source} must begin with sqlite:/// and a file, or postgresql://: sqlite:////absolute/file or {_URL}"


def read_address(text: str | None) -> Address | None:
    """Where metrics are told. Raises ValueError that says what to set."""
    if text is None:
        return None
    try:
        parts = urlsplit(f"//{text}")
        if parts.hostname and parts.port and parts.netloc == text and parts.username is None:
            return Address(parts.hostname, parts.port)
    except ValueError:
        pass
    raise ValueError("HOISTWAY_METRICS must be an address and a port of this machine, such as 127.0.0.1:9464")


def check_traces(url: str | None) -> str | None:
    """Where traces are sent. Raises ValueError that says what to set."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        more = parts.username is not None or parts.query or parts.fragment
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not more:
            return url.rstrip("/")
    except ValueError:
        pass
    raise ValueError("HOISTWAY_TRACES must be the URL of a collector for OTLP over HTTP, such as http://127.0.0.1:4318")


def check_support(support: str | None) -> None:
    """Raises ValueError where no link may lead there."""
    if support is not None and help_href(support) is None:
        raise ValueError(
            "HOISTWAY_SUPPORT must be an e-mail address, or a web address such as https://help.example.com"
        )


def check_outbound(loopback: bool, url: str) -> bool:
    """Raises ValueError where a server that others reach would ask addresses of its own machine."""
    if loopback and urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError(
            "HOISTWAY_FETCH_LOOPBACK is for development, where HOISTWAY_BASE_URL is on this machine: leave it out"
        )
    return loopback


def _wrong_replica(replica: str, database: str | None) -> str | None:
    """None where it may be one; the sentence holds no password."""
    source = "HOISTWAY_DATABASE_REPLICA"
    if database is not None and sqlite_path(database):
        return f"{source}: SQLite has no replicas. Leave it out, or keep the data in PostgreSQL"
    if sqlite_path(replica):
        return f"{source} must be the address of a streaming replica of PostgreSQL: {_URL}"
    if replica == database:
        return f"{source} is the primary's own address: write that of its replica, or leave it out"
    return _wrong_database(replica, source)


def _problems(
    environment: Environment, database: str | None, source: str, *, production: bool, strict: bool
) -> list[str]:
    problems = []
    if environment.base_url is None and production:
        problems.append("HOISTWAY_BASE_URL: the public https URL of this server, the issuer of tokens")
    if database is None:
        problems.append("HOISTWAY_DATABASE: sqlite:////absolute/file or postgresql://…")
    elif wrong := _wrong_database(database, source):
        problems.append(wrong)
    if environment.database_replica is not None and (wrong := _wrong_replica(environment.database_replica, database)):
        problems.append(wrong)
    if environment.master_key is None and environment.master_key_file is None:
        problems.append("HOISTWAY_MASTER_KEY_FILE (or HOISTWAY_MASTER_KEY): 32 random bytes in base64url")
    checks: tuple[Callable[[], object], ...] = (
        lambda: check_base_url(environment.base_url or LOCAL, strict=strict),
        lambda: check_support(environment.support),
        lambda: read_mail_server(environment.smtp_url, environment.mail_from),
        lambda: read_address(environment.metrics),
        lambda: check_traces(environment.traces),
        lambda: check_breached(environment.breached_passwords),
        lambda: letter_words(environment.mail_texts, environment.base_url or LOCAL),
        lambda: check_outbound(environment.fetch_loopback, environment.base_url or LOCAL),
    )
    for check in checks:
        try:
            check()
        except ValueError as error:
            problems.append(str(error))
    return problems


def _master_keys(environment: Environment) -> tuple[bytes, ...]:
    """Keys are never created here: what is sealed under a key that a typing error created can't be opened with the
    right one. Raises WrongSettings that says the fix."""
    if environment.master_key is not None:
        try:
            return read_master_keys(environment.master_key)
        except ValueError as error:
            raise WrongSettings(f"HOISTWAY_MASTER_KEY: {error}") from None
    path = Path(environment.master_key_file or "")
    try:
        return read_master_keys(path.read_text())
    except FileNotFoundError:
        raise WrongSettings(
            f"HOISTWAY_MASTER_KEY_FILE: there is no file {path}. Check the path; `hoistway master-key make {path}` makes a "
            "key for a new database"
        ) from None
    except OSError as error:
        raise WrongSettings(f"HOISTWAY_MASTER_KEY_FILE: {path} can't be read: {why_key_file(error, path)}") from None
    except ValueError as error:
        raise WrongSettings(f"HOISTWAY_MASTER_KEY_FILE: {path}: {error}") from None


def read_environment_file(path: Path) -> dict[str, str]:
    """Lines `NAME=value` as systemd and a shell read them: quotes around a value, and comments behind # or ; at a line's beginning. Of
    its variables those that begin with HOISTWAY_. Raises WrongSettings that names the line, not its value."""
    if path.exists() and not path.is_file():
        # A pipe would be waited for, and is empty at the next reload.
        raise WrongSettings(f"--environment: {path} is no regular file: it is read at each reload")
    try:
        lines = text_of(path.read_bytes()).splitlines()
    except (OSError, NotUtf8) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise WrongSettings(f"--environment: {path} can't be read: {said}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not name.strip() or name.startswith(("#", ";")):
            continue
        try:
            words = shlex.split(value)
        except ValueError:
            words = ["", ""]
        if not equals or len(words) > 1:
            raise WrongSettings(f"--environment: line {number} of {path}: write NAME='value', with quotes that end")
        if name.startswith(PREFIX):
            found[name] = "".join(words)
    return found


def fixed_part(settings: Settings) -> str:
    """What can't change while workers are replaced one after the other; without a password. PostgreSQL's driver takes
    host, port and name of the database from the query, too."""
    if sqlite_path(settings.database):
        return f"{settings.base_url} {settings.database}"
    parts = urlsplit(settings.database)
    # Of a word that is said twice the driver takes the last, so their order stays.
    words = sorted((one for one in parse_qsl(parts.query) if one[0] not in _PASSWORDS), key=lambda one: one[0])
    return f"{settings.base_url} {parts.netloc.rpartition('@')[2]}{parts.path}?{urlencode(words)}"


def settings_from(
    environ: Mapping[str, str], *, production: bool = False, strict: bool = True, database: str | None = None
) -> Settings:
    """Reads the variables HOISTWAY_…; `database` takes precedence over its variable. Not `strict` where the base URL is not one
    that somebody said. Raises WrongSettings."""
    try:
        environment = read_environment(environ)
    except ValueError as error:
        raise WrongSettings(str(error)) from error
    source, database = "--database" if database else "HOISTWAY_DATABASE", database or environment.database
    problems = _problems(environment, database, source, production=production, strict=strict)
    if problems:
        raise WrongSettings("these settings are missing or wrong:\n  " + "\n  ".join(problems))
    keys = _master_keys(environment)
    return Settings(
        base_url=check_base_url(environment.base_url or LOCAL, strict=strict),
        database=database or "",
        master_key=keys[0],
        older_master_keys=keys[1:],
        master_key_file=environment.master_key_file if environment.master_key is None else None,
        brand=environment.brand,
        support=environment.support,
        trusted_proxies=environment.trusted_proxies,
        access_log=environment.access_log,
        keep_hourly_use=environment.keep_hourly_use_days * DAY,
        keep_daily_use=environment.keep_daily_use_days * DAY,
        keep_requests=environment.keep_requests_days * DAY,
        keep_audit=environment.keep_audit_days * DAY,
        audit_archive=environment.audit_archive,
        replica=environment.database_replica,
        replica_age=environment.replica_age_seconds,
        mail=read_mail_server(environment.smtp_url, environment.mail_from),
        four_eyes=environment.four_eyes,
        staff_factors=environment.staff_factors,
        hsts=environment.hsts_days * DAY,
        connections=environment.connections,
        connections_per_address=environment.connections_per_address,
        taken_within=environment.taken_within_seconds,
        metrics=read_address(environment.metrics),
        traces=check_traces(environment.traces),
        remember_passwords=environment.remember_passwords_seconds,
        breached_passwords=environment.breached_passwords,
        mail_texts=environment.mail_texts,
        outbound_loopback=environment.fetch_loopback,
    )


def open_vault(settings: Settings) -> Vault:
    """Opens it under the keys that the file holds now. A restarted worker must not use what its parent read once."""
    keys, file = settings.master_keys, None
    if settings.master_key_file is not None:
        file = Path(settings.master_key_file)
        with suppress(OSError, ValueError):
            keys = read_master_keys(file.read_text())
    return Vault(*keys, file=file)
