"""A server in the test's own loop, whose first transaction comes second: something else is committed just before it begins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import httpx2
from msgspec.structs import replace
from sqlalchemy import Column, Table, bindparam, delete, select
from sqlalchemy.sql.expression import Executable

from hoistway.endpoints.browser import session_digest
from hoistway.engine import Engine
from hoistway.outbound.names import Names
from hoistway.protocol.ids import UserId
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import MailServer, Settings
from hoistway.store.columns import insert_all, upsert
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.open import open_database
from hoistway.store.patience import ANSWER_BY
from hoistway.store.schema import METADATA
from hoistway.store.sessions import Session, add_session
from hoistway.web.cookies import new_value
from hoistway.web.sealed import public_session_id
from tests.server import MASTER_KEY, PatientApp

Work = Callable[[Writer], Awaitable[Any]]
BASE = "http://hoistway.test"
TOLD = "hoistway-domain=told"
"""What every name has as its TXT record."""
Row = tuple[Any, ...]
World = dict[str, dict[Row, Row]]


def _key(table: Table) -> list[Column[Any]]:
    return cast("list[Column[Any]]", list(table.primary_key.columns))


_TABLES = {table.name: table for table in METADATA.sorted_tables}


def _rows(table: Table) -> Executable:
    return select(*_key(table), *table.columns)


def _put(table: Table) -> Executable:
    """A row that is nothing but its key is there or not."""
    return upsert(table) if len(_key(table)) < len(table.columns) else insert_all(table)


def _remove(table: Table) -> Executable:
    return delete(table).where(*(column == bindparam(column.name) for column in _key(table)))


_ROWS = {name: Statement(partial(_rows, table), lambda *row: row) for name, table in _TABLES.items()}
_PUT = {name: Statement(partial(_put, table), nothing) for name, table in _TABLES.items()}
_REMOVE = {name: Statement(partial(_remove, table), nothing) for name, table in _TABLES.items()}


async def everything(db: Reader) -> World:
    """Every row of every table, by its key. A request that this task made before left its deadline here."""
    ANSWER_BY.set(None)
    found: World = {}
    for name, table in _TABLES.items():
        most = len(_key(table))
        found[name] = {row[:most]: row[most:] for row in await db.all(_ROWS[name], {})}
    return found


async def restore(tx: Writer, world: World) -> None:
    """All as it was."""
    now = await everything(tx)
    for name, table in _TABLES.items():
        for key, row in world[name].items():
            if now[name].get(key) != row:
                await tx.run(_PUT[name], dict(zip(table.columns.keys(), row, strict=True)))
    for name, table in reversed(_TABLES.items()):
        for key in now[name].keys() - world[name].keys():
            await tx.run(_REMOVE[name], dict(zip((column.name for column in _key(table)), key, strict=True)))


class OvertakenDatabase:
    """The same database, but before its next transaction begins another connection commits `next`; `committed` is what
    stood there then."""

    def __init__(self, db: Database, other: Database) -> None:
        self.db, self.other = db, other
        self.next: Work | None = None
        self.committed: World = {}

    def is_next(self) -> bool:
        return self.next is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Writer]:
        if self.next is not None:
            first, self.next = self.next, None
            async with self.other.write() as tx:
                await first(tx)
            self.committed = await everything(self.other)
        async with self.db.write() as tx:
            yield tx


async def _told(_name: str) -> tuple[str, ...]:
    return (TOLD,)


class Opened(PatientApp):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.settings, engine.now)
        self._engine = engine


@dataclass(frozen=True)
class Room:
    """A signed-in browser at a server; `other` is what somebody else's connection sees and writes."""

    engine: Engine
    db: OvertakenDatabase
    other: Database
    http: httpx2.AsyncClient

    async def write(self, work: Work) -> None:
        async with self.other.write() as tx:
            await work(tx)

    async def sign_in(self, user_id: str) -> bytes:
        """As though that person had; the digest of the session."""
        cookie, now = new_value(), self.engine.now()
        row = Session(
            session_digest(cookie),
            public_session_id(cookie),
            UserId(user_id),
            None,
            now,
            now,
            now + 3600,
            None,
            "pwd otp mfa",
            now,
        )
        await self.write(lambda tx: add_session(tx, row))
        # An answer may have set cookies of the same names, for the domain.
        self.http.cookies.clear()
        self.http.cookies.set("hoistway_session", cookie)
        self.http.cookies.set("hoistway_browser", new_value())
        return row.session_digest


@asynccontextmanager
async def room(database: str, **settings: Any) -> AsyncIterator[Room]:
    # Nobody listens there, and nothing is sent: what letters say is read in the outbox.
    mail = MailServer("127.0.0.1", 9, "offered", "lifts@id.example")
    settings = {"staff_factors": False, "mail": mail, **settings}
    engine = await open_engine(Settings(base_url=BASE, database=database, master_key=MASTER_KEY, **settings))
    other = await open_database(database)
    db = OvertakenDatabase(engine.db, other)
    overtaken = replace(engine, db=cast("Database", db), names=Names(_told))
    transport = httpx2.ASGITransport(app=cast("Any", Opened(overtaken)))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers={"origin": BASE}) as http:
            yield Room(overtaken, db, other, http)
    finally:
        await other.close()
        await close_engine(engine)


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(cast("Any", work()))


def differences(before: World, after: World) -> dict[str, list[Row]]:
    """By table, the keys of the rows that came, went or changed."""
    changed = {
        name: [key for key in {**rows, **after[name]} if rows.get(key) != after[name].get(key)]
        for name, rows in before.items()
    }
    return {name: keys for name, keys in changed.items() if keys}
