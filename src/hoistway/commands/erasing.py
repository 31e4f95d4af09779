"""hoistway user export, erase and erasures."""

import errno
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.accounts.erasing import (
    Eraser,
    StillWorks,
    addresses_of,
    check_erasable,
    erase,
    open_eraser,
    words_about,
)
from hoistway.accounts.exporting import held_about, written
from hoistway.accounts.forgetting import count_entries, count_texts, forget
from hoistway.accounts.roles import LastOperator, OnlyAdministrator
from hoistway.commands.context import AsJson, fail, note, read_settings, show_one, warn, with_database
from hoistway.commands.named import person_called
from hoistway.commands.nouns import verb
from hoistway.commands.roles import LAST, only_administrator
from hoistway.commands.since import MARK
from hoistway.commands.tables import show
from hoistway.environment import open_vault
from hoistway.on_disk import write_new
from hoistway.store.audit_archive import ArchiveBusy
from hoistway.store.causes import full
from hoistway.store.db import Database, Writer
from hoistway.store.erasures import find_erasure, list_erasures
from hoistway.store.personal import count_parts, params_of
from hoistway.store.turns import take_turn
from hoistway.store.users import User, lock_user

Person = Annotated[str, typer.Argument(metavar="ID|NAME", help="The id or the user name.")]
STILL = "the account must be disabled for 5 seconds first, so that no process remembers it: hoistway user disable {}"
STAYS = (
    ("audit", "kept", "who did what must stay known: a pseudonym, without names, addresses and correlation ids"),
    ("usage_hours, usage_days, legacy_uses", "kept", "sums of applications, which name no person"),
)


def write_apart(file: Path, text: str) -> None:
    """A new file that nobody else can read. Ends the command where it can't be made, and leaves nothing then."""
    try:
        write_new(file, text)
    except FileExistsError:
        fail(f"{file} exists and stays as it is: name a new file")
    except OSError as error:
        fail(full(file) if error.errno == errno.ENOSPC else f"{file} can't be written: {error.strerror}")


def add_erasing(app: typer.Typer) -> None:
    verb(app, "export", "Write everything that is held about a person as JSON; docs/people.md names the members.")(
        export
    )
    verb(app, "erase", "Erase a disabled person for good; what must stay is kept under a pseudonym.")(erase_person)
    verb(
        app, "erasures", "Write the list of erasures to a new FILE, for `hoistway restore --erasures`. It holds digests alone."
    )(erasures)  # fmt: skip


def export(
    person: Person,
    file: Annotated[
        Path | None, typer.Option("--file", help="A new file, mode 0600; standard output without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    vault = open_vault(read_settings())

    async def work(db: Database) -> dict[str, Any]:
        found, eraser = await person_called(db, person), await open_eraser(db, vault)
        if found is None:
            fail(f"there is no user {person}")
        held = await held_about(db, found, eraser.account_of(found.username), clock.now(), whole=True)
        async with db.write() as tx:
            await note(tx, "user.exported", id=found.id)
        return held

    held = with_database(work)
    if file is None:
        typer.echo(written(held), nl=False)
        return
    write_apart(file, written(held))
    show_one({"file": str(file.resolve()), "bytes": file.stat().st_size}, as_json)


def erase_person(
    person: Person,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go and what stays, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the user name.")] = False,
    as_json: AsJson = False,
) -> None:
    settings = read_settings()
    vault, archive = open_vault(settings), None if settings.audit_archive is None else Path(settings.audit_archive)

    async def look(db: Database) -> User | None:
        found, eraser = await person_called(db, person), await open_eraser(db, vault)
        if found is None:
            if await find_erasure(db, eraser.digest(person)) is None:
                fail(f"there is no user {person}")
            await _forget(db, eraser, archive)
        elif dry_run:
            await _show_plan(db, found, eraser.account_of(found.username), as_json)
        return found

    async def work(db: Database, found: User) -> dict[str, Any]:
        eraser = await open_eraser(db, vault)
        named = (await count_texts(db, found.id, await words_about(db, found)))["reported"]
        async with db.write() as tx:
            await take_turn(tx)
            row = await _judged(tx, found)
            await erase(tx, row, eraser, clock.now())
            await note(tx, "user.erased")
        await _forget(db, eraser, archive)
        return named

    found = with_database(look)
    if found is None:
        show_one({"erased": person, "before": True}, as_json)
        return
    if dry_run:
        return
    if (
        not yes
        and typer.prompt(f"This can't be taken back. Type the user name {found.username} to erase", err=True)
        != found.username
    ):
        fail("that is another name: nothing was changed")
    named = with_database(lambda db: work(db, found))
    show_one({"erased": found.id, "before": False, "still_named": named}, as_json)


async def _forget(db: Database, eraser: Eraser, archive: Path | None) -> None:
    try:
        await forget(db, eraser, archive, clock.now())
    except ArchiveBusy:
        warn(["the server writes the archive just now: it takes the person out of it within two minutes"])
    except OSError as error:
        fail(
            f"the person was erased, but the archive {archive} can't be rewritten: {error.strerror}. Mend that, and say it again"
        )


async def _judged(tx: Writer, found: User) -> User:
    """The locked row. Ends the command where it can't be erased."""
    row = await lock_user(tx, found.id)
    if row is None:
        fail(f"there is no user {found.id} any more")
    try:
        await check_erasable(tx, row, clock.now())
    except StillWorks:
        fail(STILL.format(row.id))
    except LastOperator:
        fail(LAST)
    except OnlyAdministrator as error:
        fail(only_administrator(error))
    return row


async def _show_plan(db: Database, found: User, account: str, as_json: bool) -> None:
    words = await words_about(db, found)
    parts = await count_parts(db, params_of(found.id, "", await addresses_of(db, found), account))
    texts, entries = await count_texts(db, found.id, words), await count_entries(db, found.id, words)
    rows = [{"table": part.table, "what": part.act, "rows": count, "why": part.why} for part, count in parts]
    rows += [
        {"table": name, "what": "replaced", "rows": count, "why": "names the person"}
        for name, count in {**texts["replaced"], "audit": entries}.items()
    ]
    rows += [
        {"table": name, "what": "left", "rows": count, "why": "the name of a thing of others: change it there"}
        for name, count in texts["reported"].items()
    ]
    rows += [{"table": table, "what": what, "rows": None, "why": why} for table, what, why in STAYS]
    show(rows, as_json)


def erasures(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Must not exist.")], as_json: AsJson = False
) -> None:
    vault = open_vault(read_settings())

    async def work(db: Database) -> tuple[str, list[dict[str, Any]]]:
        found: list[dict[str, Any]] = []
        while rows := await list_erasures(db, found[-1]["digest"] if found else ""):
            found += [{"digest": row.digest, "erased_at": row.erased_at} for row in rows]
        return (await open_eraser(db, vault)).digest(MARK), found

    installation, found = with_database(work)
    write_apart(file, json.dumps({"installation": installation, "erasures": found}, indent=1) + "\n")
    show_one({"file": str(file.resolve()), "erasures": len(found)}, as_json)
