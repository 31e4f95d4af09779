"""hoistway unit: reading, and importing files of any length in bounded memory."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hoistway import clock
from hoistway.commands.context import AsJson, fail, note, show_one, with_database
from hoistway.commands.things import add_reading
from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.db import Conflict, Database, Writer
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, find_unit, list_units, put_units

UNIT = typer.Typer(help="Units: lifts and escalators.", no_args_is_help=True)
add_reading(UNIT, "unit", ("id", "site_id", "equipment_type", "controller_type", "capacity_kg"), find_unit, list_units)
BATCH = 1000
SHOWN = 20
Row = tuple[int, Site, Unit, UnitAccess]


class BadRow(Exception):
    """One row can't be read; the text says why."""


def _text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value in (None, ""):
        return None
    text = str(value)
    # Neither engine stores both: NUL is PostgreSQL's end of text, half a surrogate pair is no character.
    if "\x00" in text or "\ufffd" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)):
        raise BadRow(f"{name} holds a NUL byte or what is no UTF-8")
    return text


def _need(row: dict[str, Any], name: str) -> str:
    value = _text(row, name)
    if value is None:
        raise BadRow(f"{name} is missing")
    return value


def _number(row: dict[str, Any], name: str) -> float | None:
    value = _text(row, name)
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError as error:
        raise BadRow(f"{name} is not a number: {value[:40]}") from error
    if not math.isfinite(number) or not 0 <= number < 1_000_000:
        raise BadRow(f"{name} is out of range: {value[:40]}")
    return number


def _floors(row: dict[str, Any]) -> str:
    value = row.get("floors") or "[]"
    try:
        floors = json.loads(value) if isinstance(value, str) else value
        text = json.dumps(floors, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise BadRow("floors is not JSON") from error
    if not isinstance(floors, list):
        raise BadRow("floors must be a list")
    return text


def read_row(line: int, row: dict[str, Any], customer: str | None, now: int) -> Row:
    """Raises BadRow."""
    site_id, unit_id = SiteId(_need(row, "site_id")), UnitId(_need(row, "unit_id"))
    kind, role = _text(row, "equipment_type") or "elevator", _text(row, "role") or "owner"
    if kind not in {"elevator", "escalator"}:
        raise BadRow("equipment_type must be elevator or escalator")
    if role not in {"owner", "manager"}:
        raise BadRow("role must be owner or manager")
    owner = CustomerId(_text(row, "customer_id") or customer or "")
    if not owner:
        raise BadRow("customer_id is missing, and --customer was not given")
    words = [_text(row, name) or "" for name in ("street", "postal_code", "city", "country")]
    site = Site(site_id, _text(row, "site_name") or site_id, words[0], words[1], words[2], words[3], now)
    capacity = _number(row, "capacity_kg")
    unit = Unit(
        unit_id, site_id, kind, _text(row, "controller_number"), _text(row, "controller_type"),
        _text(row, "controller_description"), _text(row, "car_type"), None if capacity is None else int(capacity),
        _number(row, "contract_speed_mps"), _text(row, "serial_number"), _floors(row), now,
    )  # fmt: skip
    return line, site, unit, UnitAccess(owner, unit_id, role, site_id, kind, _text(row, "customer_equipment_number"))


def _read_csv(file: TextIO) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    reader = csv.DictReader(file)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, BadRow(str(error))
        else:
            yield reader.line_num, BadRow("too many columns") if None in row else dict(row)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """(line, row) of a CSV file with a header line, or of a file with a JSON object a line."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        if path.suffix.lower() == ".csv":
            yield from _read_csv(file)
            return
        for line, text in enumerate(file, 1):
            if text.strip():
                try:
                    decoded = json.loads(text)
                except (ValueError, RecursionError):
                    decoded = None
                yield line, decoded if isinstance(decoded, dict) else BadRow("not a JSON object")


async def _write(tx: Writer, rows: list[Row]) -> None:
    sites = {site.id: site for _, site, _, _ in rows}
    await put_sites(tx, list(sites.values()))
    await put_units(tx, [unit for _, _, unit, _ in rows])
    await put_access(tx, [access for _, _, _, access in rows])


async def write_batch(db: Database, rows: list[Row]) -> list[tuple[int, str]]:
    """One transaction; where a row spoils it, one for each half. Returns (line, why) of those refused."""
    try:
        async with db.write() as tx:
            await _write(tx, rows)
    except Conflict:
        if len(rows) == 1:
            return [(rows[0][0], "the customer does not exist")]
        middle = len(rows) // 2
        return await write_batch(db, rows[:middle]) + await write_batch(db, rows[middle:])
    return []


async def import_units(db: Database, path: Path, customer: str | None, progress: Progress) -> dict[str, Any]:
    """Counts, and the first refusals; memory does not grow with the file."""
    with path.open("rb") as file:
        task = progress.add_task("units", total=sum(1 for _ in file))
    now, done, bad = clock.now(), 0, 0
    first: list[dict[str, Any]] = []
    batch: list[Row] = []

    def refuse(line: int, why: str) -> None:
        nonlocal bad
        bad += 1
        if len(first) < SHOWN:
            first.append({"line": line, "because": why})

    async def flush() -> None:
        nonlocal done
        refused = await write_batch(db, batch)
        for line, why in refused:
            refuse(line, why)
        done += len(batch) - len(refused)
        progress.advance(task, len(batch))
        batch.clear()

    for line, row in read_rows(path):
        try:
            if isinstance(row, BadRow):
                raise row
            batch.append(read_row(line, row, customer, now))
        except BadRow as error:
            refuse(line, str(error))
        if len(batch) >= BATCH:
            await flush()
    if batch:
        await flush()
    async with db.write() as tx:
        await note(tx, "units.imported", done=done, refused=bad)
    return {"imported": done, "refused": bad, "refusals": first}


@UNIT.command(
    "import", help="Import FILE.csv (with a header line) or FILE.jsonl; bad rows are reported and lose nothing else."
)
def import_file(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    customer: Annotated[str | None, typer.Option(help="For rows without customer_id.")] = None,
    as_json: AsJson = False,
) -> None:
    if path.suffix.lower() not in {".csv", ".jsonl"}:
        fail("the file's name must end in .csv or .jsonl", 2)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=as_json, transient=True) as progress:
        result = with_database(lambda db: import_units(db, path, customer, progress))
    show_one(result, as_json)
    if result["refused"]:
        raise typer.Exit(1)


@UNIT.command("grant", help="Let a customer see a unit, as owner or manager.")
def grant(
    unit_id: str,
    customer: Annotated[str, typer.Option()],
    role: str = "owner",
    number: str | None = None,
    as_json: AsJson = False,
) -> None:
    async def work(db: Database) -> bool:
        unit = await find_unit(db, UnitId(unit_id))
        if unit is None:
            return False
        async with db.write() as tx:
            row = UnitAccess(CustomerId(customer), unit.id, role, unit.site_id, unit.equipment_type, number)
            await put_access(tx, [row])
            await note(tx, "unit.granted", unit=unit_id, customer=customer, role=role)
        return True

    if role not in {"owner", "manager"}:
        fail("--role must be owner or manager", 2)
    if not with_database(work):
        fail(f"there is no unit {unit_id}")
    show_one({"unit_id": unit_id, "customer_id": customer, "role": role}, as_json)
