"""What every command needs: settings from the environment, an open database, output for people or programs."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from hoistway import clock
from hoistway.engine import time_ordered_id
from hoistway.settings import DAY, Environment, Settings, check_base_url, read_environment, read_mail_server
from hoistway.store.audit import Entry, add_entry
from hoistway.store.db import Conflict, Database, DatabaseUnavailable, Writer
from hoistway.store.open import DriverMissing, open_database
from hoistway.tokens.vault import WrongMasterKey, make_master_key, read_master_key

T = TypeVar("T")
REFUSED, USAGE, UNAVAILABLE = 1, 2, 3
EXIT_CODES = "Exit codes: 0 done, 1 refused or failed in part, 2 wrong usage or settings, 3 database unavailable."
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def fail(message: str, code: int = REFUSED) -> NoReturn:
    """Says why on standard error and ends."""
    typer.echo(f"hoistway: {message}", err=True)
    raise typer.Exit(code)


def known_environment() -> Environment:
    """Ends with code 2 where a variable can't be read."""
    try:
        return read_environment(os.environ)
    except ValueError as error:
        fail(str(error), USAGE)


def read_settings(*, production: bool = False, database: str | None = None) -> Settings:
    """From HOISTWAY_… variables; ends with code 2 naming every one that is missing or wrong."""
    environment = known_environment()
    database = database or environment.database
    problems = []
    if environment.base_url is None and production:
        problems.append("HOISTWAY_BASE_URL: the public https URL of this server, the issuer of tokens")
    if database is None:
        problems.append("HOISTWAY_DATABASE: sqlite:////absolute/file or postgresql://…")
    if environment.master_key is None and environment.master_key_file is None:
        problems.append("HOISTWAY_MASTER_KEY_FILE (or HOISTWAY_MASTER_KEY): 32 random bytes in base64url")
    try:
        base_url = check_base_url(environment.base_url or "http://127.0.0.1:8080", production=production)
    except ValueError as error:
        problems.append(str(error))
        base_url = ""
    mail = None
    try:
        mail = read_mail_server(environment.smtp_url, environment.mail_from)
    except ValueError as error:
        problems.append(str(error))
    if problems:
        fail("these settings are missing or wrong:\n  " + "\n  ".join(problems), USAGE)
    try:
        if environment.master_key is not None:
            key = read_master_key(environment.master_key)
        else:
            path = Path(environment.master_key_file or "")
            key = read_master_key(path.read_text()) if production else make_master_key(path)
    except (OSError, ValueError) as error:
        fail(f"the master key can't be read: {error}", USAGE)
    return Settings(
        base_url, database or "", key, environment.brand, environment.support, environment.trusted_proxies,
        environment.access_log, environment.keep_hours * DAY, environment.keep_days * DAY, environment.keep_requests * DAY,
        mail, environment.four_eyes,
    )  # fmt: skip


def warn(warnings: Sequence[str]) -> None:
    for one in warnings:
        typer.echo(f"hoistway: warning: {one}", err=True)


def on_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Raises what the store raises."""

    async def run() -> T:
        db = await open_database(settings.database, connections=2)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` on the database of the settings; its refusals become exit codes."""
    settings = read_settings()
    try:
        return on_database(settings, work)
    except DatabaseUnavailable as error:
        fail(f"the database does not answer: {error}", UNAVAILABLE)
    except Conflict as error:
        fail(f"the database refused: {error}. The id is taken, or one that is named does not exist.")
    except (DriverMissing, WrongMasterKey, ValueError) as error:
        fail(str(error), USAGE)


def in_transaction(work: Callable[[Writer], Awaitable[T]]) -> T:
    """Runs `work` in one transaction; `fail` inside it undoes what it did."""

    async def run(db: Database) -> T:
        async with db.write() as tx:
            return await work(tx)

    return with_database(run)


async def note(tx: Writer, event: str, **detail: Any) -> None:
    """A line in the audit trail, by the operating-system user at the command line."""
    actor = f"cli:{os.environ.get('SUDO_USER') or os.environ.get('USER') or 'unknown'}"
    await add_entry(tx, Entry(time_ordered_id(), clock.now(), event, actor, detail=detail))


def show(rows: Sequence[Mapping[str, Any]], as_json: bool, columns: Sequence[str] = ()) -> None:
    """A JSON array, or a table of `columns`."""
    if as_json:
        typer.echo(json.dumps(list(rows), default=_plain))
        return
    table = Table(box=None, pad_edge=False)
    names = list(columns) or (list(rows[0]) if rows else [])
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if row.get(name) is None else str(row[name]) for name in names))
    Console().print(table if rows else "none")


def show_one(row: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(row, default=_plain))
        return
    for name, value in row.items():
        typer.echo(f"{name}: {'' if value is None else value}")


def _plain(value: Any) -> Any:
    if hasattr(value, "__struct_fields__"):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return str(value)
