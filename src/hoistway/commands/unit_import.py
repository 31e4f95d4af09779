"""Imports units from a file of any length: batches in a transaction each, in bounded memory; bad rows are left out and reported."""

import asyncio
import signal
from bisect import insort
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from msgspec import Struct, field
from rich.progress import Progress

from hoistway import clock
from hoistway.commands.context import note
from hoistway.commands.reports import Report
from hoistway.commands.unit_files import FileChanged, UnitFile
from hoistway.commands.unit_lines import UnitLines
from hoistway.commands.unit_reading import read_rows
from hoistway.protocol.ids import CustomerId
from hoistway.store.cached import Cached
from hoistway.store.customers import find_customer
from hoistway.store.db import Conflict, Database, Writer
from hoistway.store.sites import Site, add_sites, put_sites
from hoistway.store.unit_access import put_access
from hoistway.store.units import put_units
from hoistway.things.unit_rows import OF_SITE, BadRow, Row, read_row

BATCH, TURN = 2000, 100
STOP = (signal.SIGINT, signal.SIGTERM)
SHOWN = 20
Values = Sequence[Any]
NO_CUSTOMER = "the customer does not exist"


class _Job(Struct, frozen=True):
    """`customer` is the owner for rows that name none."""

    customer: str | None
    now: int
    seen: UnitLines = field(default_factory=UnitLines)


class Counts(Struct):
    """`first` contains the refusals of the first lines; `report`, if there is one, gets all of them. From the line
    `not_compared_from` on, rows were not compared with earlier ones. `unfinished` says why the file was not read to its
    end."""

    report: Report | None = None
    done: int = 0
    refused: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)
    not_compared_from: int | None = None
    unfinished: str = ""

    def refuse(self, line: int, why: str) -> None:
        self.refused += 1
        insort(self.first, (line, why))
        del self.first[SHOWN:]
        if self.report is not None:
            self.report.add(line, why)


@lru_cache(maxsize=256)
def _site_columns(columns: frozenset[str], named: bool) -> frozenset[str]:
    """What a row with these columns says about its site, in the form that is stored; a blank name counts as none."""
    return frozenset(stored for name, stored in OF_SITE.items() if name in columns and (named or stored != "name"))


async def _write_sites(tx: Writer, rows: Sequence[Row]) -> None:
    described: dict[frozenset[str], dict[str, Site]] = {}
    for row in rows:
        if row.describes_site:
            columns = _site_columns(row.columns, row.site.name != row.site.id)
            described.setdefault(columns, {})[row.site.id] = row.site
    for columns, sites in described.items():
        await put_sites(tx, list(sites.values()), columns)
    known = set().union(*described.values())
    await add_sites(tx, list({row.site.id: row.site for row in rows if row.site.id not in known}.values()))


async def write_rows(tx: Writer, rows: Sequence[Row]) -> None:
    """Of known units, only the columns that a row has are changed. Raises Conflict where a customer does not exist."""
    await _write_sites(tx, rows)
    alike: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        alike.setdefault(row.columns, []).append(row)
    for columns, some in alike.items():
        await put_units(tx, [row.unit for row in some], columns)
        await put_access(tx, [row.access for row in some], columns)


async def write_batch(db: Database, rows: Sequence[Row]) -> list[tuple[int, str]]:
    """One transaction; where a row spoils it, one for each half. Returns (line, why) for refused rows."""
    try:
        async with db.write() as tx:
            await write_rows(tx, rows)
            # Recorded in each batch, because an import may be killed between two of them, and nothing may be imported
            # without an entry.
            await note(tx, "units.imported", rows=len(rows), from_line=rows[0].line, to_line=rows[-1].line)
    except Conflict:
        if len(rows) == 1:
            return [(rows[0].line, NO_CUSTOMER)]
        middle = len(rows) // 2
        return await write_batch(db, rows[:middle]) + await write_batch(db, rows[middle:])
    return []


async def _take(db: Database, rows: Sequence[Row], known: Cached[CustomerId, bool], counts: Counts) -> None:
    """Unknown customers are looked up first: a file could name one in every row, and a lookup is cheaper than a failed
    transaction."""
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


def _read(line: int, values: Values, columns: frozenset[str], job: _Job) -> Row:
    """Raises BadRow."""
    row = read_row(line, values, job.customer, job.now, columns)
    job.seen.check(row)
    return row


async def _batches(file: UnitFile, job: _Job, counts: Counts) -> AsyncIterator[list[Row]]:
    """Pauses for the batch before, which a database server writes meanwhile."""
    batch: list[Row] = []
    for line, values, columns in read_rows(file):
        try:
            if isinstance(values, BadRow):
                raise values
            batch.append(_read(line, values, columns, job))
        except BadRow as error:
            counts.refuse(line, str(error))
        if line % TURN == 0:
            await asyncio.sleep(0)
            if counts.unfinished:
                return
            if job.seen.is_full:
                counts.not_compared_from = counts.not_compared_from or line
        if len(batch) == BATCH:
            file.check_unchanged()
            yield batch
            batch = []
    file.check_unchanged()
    if batch:
        yield batch


@contextmanager
def _until_told(counts: Counts) -> Iterator[None]:
    """SIGINT and SIGTERM end the import after the batch that is being written; a second one ends it at once, as usual."""
    loop = asyncio.get_running_loop()

    def leave() -> None:
        for number in STOP:
            loop.remove_signal_handler(number)

    def stop() -> None:
        counts.unfinished = "the import was stopped"
        leave()

    for number in STOP:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        leave()


async def import_units(db: Database, file: UnitFile, customer: str | None, progress: Progress, counts: Counts) -> None:
    """Adds up the outcome in `counts`. Memory grows by what commands/unit_lines keeps of each row, up to a bound."""
    bar = progress.add_task("units", total=file.lines)
    known = Cached[CustomerId, bool](60)

    async def take(rows: list[Row]) -> None:
        await _take(db, rows, known, counts)
        progress.advance(bar, len(rows))

    before = asyncio.create_task(asyncio.sleep(0))
    with _until_told(counts):
        try:
            async for rows in _batches(file, _Job(customer, clock.now()), counts):
                await before
                before = asyncio.create_task(take(rows))
            await before
        except FileChanged as error:
            counts.unfinished = str(error)
            await before
        finally:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
    async with db.write() as tx:
        ended = {"unfinished": counts.unfinished} if counts.unfinished else {}
        await note(tx, "units.imported", done=counts.done, refused=counts.refused, **ended)
