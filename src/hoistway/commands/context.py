"""What every command needs: settings from the environment, an open database, refusals as exit codes."""

import asyncio
import json
import os
import pwd
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
from msgspec import Struct

from hoistway import clock
from hoistway.engine import time_ordered_id
from hoistway.environment import WrongSettings, settings_from
from hoistway.exits import EXIT_CODES as EXIT_CODES
from hoistway.exits import REFUSED as REFUSED
from hoistway.exits import UNAVAILABLE as UNAVAILABLE
from hoistway.exits import USAGE as USAGE
from hoistway.imports.seen import seen
from hoistway.settings import Environment, Settings, read_environment, warn_of_variables
from hoistway.store.audit import Entry
from hoistway.store.audit_owners import write_entry
from hoistway.store.causes import sentence_of
from hoistway.store.db import Conflict, Database, DatabaseUnavailable, Writer
from hoistway.store.open import DriverMissing, open_database
from hoistway.store.turns import take_turn
from hoistway.tokens.vault import WrongMasterKey

T = TypeVar("T")
DEMONSTRATION = Path("data")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def say(message: str) -> None:
    """On standard error. Nothing that a file, a side or a row has in it writes over the terminal."""
    typer.echo("\n".join(map(seen, f"hoistway: {message}".split("\n"))), err=True)


def fail(message: str, code: int = REFUSED) -> NoReturn:
    """Says why on standard error and ends."""
    say(message)
    raise typer.Exit(code)


class Chosen(Struct, frozen=True):
    """The options of the command itself, before the noun: `--data` and `--as`."""

    data: Path | None = None
    acts_as: str | None = None


_NOTHING = Chosen()
CHOSEN: ContextVar[Chosen] = ContextVar("chosen", default=_NOTHING)


def _environ() -> Mapping[str, str]:
    """The environment, or the demonstration's own where `--data` names it or nothing is set and one lies in ./data."""
    folder = CHOSEN.get().data
    names = ("HOISTWAY_DATABASE", "HOISTWAY_MASTER_KEY_FILE", "HOISTWAY_MASTER_KEY")
    if folder is None:
        if any(os.environ.get(name) for name in names) or not (DEMONSTRATION / "demo.json").exists():
            return os.environ
        folder = DEMONSTRATION
        typer.echo(f"hoistway: using the demonstration in {folder.resolve()}", err=True)
    described, database, key = folder / "demo.json", folder / "hoistway.db", folder / "master.key"
    if not (database.exists() and key.exists()):
        fail(f"there is no demonstration in {folder}: `hoistway serve --demo --data {folder}` makes one", USAGE)
    base_url = json.loads(described.read_text())["base_url"] if described.exists() else ""
    own = {
        "HOISTWAY_DATABASE": f"sqlite:///{database.resolve()}", "HOISTWAY_DATABASE_REPLICA": "",
        "HOISTWAY_MASTER_KEY_FILE": str(key),
    }  # fmt: skip
    return {"HOISTWAY_BASE_URL": base_url, **os.environ, **own, "HOISTWAY_MASTER_KEY": ""}


def known_environment() -> Environment:
    """Ends with code 2 where a variable can't be read."""
    try:
        return read_environment(_environ())
    except ValueError as error:
        fail(str(error), USAGE)


def read_settings() -> Settings:
    """From HOISTWAY_… variables; ends with code 2 naming every one that is missing or wrong."""
    warn(warn_of_variables(os.environ))
    try:
        return settings_from(_environ())
    except WrongSettings as error:
        fail(str(error), USAGE)


def warn(warnings: Iterable[str]) -> None:
    for one in warnings:
        say(f"warning: {one}")


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
        fail(sentence_of(error, settings.database), UNAVAILABLE)
    except Conflict as error:
        fail(conflict_of(str(error)))
    except (DriverMissing, WrongMasterKey, ValueError) as error:
        fail(str(error), USAGE)


_TAKEN = re.compile(r"UNIQUE constraint failed: \w+\.(\w+)|Key \((\w+)[^)]*\)=\((?:.*)\) already exists", re.DOTALL)
_ABSENT = re.compile(r"Key \((\w+)\)=\((.*?)\) is not present in table \"(\w+)\"", re.DOTALL)
_WORDS = {"username_key": "user name", "name_key": "name"}


def conflict_of(said: str) -> str:
    """What a database says of a duplicate or of something missing, in a sentence with the fix."""
    taken, absent = _TAKEN.search(said), _ABSENT.search(said)
    if taken is not None:
        column = taken[1] or taken[2]
        return f"the {_WORDS.get(column, column.replace('_', ' '))} is taken: choose another, or show what has it"
    if absent is not None:
        return f"there is no {absent[3].rstrip('s').replace('_', ' ')} {absent[2]}: add it first, or correct the id"
    return "something that the command names does not exist: add it first, or correct the id"


def in_transaction(work: Callable[[Writer], Awaitable[T]]) -> T:
    """Runs `work` in one transaction, in turn with the operators at the console; `fail` inside it undoes what it did."""

    async def run(db: Database) -> T:
        async with db.write() as tx:
            await take_turn(tx)
            return await work(tx)

    return with_database(run)


def system_user() -> str:
    """Who called: behind sudo the one who used it."""
    if os.environ.get("SUDO_USER"):
        return os.environ["SUDO_USER"]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # A container may run under a number that has no name.
        return str(os.getuid())


async def note(tx: Writer, event: str, **detail: Any) -> None:
    """A line in the audit trail, by the operating-system user at the command line; `--as` names the person behind a shared
    one, and the user stays in the entry."""
    user, named = system_user(), CHOSEN.get().acts_as
    actor, detail = f"cli:{named or user}", detail if named is None else {**detail, "system_user": user}
    await write_entry(tx, Entry(time_ordered_id(), clock.now(), event, actor, detail=detail))


SECRETS: Final = frozenset({"password", "client_secret", "token", "primary_key", "secondary_key", "operator_password"})
"""Names of values that no other command shows again."""


def show_one(row: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(row, default=plain))
        return
    for name, value in row.items():
        once = "   (shown this once)" if name in SECRETS and value else ""
        typer.echo(f"{name}: {for_people(name, value)}{once}")


def for_people(name: str, value: Any) -> str:
    """A value as a person reads it: moments as ISO 8601 in UTC, lists as words, parts of a thing by their names."""
    if value is None:
        return ""
    if (
        (name == "since" or name.endswith(("_at", "_from", "_until")))
        and isinstance(value, int)
        and not isinstance(value, bool)
    ):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "__struct_fields__"):
        value = {field: getattr(value, field) for field in value.__struct_fields__}
    if isinstance(value, Mapping):
        return " ".join(f"{key}={for_people(str(key), one)}" for key, one in value.items())
    if isinstance(value, list | tuple | frozenset | set):
        return ", ".join(for_people(name, one) for one in value)
    return str(value)


def plain(value: Any) -> Any:
    """What JSON has no form for, for `json.dumps`."""
    if hasattr(value, "__struct_fields__"):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return str(value)
