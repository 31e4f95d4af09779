"""What every noun of the command line has in common: --json, help with the exit codes, list, show, disable, enable."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import typer
from msgspec.structs import asdict
from typer.core import TyperCommand

from hoistway import clock
from hoistway.authn.passwords import Passwords, generate_password
from hoistway.commands.context import EXIT_CODES, USAGE, AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.tables import show
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.text import BadText, read_line, read_text
from hoistway.store.db import Reader, Writer
from hoistway.things.making import Made, Making, Unfit

F = TypeVar("F", bound=Callable[..., None])
Id = Annotated[str, typer.Argument(metavar="ID", help="Its id.")]
Column = Callable[[Any], Any]
Switch = Callable[[Writer, Any, int | None], Awaitable[bool]]
HIDDEN = {"password_digest", "second_digest", "username_key"}
SEVERAL_LINES, VERBATIM = {"floors", "message", "reason", "description", "description_de"}, {"token", "after", "before"}


def noun(help: str) -> typer.Typer:
    return typer.Typer(help=help, epilog=EXIT_CODES, no_args_is_help=True)


class _Command(TyperCommand):
    """Every word that somebody types is normalised and trimmed here, and refused where it contains invisible
    characters, so that no command can forget it."""

    def invoke(self, ctx: Any) -> Any:
        for name, value in ctx.params.items():
            read = read_text if name in SEVERAL_LINES else read_line
            try:
                if isinstance(value, str) and name not in VERBATIM:
                    ctx.params[name] = read(value)
                elif isinstance(value, list):
                    ctx.params[name] = [read(one) if isinstance(one, str) else one for one in value]
            except BadText as error:
                fail(f"{name.replace('_', ' ')} {error}", USAGE)
        return super().invoke(ctx)


def verb(app: typer.Typer, name: str, help: str, *, takes_dashes: bool = False) -> Callable[[F], F]:
    """Adds a command, whose help ends with the exit codes. With `takes_dashes` its argument may begin with one, as a random
    token does now and then."""
    settings = {"ignore_unknown_options": True} if takes_dashes else None
    return app.command(name, help=help, epilog=EXIT_CODES, cls=_Command, context_settings=settings)


def whole(least: int, most: int) -> Callable[[Any], int]:
    """For an option that is a whole number. Raises BadParameter."""

    def number(text: Any) -> int:
        found = read_whole(str(text), least, most)
        if found is None:
            raise typer.BadParameter(f"give a whole number from {least} to {most}")
        return found

    return number


Most = Annotated[int, typer.Option(help="How many at the most, 1 to 10000.", metavar="NUMBER", parser=whole(1, 10_000))]


def visible(row: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name not in HIDDEN}


def added(row: Any, add: Callable[[Writer], Awaitable[None]], event: str, as_json: bool, **shown_once: str) -> None:
    """Writes a new row and its entry in the audit trail in one transaction, and shows it."""

    async def work(tx: Writer) -> None:
        await add(tx)
        await note(tx, event, id=row.id)

    in_transaction(work)
    show_one(visible(row) | shown_once, as_json)


def make_thing(making: Making, typed: Mapping[str, str], as_json: bool, **options: str) -> None:
    """Makes a thing by the checks that the console has, too, and shows it. `options` name the option of an entry where
    it is called otherwise."""
    values = {}
    for entry in making.entries:
        try:
            values[entry.name] = entry.check(typed.get(entry.name) or entry.begins)
        except ValueError as error:
            fail(f"{options.get(entry.name, entry.name)}: {error}", USAGE)
    password = generate_password() if making.has_password else ""
    digest = Passwords(1).hash_now(password) if password else ""

    async def work(tx: Writer) -> Made:
        try:
            made = await making.make(tx, values, clock.now(), digest)
        except Unfit as unfit:
            fail(str(unfit))
        await note(tx, making.event, id=made.row.id, **made.about)
        return made

    made = in_transaction(work)
    shown_once = {**({"password": password} if password else {}), **made.shown_once}
    show_one(visible(made.row) | shown_once, as_json)


def add_reading(
    app: typer.Typer, what: str, columns: Sequence[str],
    find: Callable[[Reader, Any], Awaitable[Any]], page: Callable[[Reader, str, int], Awaitable[Sequence[Any]]],
) -> None:  # fmt: skip
    add_listing(app, what, columns, page)
    add_showing(app, what, find)


def add_listing(
    app: typer.Typer, what: str, columns: Sequence[str], page: Callable[[Reader, str, int], Awaitable[Sequence[Any]]]
) -> None:
    @verb(app, "list", f"List {what}s by id.")
    def list_things(
        after: Annotated[str, typer.Option(help="Begin behind this id.")] = "",
        most: Most = 100,
        as_json: AsJson = False,
    ) -> None:
        rows = with_database(lambda db: page(db, after, most))
        show([visible(row) for row in rows], as_json, columns)


def add_showing(app: typer.Typer, what: str, find: Callable[[Reader, Any], Awaitable[Any]]) -> None:
    @verb(app, "show", f"Show one {what}.")
    def show_thing(thing: Id, as_json: AsJson = False) -> None:
        row = with_database(lambda db: find(db, thing))
        if row is None:
            fail(f"there is no {what} {thing}")
        show_one(visible(row), as_json)


def add_switching(
    app: typer.Typer,
    what: str,
    switch: Switch,
    effect: str = "its tokens stop working within 5 seconds",
    id_of: Callable[[Reader, str], Awaitable[str]] | None = None,
) -> None:
    @verb(app, "disable", f"Disable {with_article(what)}: {effect}.")
    def disable(thing: Id, as_json: AsJson = False) -> None:
        switched(what, switch, thing, clock.now(), as_json, id_of)

    add_enabling(app, what, switch, id_of)


def add_enabling(
    app: typer.Typer, what: str, switch: Switch, id_of: Callable[[Reader, str], Awaitable[str]] | None = None
) -> None:
    @verb(app, "enable", f"Enable {with_article(what)} again.")
    def enable(thing: Id, as_json: AsJson = False) -> None:
        switched(what, switch, thing, None, as_json, id_of)


def switched(
    what: str, switch: Switch, word: str, at: int | None, as_json: bool,
    id_of: Callable[[Reader, str], Awaitable[str]] | None = None,
) -> None:  # fmt: skip
    """Disables it at `at`, or enables it, with an entry in the audit trail, and shows it."""

    async def work(tx: Writer) -> str:
        thing = word if id_of is None else await id_of(tx, word)
        if not await switch(tx, thing, at):
            fail(f"there is no {what} {thing}")
        await note(tx, f"{event_of(what)}.{'enabled' if at is None else 'disabled'}", id=thing)
        return thing

    show_one({"id": in_transaction(work), "disabled_at": at}, as_json)


def with_article(what: str) -> str:
    """By the first letter, except for "user"."""
    return f"{'an' if what[0].lower() in 'aeio' else 'a'} {what}"


def event_of(what: str) -> str:
    """The name in the audit trail."""
    return what.lower().replace(" ", "_")
