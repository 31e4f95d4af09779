"""What every command needs: settings from the environment, an open database, refusals as exit codes."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from hoistway import clock
from hoistway.engine import time_ordered_id
from hoistway.environment import WrongSettings, settings_from
from hoistway.exits import EXIT_CODES as EXIT_CODES
from hoistway.exits import REFUSED as REFUSED
from hoistway.exits import UNAVAILABLE as UNAVAILABLE
from hoistway.exits import USAGE as USAGE
from hoistway.settings import Environment, Settings, read_environment
from hoistway.store.audit import Entry, add_entry
from hoistway.store.db import Conflict, Database, DatabaseUnavailable, Writer
from hoistway.store.open import DriverMissing, open_database
from hoistway.store.turns import take_turn
from hoistway.tokens.vault import WrongMasterKey

T = TypeVar("T")
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


def read_settings() -> Settings:
    """From HOISTWAY_… variables; ends with code 2 naming every one that is missing or wrong."""
    try:
        return settings_from(os.environ)
    except WrongSettings as error:
        fail(str(error), USAGE)


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
    """Runs `work` in one transaction, in turn with the operators at the console; `fail` inside it undoes what it did."""

    async def run(db: Database) -> T:
        async with db.write() as tx:
            await take_turn(tx)
            return await work(tx)

    return with_database(run)


async def note(tx: Writer, event: str, **detail: Any) -> None:
    """A line in the audit trail, by the operating-system user at the command line."""
    actor = f"cli:{os.environ.get('SUDO_USER') or os.environ.get('USER') or 'unknown'}"
    await add_entry(tx, Entry(time_ordered_id(), clock.now(), event, actor, detail=detail))


def show_one(row: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(row, default=plain))
        return
    for name, value in row.items():
        typer.echo(f"{name}: {'' if value is None else value}")


def plain(value: Any) -> Any:
    """What JSON has no form for, for `json.dumps`."""
    if hasattr(value, "__struct_fields__"):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return str(value)
