"""Settings from the environment, or every reason why there are none."""

from collections.abc import Mapping
from pathlib import Path

from hoistway.settings import DAY, Environment, Settings, check_base_url, read_environment, read_mail_server
from hoistway.tokens.vault import make_master_key, read_master_key

LOCAL = "http://127.0.0.1:8080"


class WrongSettings(ValueError):
    """The text names what is missing or wrong."""


def _problems(environment: Environment, database: str | None, production: bool) -> list[str]:
    problems = []
    if environment.base_url is None and production:
        problems.append("HOISTWAY_BASE_URL: the public https URL of this server, the issuer of tokens")
    if database is None:
        problems.append("HOISTWAY_DATABASE: sqlite:////absolute/file or postgresql://…")
    if environment.master_key is None and environment.master_key_file is None:
        problems.append("HOISTWAY_MASTER_KEY_FILE (or HOISTWAY_MASTER_KEY): 32 random bytes in base64url")
    try:
        check_base_url(environment.base_url or LOCAL, production=production)
    except ValueError as error:
        problems.append(str(error))
    try:
        read_mail_server(environment.smtp_url, environment.mail_from)
    except ValueError as error:
        problems.append(str(error))
    return problems


def _master_key(environment: Environment, production: bool) -> bytes:
    """Outside production a file that is missing is made."""
    if environment.master_key is not None:
        return read_master_key(environment.master_key)
    path = Path(environment.master_key_file or "")
    return read_master_key(path.read_text()) if production else make_master_key(path)


def settings_from(environ: Mapping[str, str], *, production: bool = False, database: str | None = None) -> Settings:
    """From HOISTWAY_… variables; `database` goes before the variable. Raises WrongSettings."""
    try:
        environment = read_environment(environ)
    except ValueError as error:
        raise WrongSettings(str(error)) from error
    database = database or environment.database
    problems = _problems(environment, database, production)
    if problems:
        raise WrongSettings("these settings are missing or wrong:\n  " + "\n  ".join(problems))
    try:
        key = _master_key(environment, production)
    except (OSError, ValueError) as error:
        raise WrongSettings(f"the master key can't be read: {error}") from error
    return Settings(
        base_url=check_base_url(environment.base_url or LOCAL, production=production),
        database=database or "",
        master_key=key,
        brand=environment.brand,
        support=environment.support,
        trusted_proxies=environment.trusted_proxies,
        access_log=environment.access_log,
        keep_hours=environment.keep_hours * DAY,
        keep_days=environment.keep_days * DAY,
        keep_requests=environment.keep_requests * DAY,
        keep_audit=environment.keep_audit * DAY,
        mail=read_mail_server(environment.smtp_url, environment.mail_from),
        four_eyes=environment.four_eyes,
        hsts=environment.hsts_days * DAY,
        connections=environment.connections,
        connections_per_address=environment.connections_per_address,
        taken_within=environment.taken_within,
    )
