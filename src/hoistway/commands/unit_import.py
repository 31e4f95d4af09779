"""Imports units from a file of any length: batches in a transaction each, in bounded memory, bad rows left out and reported."""

import asyncio
import json
from bisect import insort
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from rich.progress import Progress

from hoistway import clock
from hoistway.commands.context import note
from hoistway.commands.unit_rows import BadRow, Row, read_row, read_rows
from hoistway.protocol.ids import CustomerId
from hoistway.store.cached import Cached
from hoistway.store.customers import find_customer
from hoistway.store.db import Conflict, Database, Writer
from hoistway.store.sites import add_sites, put_sites
from hoistway.store.unit_access import follow_units, put_access
from hoistway.store.units import put_units

BATCH, TURN = 2000, 100
SHOWN = 20
NO_CUSTOMER = "the customer does not exist"


@dataclass(slots=True)
class Counts:
    """`first` holds the refusals of the first lines; `report`, if there is one, gets a JSON object for each."""

    report: TextIO | None = None
    done: int = 0
    refused: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, why: str) -> None:
        self.refused += 1
        insort(self.first, (line, why))
        del self.first[SHOWN:]
        if self.report is not None:
            self.report.write(json.dumps({"line": line, "because": why}) + "\n")


async def write_rows(tx: Writer, rows: Sequence[Row]) -> None:
    """Raises Conflict where a customer does not exist."""
    described = {row.site.id: row.site for row in rows if row.describes_site}
    await put_sites(tx, list(described.values()))
    await add_sites(tx, list({row.site.id: row.site for row in rows if row.site.id not in described}.values()))
    units = [row.unit for row in rows]
    await put_units(tx, units)
    await put_access(tx, [row.access for row in rows])
    await follow_units(tx, units)


async def write_batch(db: Database, rows: Sequence[Row]) -> list[tuple[int, str]]:
    """One transaction; where a row spoils it, one for each half. Returns (line, why) of those refused."""
    try:
        async with db.write() as tx:
            await write_rows(tx, rows)
    except Conflict:
        if len(rows) == 1:
            return [(rows[0].line, NO_CUSTOMER)]
        middle = len(rows) // 2
        return await write_batch(db, rows[:middle]) + await write_batch(db, rows[middle:])
    return []


async def _take(db: Database, rows: Sequence[Row], known: Cached[CustomerId, bool], counts: Counts) -> None:
    """A file may name an unknown customer in every row: asking for it is cheaper than a transaction that fails."""
    exists = {}
    for customer_id in {row.access.customer_id for row in rows}:

        async def read(customer_id: CustomerId = customer_id) -> bool:
            return await find_customer(db, customer_id) is not None

        exists[customer_id] = await known.get(customer_id, clock.now(), read)
    good = [row for row in rows if exists[row.access.customer_id]]
    refused = [(row.line, NO_CUSTOMER) for row in rows if not exists[row.access.customer_id]]
    refused += await write_batch(db, good) if good else []
    for line, why in refused:
        counts.refuse(line, why)
    counts.done += len(rows) - len(refused)


async def _batches(path: Path, customer: str | None, counts: Counts) -> AsyncIterator[list[Row]]:
    """Gives way to the batch before, which a database server writes meanwhile."""
    now = clock.now()
    batch: list[Row] = []
    for line, values in read_rows(path):
        try:
            if isinstance(values, BadRow):
                raise values
            batch.append(read_row(line, values, customer, now))
        except BadRow as error:
            counts.refuse(line, str(error))
        if line % TURN == 0:
            await asyncio.sleep(0)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def import_units(db: Database, path: Path, customer: str | None, progress: Progress, counts: Counts) -> None:
    """Adds up in `counts`; memory does not grow with the file."""
    with path.open("rb") as file:
        bar = progress.add_task("units", total=sum(1 for _ in file))
    known = Cached[CustomerId, bool](60)

    async def take(rows: list[Row]) -> None:
        await _take(db, rows, known, counts)
        progress.advance(bar, len(rows))

    before = asyncio.create_task(asyncio.sleep(0))
    try:
        async for rows in _batches(path, customer, counts):
            await before
            before = asyncio.create_task(take(rows))
        await before
    finally:
        before.cancel()
        await asyncio.gather(before, return_exceptions=True)
    async with db.write() as tx:
        await note(tx, "units.imported", done=counts.done, refused=counts.refused)
