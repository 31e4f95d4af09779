"""hoistway unit."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hoistway import clock
from hoistway.commands.context import REFUSED, USAGE, AsJson, fail, in_transaction, note, show_one, warn, with_database
from hoistway.commands.nouns import Id, add_listing, add_switching, noun, verb, visible
from hoistway.commands.reports import BadReport, Report, check_report
from hoistway.commands.unit_files import BadFile, UnitFile, look_at
from hoistway.commands.unit_import import Counts, import_units
from hoistway.protocol.ids import CustomerId, UnitId
from hoistway.store.db import Database, Writer
from hoistway.store.related import related
from hoistway.store.seen import Reach
from hoistway.store.sites import find_site
from hoistway.store.unit_access import UnitAccess, find_seen_unit, put_access, remove_access
from hoistway.store.units import find_unit, list_units, put_units, set_unit_disabled
from hoistway.things.unit_rows import KINDS, ROLES, BadRow, read_row, values_of

UNIT = noun("Units: lifts and escalators.")
COLUMNS = ("id", "site_id", "equipment_type", "controller_type", "capacity_kg", "disabled_at")
add_listing(UNIT, "unit", COLUMNS, list_units)
add_switching(UNIT, "unit", set_unit_disabled, "no customer sees it any more")
Customer = Annotated[str, typer.Option(help="Id of a customer that sees it; `unit grant` names further ones.")]
Role = Annotated[str, typer.Option(help=f"Of the customer: {' or '.join(ROLES)}.")]
OwnNumber = Annotated[str | None, typer.Option(help="The customer's own number for it.")]


@verb(UNIT, "add", "Add a unit, or change what is given of a known one, and let a customer see it.")
def add(
    unit_id: Id,
    site: Annotated[str, typer.Option(help="Id of the site it stands in.")],
    customer: Customer,
    role: Annotated[
        str | None, typer.Option(help=f"Of the customer: {' or '.join(ROLES)}; a new one is {ROLES[0]} without it.")
    ] = None,
    equipment_number: OwnNumber = None,
    equipment_type: Annotated[
        str | None, typer.Option("--type", help=f"{' or '.join(KINDS)}; a new one is an {KINDS[0]} without it.")
    ] = None,
    controller_number: Annotated[str | None, typer.Option(help="Number of the controller.")] = None,
    controller_type: Annotated[str | None, typer.Option(help="Such as TAC32.")] = None,
    controller_description: Annotated[str | None, typer.Option(help="What the controller does.")] = None,
    car_type: Annotated[str | None, typer.Option(help="Such as single, double or twin.")] = None,
    capacity_kg: Annotated[str | None, typer.Option(metavar="NUMBER", help="Contract load in kilograms.")] = None,
    contract_speed_mps: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Contract speed in metres a second.")
    ] = None,
    serial_number: Annotated[str | None, typer.Option(help="Of the manufacturer.")] = None,
    floors: Annotated[
        str | None, typer.Option(help='JSON: [{"id": "1", "marking": "L", "level": MILLIMETRES}, …].')
    ] = None,
    as_json: AsJson = False,
) -> None:
    given = {
        "unit_id": unit_id, "site_id": site, "customer_id": customer, "role": role, "floors": floors,
        "customer_equipment_number": equipment_number, "equipment_type": equipment_type, "car_type": car_type,
        "controller_number": controller_number, "controller_type": controller_type, "serial_number": serial_number,
        "controller_description": controller_description, "capacity_kg": capacity_kg,
        "contract_speed_mps": contract_speed_mps,
    }  # fmt: skip
    try:
        columns = frozenset(name for name, value in given.items() if value is not None)
        row = read_row(1, values_of(given), None, clock.now(), columns)
    except BadRow as error:
        fail(str(error), USAGE)

    async def work(tx: Writer) -> dict[str, Any]:
        if await find_site(tx, row.unit.site_id) is None:
            fail(f"there is no site {site}: add it with `hoistway site add`")
        await put_units(tx, [row.unit], columns)
        await put_access(tx, [row.access], columns)
        seen = await find_seen_unit(tx, Reach(row.access.customer_id), row.unit.id)
        stands = {"role": row.access.role, "customer_equipment_number": equipment_number}
        if seen is not None:
            stands = {"role": seen.role, "customer_equipment_number": seen.customer_equipment_number}
        await note(tx, "unit.changed", id=unit_id, customer=customer, role=stands["role"])
        return visible(await find_unit(tx, row.unit.id)) | {"customer_id": customer} | stands

    show_one(in_transaction(work), as_json)


@verb(
    UNIT, "import", "Import FILE.csv (with a header line) or FILE.jsonl; bad rows are reported and lose nothing else."
)
def import_file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="UTF-8.", exists=True, dir_okay=False)],
    customer: Annotated[str | None, typer.Option(help="Id of the customer of rows without customer_id.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="A column of the file to leave out; repeat it.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write every refusal to this new file, a JSON object a line.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    if path.suffix.lower() not in {".csv", ".jsonl"}:
        fail("the file's name must end in .csv or .jsonl", USAGE)
    if not path.is_file():
        fail(f"{path} is no regular file, and it is read twice: write what it gives into a file first", USAGE)
    try:
        if report is not None:
            check_report(report)
        file = look_at(path, customer, {name.lower() for name in ignore or ()})
        _import(file, customer, report, as_json)
    except BadReport as error:
        fail(str(error), USAGE)
    except BadFile as error:
        fail(f"nothing was imported: {error}")


def _import(file: UnitFile, customer: str | None, report: Path | None, as_json: bool) -> None:
    """Raises BadReport."""
    if file.left_alone and file.columns:
        typer.echo(f"hoistway: not in the file, so left as they are: {', '.join(file.left_alone)}", err=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ExitStack() as stack:
        counts = Counts(None if report is None else stack.enter_context(Report(report)))
        progress = stack.enter_context(Progress(*columns, disable=as_json, transient=True))
        try:
            with_database(lambda db: import_units(db, file, customer, progress, counts))
        except (typer.Exit, KeyboardInterrupt):
            if counts.done:
                typer.echo(f"hoistway: {counts.done} rows are in; run it again", err=True)
            raise
        if counts.report is not None:
            counts.report.is_whole = not counts.unfinished
    refusals = [{"line": line, "because": why} for line, why in counts.first]
    show_one({"imported": counts.done, "refused": counts.refused, "refusals": refusals}, as_json)
    if counts.not_compared_from is not None:
        warn(
            [
                f"rows from line {counts.not_compared_from} on were not compared with those before them: look for repeated ids"
            ]
        )
    if counts.unfinished:
        fail(f"{counts.unfinished}: {counts.done} rows are in; run it again")
    if counts.report is not None and counts.report.failed:
        fail(f"the report is not complete: {counts.report.failed}; {counts.done} rows are in")
    if not counts.done and not counts.refused:
        fail("the file holds no rows")
    if counts.refused:
        raise typer.Exit(REFUSED)


@verb(UNIT, "grant", "Let a customer see a unit, as owner or manager.")
def grant(
    unit_id: Id, customer: Customer, role: Role = "owner", number: OwnNumber = None, as_json: AsJson = False
) -> None:
    if role not in ROLES:
        fail(f"--role must be {' or '.join(ROLES)}", USAGE)

    async def work(tx: Writer) -> None:
        unit = await find_unit(tx, UnitId(unit_id))
        if unit is None:
            fail(f"there is no unit {unit_id}")
        access = UnitAccess(CustomerId(customer), unit.id, role, unit.site_id, unit.equipment_type, number)
        columns = frozenset({"role"} if number is None else {"role", "customer_equipment_number"})
        await put_access(tx, [access], columns)
        await note(tx, "unit.granted", unit=unit_id, customer=customer, role=role)

    in_transaction(work)
    show_one({"unit_id": unit_id, "customer_id": customer, "role": role}, as_json)


@verb(UNIT, "revoke", "Take a unit from a customer, who sees it no more.")
def revoke(unit_id: Id, customer: Customer, as_json: AsJson = False) -> None:
    async def work(tx: Writer) -> None:
        if not await remove_access(tx, CustomerId(customer), UnitId(unit_id), clock.now()):
            fail(f"the customer {customer} does not see a unit {unit_id}: `hoistway unit show` names those who do")
        await note(tx, "unit.revoked", unit=unit_id, customer=customer)

    in_transaction(work)
    show_one({"unit_id": unit_id, "customer_id": customer, "role": None}, as_json)


@verb(UNIT, "show", "Show one unit, and which customers see it.")
def show_unit(unit_id: Id, as_json: AsJson = False) -> None:
    async def read(db: Database) -> dict[str, Any] | None:
        unit = await find_unit(db, UnitId(unit_id))
        if unit is None:
            return None
        seen_by = [{"customer_id": row.id, "role": row.note} for row in await related(db, "customers_of_unit", unit_id)]
        return visible(unit) | {"seen_by": seen_by}

    found = with_database(read)
    if found is None:
        fail(f"there is no unit {unit_id}")
    show_one(found, as_json)
