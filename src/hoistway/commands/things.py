"""list, show, disable and enable, alike for every noun."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.commands.context import AsJson, fail, note, show, show_one, with_database
from hoistway.store.db import Database, Reader, Writer

HIDDEN = {"password_digest", "username_key"}


def visible(row: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name not in HIDDEN}


def add_reading(
    app: typer.Typer, noun: str, columns: Sequence[str],
    find: Callable[[Reader, Any], Awaitable[Any]], page: Callable[[Reader, str, int], Awaitable[Sequence[Any]]],
) -> None:  # fmt: skip
    @app.command("list", help=f"List {noun}s by id, at most --most behind --after.")
    def list_things(after: str = "", most: int = 100, as_json: AsJson = False) -> None:
        rows = with_database(lambda db: page(db, after, most))
        show([visible(row) for row in rows], as_json, columns)

    @app.command("show", help=f"Show one {noun}.")
    def show_thing(thing: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
        row = with_database(lambda db: find(db, thing))
        if row is None:
            fail(f"there is no {noun} {thing}")
        show_one(visible(row), as_json)


def add_switching(app: typer.Typer, noun: str, switch: Callable[[Writer, Any, int | None], Awaitable[bool]]) -> None:
    async def change(db: Database, thing: str, at: int | None) -> bool:
        async with db.write() as tx:
            await note(tx, f"{noun}.{'enabled' if at is None else 'disabled'}", id=thing)
            return await switch(tx, thing, at)

    def run(thing: str, at: int | None, as_json: bool) -> None:
        if not with_database(lambda db: change(db, thing, at)):
            fail(f"there is no {noun} {thing}")
        show_one({"id": thing, "disabled_at": at}, as_json)

    @app.command("disable", help=f"Disable a {noun}: access ends within seconds.")
    def disable(thing: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
        run(thing, clock.now(), as_json)

    @app.command("enable", help=f"Enable a {noun} again.")
    def enable(thing: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
        run(thing, None, as_json)
