"""Writes many rows at once, and asks for many of a name or id in one query: for imports (docs/adr/0040-moving-in.md)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.sql.expression import Executable

from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer
from hoistway.store.former_identities import FORMER_IDENTITIES
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sign_in_names import SIGN_IN_NAMES
from hoistway.store.sites import SITES
from hoistway.store.users import USERS

Rows = Mapping[str, Sequence[Sequence[Any]]]
"""By table, in the order in which they may be written; values in the order of its columns."""
_COLUMNS: dict[str, tuple[str, ...]] = {}


async def fill_tables(tx: Writer, rows: Rows) -> int:
    """Returns how many rows were written. Raises Conflict."""
    for table, some in rows.items():
        if some:
            await tx.fill(table, columns_of(table), some)
    return sum(map(len, rows.values()))


def columns_of(table: str) -> tuple[str, ...]:
    if table not in _COLUMNS:
        _COLUMNS[table] = tuple(one.name for one in CUSTOMERS.metadata.tables[table].columns)
    return _COLUMNS[table]


class Taken(Struct, frozen=True):
    """`what` is a kind of account, or "client", and "id", "name" or "further" (name); or "former". `key` is what was asked for,
    `owner` whose it is; `owner_key` is the owner's user name as it is compared, of a former identity the issuer."""

    what: str
    key: str
    owner: str
    owner_key: str


def within(value: ColumnElement[str], name: str, *, sqlite: bool) -> ColumnElement[bool]:
    """Among the values of a list, which is JSON on SQLite."""
    if sqlite:
        listed = func.json_each(bindparam(name, type_=Text())).table_valued("value")
        return value.in_(select(listed.c.value))
    # Joined: `= ANY` compares each row with each value where the planner knows nothing of a table that is being filled.
    return value.in_(select(func.unnest(bindparam(name, type_=ARRAY(Text()))).column_valued(name)))


def _found(
    what: str, key: ColumnElement[str], owner: ColumnElement[str], of: ColumnElement[str]
) -> Select[str, str, str, str]:
    return select(
        literal_column(f"'{what}'").label("what"), key.label("key"), owner.label("owner"), of.label("owner_key")
    )


def _taken(*, sqlite: bool) -> Executable:
    u, s, n, f = USERS.c, SERVICE_ACCOUNTS.c, SIGN_IN_NAMES.c, FORMER_IDENTITIES.c
    asked = [
        _found("user id", u.id, u.id, u.username_key).where(within(u.id, "ids", sqlite=sqlite)),
        _found("user name", u.username_key, u.id, u.username_key).where(within(u.username_key, "keys", sqlite=sqlite)),
        _found("service_account id", s.id, s.id, s.username_key).where(within(s.id, "ids", sqlite=sqlite)),
        _found("service_account name", s.username_key, s.id, s.username_key).where(
            within(s.username_key, "keys", sqlite=sqlite)
        ),
        select(
            (n.kind + literal_column("' further'")).label("what"),
            n.name_key.label("key"),
            n.owner_id.label("owner"),
            n.name_key.label("owner_key"),
        ).where(within(n.name_key, "keys", sqlite=sqlite)),
        _found("client id", CLIENTS.c.id, CLIENTS.c.id, CLIENTS.c.id).where(within(CLIENTS.c.id, "ids", sqlite=sqlite)),
        _found("former", f.subject, f.user_id, f.issuer).where(within(f.subject, "subjects", sqlite=sqlite)),
    ]
    return union_all(*asked)


_TAKEN: Final = Statement(lambda: _taken(sqlite=False), Taken, on_sqlite=lambda: _taken(sqlite=True))


def _ids_of(table: Table) -> Statement[str]:
    def make(*, sqlite: bool) -> Executable:
        return select(table.c.id).where(within(table.c.id, "ids", sqlite=sqlite))

    return Statement(lambda: make(sqlite=False), str, on_sqlite=lambda: make(sqlite=True))


_THERE: Final = {"customers": _ids_of(CUSTOMERS), "sites": _ids_of(SITES)}


def list_for(db: Reader, values: Iterable[str]) -> Any:
    listed = sorted(values)
    return json.dumps(listed) if db.engine == "sqlite" else listed


async def find_taken(db: Reader, ids: Iterable[str], keys: Iterable[str], subjects: Iterable[str] = ()) -> list[Taken]:
    """Who has these ids, these names as they are compared, or these subjects of former identities."""
    asked = {"ids": list_for(db, ids), "keys": list_for(db, keys), "subjects": list_for(db, subjects)}
    return await db.all(_TAKEN, asked)


async def find_there(db: Reader, table: str, ids: Iterable[str]) -> frozenset[str]:
    """Which of these customers or sites exist."""
    return frozenset(await db.all(_THERE[table], {"ids": list_for(db, ids)}))
