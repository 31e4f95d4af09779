"""hoistway user import and hoistway service-account import: all lines of a file, or none."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec.structs import asdict, replace

from hoistway import clock
from hoistway.authn.foreign.reading import Foreign, keep
from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, show_one, with_database
from hoistway.commands.nouns import verb
from hoistway.commands.people.lines import BadPeople, read_lines
from hoistway.commands.people.rows import ACCOUNT, PERSON, BadRow, Row, read_row
from hoistway.commands.people.writing import Counts, Wrong, write_accounts, write_people
from hoistway.protocol.text import username_key
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.store.users import find_user_by_name

MOST_LINES: Final = 20_000
SHOWN: Final = 20
Write = Callable[[Writer, Sequence[Row], Mapping[int, str], int, Counts], Awaitable[Wrong]]
Find = Callable[[Reader, str], Awaitable[object]]


class _DryRun(Exception):
    """Undoes the transaction."""


def _read(path: Path, columns: Sequence[str], customer: str | None) -> list[Row]:
    """Ends the command where a line is wrong."""
    rows: dict[str, Row] = {}
    wrong: Wrong = []
    try:
        for count, (line, said) in enumerate(read_lines(path, columns), 1):
            if count > MOST_LINES:
                fail(f"{path} has more than {MOST_LINES} lines, which are imported at once: split it", USAGE)
            try:
                if isinstance(said, str):
                    raise BadRow(said)
                row = read_row(line, said, columns, customer)
                before = rows.get(username_key(row.username))
                rows[username_key(row.username)] = row if before is None else _joined(before, row)
            except BadRow as error:
                wrong.append((line, str(error)))
    except BadPeople as error:
        fail(str(error), USAGE)
    _refuse(wrong)
    if not rows:
        fail(f"{path} has no lines to import", USAGE)
    return list(rows.values())


def _joined(before: Row, row: Row) -> Row:
    """A person may have several lines, each with another place. Raises BadRow."""
    if replace(row, line=before.line, places=before.places) != before:
        raise BadRow(
            f"{row.username} stands in line {before.line}, too, with other values; only customer_id, role and sites may differ"
        )
    here = {one.customer_id for one in before.places}
    if not row.places or here & {one.customer_id for one in row.places}:
        raise BadRow(f"{row.username} stands in line {before.line}, too, with the same customer")
    return replace(before, places=before.places + row.places)


def _refuse(wrong: Wrong) -> None:
    """Ends the command where something is wrong."""
    if not wrong:
        return
    for line, why in sorted(wrong)[:SHOWN]:
        typer.echo(f"hoistway: line {line}: {why}", err=True)
    more = f" ({len(wrong) - SHOWN} more are not shown)" if len(wrong) > SHOWN else ""
    fail(f"nothing was imported: {'1 line is' if len(wrong) == 1 else f'{len(wrong)} lines are'} wrong{more}")


def _kept(rows: Sequence[Row], find: Find) -> dict[int, str]:
    """The digests of those who are new, in the form that is stored; weak ones cost as much as a sign-in each."""

    async def read(db: Database) -> list[tuple[int, Foreign]]:
        return [
            (row.line, row.digest) for row in rows if row.digest is not None and await find(db, row.username) is None
        ]

    found = with_database(read)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip((line for line, _ in found), pool.map(keep, (digest for _, digest in found)), strict=True))


def _import(
    path: Path, customer: str | None, dry_run: bool, as_json: bool, columns: Sequence[str], find: Find, write: Write
) -> None:
    rows = _read(path, columns, customer)
    if write is write_accounts:
        _refuse([(row.line, "customer_id is missing") for row in rows if len(row.places) != 1])
    digests, counts = _kept(rows, find), Counts(lines=len(rows))

    async def work(tx: Writer) -> None:
        _refuse(await write(tx, rows, digests, clock.now(), counts))
        if dry_run:
            raise _DryRun

    with suppress(_DryRun):
        in_transaction(work)
    show_one({"dry_run": dry_run, **asdict(counts)}, as_json)


File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="CSV with a header line, JSON lines, or Keycloak's export.", exists=True, dir_okay=False
    ),
]
Customer = Annotated[str | None, typer.Option(help="Id of the customer of all lines that name none.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, and change nothing.")]


def add_people_import(app: typer.Typer) -> None:
    @verb(
        app,
        "import",
        "Add people from another system with the digests of their passwords: all lines of a file, or none.",
    )
    def import_people(file: File, customer: Customer = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
        _import(file, customer, dry_run, as_json, PERSON, find_user_by_name, write_people)


def add_account_import(app: typer.Typer) -> None:
    @verb(app, "import", "Add technical accounts with the digests of their passwords: all lines of a file, or none.")
    def import_accounts(
        file: File, customer: Customer = None, dry_run: DryRun = False, as_json: AsJson = False
    ) -> None:
        _import(file, customer, dry_run, as_json, ACCOUNT, find_service_account_by_name, write_accounts)
