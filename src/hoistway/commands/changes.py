"""hoistway changes: the way back to an older system (docs/migrate/back.md)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from msgspec import to_builtins

from hoistway import clock
from hoistway.commands.context import USAGE, AsJson, fail, read_settings, warn, with_database
from hoistway.commands.nouns import verb
from hoistway.commands.tenant_connections import found_tenant
from hoistway.imports.back import Asked, Line, changes_since
from hoistway.protocol.ids import ClientId
from hoistway.protocol.numbers import read_moment
from hoistway.settings import DAY
from hoistway.store.clients import find_client
from hoistway.store.db import Database

HEAD = ("at", "what", "id", "name", "name there", "do")
WIDTHS = (20, 31, 36, 32, 32)


def add_changes(app: typer.Typer) -> None:
    @verb(
        app,
        "changes",
        "List what changed here since a moment (passwords, keys, accounts), and what to do about it in an older system.",
    )
    def changes(
        since: Annotated[str, typer.Option(metavar="DATE", help="From this day or moment on, UTC.")],
        tenant: Annotated[str, typer.Option(help="Accounts that came from this tenant alone, by its name or id.")] = "",
        application: Annotated[
            str, typer.Option(help="This application, its account and subscriptions alone, by its client id.")
        ] = "",
        as_json: AsJson = False,
    ) -> None:
        moment = read_moment(since)
        if moment is None:
            fail("--since must be a day like 2026-01-30 or a moment like 2026-01-30T13:00, in UTC", USAGE)
        first, kept = int(moment.timestamp()), read_settings().keep_audit
        if first < clock.now() - kept:
            warn([f"the trail is kept for {kept // DAY} days: what is older is in its archive alone"])
        with_database(lambda db: _show(db, first, tenant, application, as_json))


async def _show(db: Database, first: int, tenant: str, application: str, as_json: bool) -> None:
    tenant_id = (await found_tenant(db, tenant)).id if tenant else None
    if application and await find_client(db, ClientId(application)) is None:
        fail(f"there is no application {application}")
    count = 0
    if not as_json:
        typer.echo(_row(HEAD))
    async for line in changes_since(db, Asked(first, tenant_id, application or None)):
        typer.echo(json.dumps(to_builtins(line)) if as_json else _row(_words(line)))
        count += 1
    typer.echo(f"hoistway: {count} {'change' if count == 1 else 'changes'}", err=True)


def _words(line: Line) -> tuple[str, ...]:
    at = datetime.fromtimestamp(line.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return at, line.event, line.id or "", line.name, line.old_name or "", f"{line.do}{_which(line.about)}"


def _which(about: Mapping[str, Any]) -> str:
    """Of two keys, or of several secrets."""
    words = {"slot": "the {} key", "secret": "here the secret {}"}
    found = [text.format(about[name]) for name, text in words.items() if name in about]
    return f" ({', '.join(found)})" if found else ""


def _row(words: tuple[str, ...]) -> str:
    *first, last = words
    return "  ".join([*(word.ljust(width) for word, width in zip(first, WIDTHS, strict=True)), last])
