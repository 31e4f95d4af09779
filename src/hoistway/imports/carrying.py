"""Writes what a reader of another system's files finds: a batch, its counts and the place in the files in one transaction, so that an import
that was killed goes on behind its last batch (docs/adr/0040-moving-in.md)."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from hoistway.imports.report import Refusal, Report
from hoistway.protocol.ids import CustomerId
from hoistway.store.apis import Api
from hoistway.store.db import Conflict, Database, Reader, Writer
from hoistway.store.filling import Rows, fill_tables
from hoistway.store.imports import Import, move_import

BATCH, SQLITE_BATCH = 2000, 1000
"""On SQLite nobody else writes as long as a batch does."""
TURN: Final = 50
"""Records that are read before the batch that is being written gets its turn."""
MOST_TRIES: Final = 5
IN_THE_WAY: Final = "something that is here stands in its way: look at the console who has its id and its names"
REHEARSED: Final = "rehearsed"
"""The state of a run that writes nothing."""
Note = Callable[..., Awaitable[None]]
Ready = Callable[[list["Item"]], Awaitable[list["Item"]]]


class Item(Struct, frozen=True):
    """A record of the files: `value` is what the reader made of it, `because` why nothing can be made."""

    file: str
    line: int
    id: str | None = None
    value: Any = None
    because: str = ""


class Outcome(Struct):
    """What becomes of a batch. `rows` are by table, in the order in which they may be written; `makes` are
    names of customers that have to be there, by id; `first` is run in the transaction before the rows, `last` behind them; `apis`,
    `clients` and `accounts` (by their ids) are what is made there; `holds` ask whether what was found
    still is so; `counts` are added up."""

    rows: dict[str, list[Sequence[Any]]] = field(default_factory=dict)
    makes: dict[CustomerId, str] = field(default_factory=dict)
    first: list[Callable[[Writer], Awaitable[None]]] = field(default_factory=list)
    last: list[Callable[[Writer], Awaitable[None]]] = field(default_factory=list)
    refused: dict[int, Refusal] = field(default_factory=dict)
    told: list[tuple[int, Refusal]] = field(default_factory=list)
    apis: dict[str, Api] = field(default_factory=dict)
    holds: list[Callable[[Reader], Awaitable[bool]]] = field(default_factory=list)
    clients: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: Sequence[Item]) -> "Outcome":
        """With the items of which nothing could be made."""
        outcome = cls(places={id(item): place for place, item in enumerate(batch)})
        for item in batch:
            if item.because:
                outcome.refuse(item, item.because)
        return outcome

    def refuse(self, item: Item, because: str) -> None:
        self.refused[self.places[id(item)]] = Refusal.of(item.file, item.line, item.id, because)

    def tell(self, item: Item, because: str) -> None:
        """What stays behind of a record that is taken."""
        self.told.append((self.places[id(item)], Refusal.of(item.file, item.line, item.id, because)))
        self.count("told")

    @property
    def refusals(self) -> list[Refusal]:
        """In the order of the files, whatever refused them."""
        return [one for _, one in sorted([*self.refused.items(), *self.told], key=itemgetter(0))]

    def add(self, table: str, row: Sequence[Any]) -> None:
        self.rows.setdefault(table, []).append(row)

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by


class Carried(Protocol):
    """One kind of import. `tables` are those that it writes, in the order in which they may be written."""

    @property
    def kind(self) -> str: ...
    @property
    def tables(self) -> Sequence[str]: ...

    def items(self) -> Iterator[Item]:
        """Every record of the files, wrong ones too, the same and in the same order each time. Raises what stops an import."""
        ...

    def judges_before(self, items: Sequence[Item]) -> bool:
        """Whether these may be judged before the transaction that writes them, because the outcome says how to ask again."""
        ...

    async def judge(self, db: Reader, items: Sequence[Item], run: Import, outcome: Outcome) -> None:
        """Asks the database once what is taken, and fills the outcome. Whatever it makes follows from the items and the run."""
        ...


class Overtaken(Exception):
    """Another process goes on with the same import."""

    def __init__(self) -> None:
        super().__init__("another command goes on with this import: let it end")


def id_of(run: Import, *key: str) -> str:
    """The id of something that the old system gave none: the same whenever this import writes it."""
    return str(uuid.uuid5(uuid.UUID(run.id), "\x00".join(key)))


async def _as_read(batch: list[Item]) -> list[Item]:
    return batch


class Ways(Struct, frozen=True):
    """`note` writes an entry of the audit trail, `told` hears how many records are done, `stops` says that somebody wants an end.
    `ready` does for a batch what takes long, outside of any transaction."""

    note: Note
    told: Callable[[int], None] = lambda _: None
    stops: Callable[[], bool] = lambda: False
    ready: Ready = _as_read


def _in_order(rows: Mapping[str, list[Sequence[Any]]], tables: Sequence[str]) -> Rows:
    return {table: rows[table] for table in tables if table in rows}


def summed(run: Import, outcome: Outcome) -> dict[str, int]:
    """The counts after this batch."""
    counts = {name: run.counts.get(name, 0) + outcome.counts.get(name, 0) for name in {**run.counts, **outcome.counts}}
    counts["left_out"] = run.counts.get("left_out", 0) + len(outcome.refused)
    return dict(sorted(counts.items()))


class _Writing(Struct, frozen=True):
    db: Database
    carried: Carried
    report: Report
    ways: Ways

    async def write(self, run: Import, batch: Sequence[Item]) -> Import:
        """Judged again where another program takes a name meanwhile. What can't be written even so is sought by halves, so that one record
        never ends an import. Raises Overtaken, BadReport, DatabaseUnavailable."""
        length = self.report.length
        for _ in range(MOST_TRIES):
            try:
                return await self._once(run, batch)
            except Conflict:
                self.report.cut(length)
        if len(batch) > 1:
            middle = len(batch) // 2
            return await self.write(await self.write(run, batch[:middle]), batch[middle:])
        return await self._once(run, [replace(item, value=None, because=IN_THE_WAY) for item in batch])

    async def _once(self, run: Import, batch: Sequence[Item]) -> Import:
        """Raises Conflict."""
        outcome = Outcome.of(batch)
        good = [item for item in batch if not item.because]
        before = self.carried.judges_before(good)
        if before:
            # The rows are made while others may write.
            await self.carried.judge(self.db, good, run, outcome)
        async with self.db.write() as tx:
            if not before:
                await self.carried.judge(tx, good, run, outcome)
            elif not all([await holds(tx) for holds in outcome.holds]):
                raise Conflict("another program took a name or an id meanwhile")
            after = await self._fill(tx, run, batch, outcome)
            first, last = batch[0], batch[-1]
            await self.ways.note(
                tx, "import.written", import_id=run.id, kind=run.kind, **outcome.counts, left_out=len(outcome.refused),
                from_file=first.file, from_line=first.line, to_file=last.file, to_line=last.line,
            )  # fmt: skip
        return after

    async def _fill(self, tx: Writer, run: Import, batch: Sequence[Item], outcome: Outcome) -> Import:
        for make in outcome.first:
            await make(tx)
        await fill_tables(tx, _in_order(outcome.rows, self.carried.tables))
        for make in outcome.last:
            await make(tx)
        self.report.add(outcome.refusals)
        counts = summed(run, outcome)
        after = replace(run, place=run.place + len(batch), report_length=self.report.length, counts=counts)
        if not await move_import(tx, run, after):
            raise Overtaken
        return after


async def batches(carried: Carried, place: int, ways: Ways, engine: str) -> AsyncIterator[list[Item]]:
    """Those behind the place. Pauses for the batch before, which a database server writes meanwhile."""
    batch: list[Item] = []
    most = min(BATCH, SQLITE_BATCH) if engine == "sqlite" else BATCH
    for number, item in enumerate(islice(carried.items(), place, None), 1):
        batch.append(item)
        if number % TURN == 0:
            await asyncio.sleep(0)
            if ways.stops():
                return
        if len(batch) == most:
            yield await ways.ready(batch)
            batch = []
    if batch:
        yield await ways.ready(batch)


async def carry(db: Database, carried: Carried, run: Import, report: Report, ways: Ways, now: int) -> Import:
    """From the place of `run` on. The row says "ended" only when everything was read. Raises what `items` raises, Overtaken,
    BadReport, DatabaseUnavailable."""

    async def nothing() -> Import:
        return run

    before = asyncio.ensure_future(nothing())
    writing = _Writing(db, carried, report, ways)
    try:
        async for batch in batches(carried, run.place, ways, db.engine):
            done = await before
            ways.told(done.place)
            before = asyncio.ensure_future(writing.write(done, batch))
            # Its first statement goes out before the next batch is read.
            await asyncio.sleep(0)
        run = await before
    finally:
        before.cancel()
        await asyncio.gather(before, return_exceptions=True)
    ways.told(run.place)
    if ways.stops():
        return run
    ended = replace(run, state="ended", ended_at=now)
    async with db.write() as tx:
        if not await move_import(tx, run, ended):
            raise Overtaken
        await ways.note(tx, "import.ended", import_id=run.id, kind=run.kind, **run.counts)
    return ended
