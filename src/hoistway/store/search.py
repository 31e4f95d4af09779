"""Finding for operators: rows of any kind by a part of their name, or by the beginning of their id."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, func, literal_column, or_, select

from hoistway.protocol.text import cleaned
from hoistway.store.apis import APIS
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Database, Statement
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sites import SITES
from hoistway.store.units import UNITS
from hoistway.store.users import USERS


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a list: `note` is a second fact, such as a city or a type."""

    id: str
    title: str
    note: str
    disabled_at: int | None


def _disabled(table: Table) -> ColumnElement[int | None]:
    found: ColumnElement[int | None] = table.c.disabled_at if "disabled_at" in table.c else literal_column("NULL")
    return found


def _line(table: Table, title: str, note: str) -> tuple[ColumnElement[Any], ...]:
    return (
        table.c.id,
        table.c[title].label("title"),
        table.c[note].label("note"),
        _disabled(table).label("disabled_at"),
    )


def _search(table: Table, title: str, note: str, *contains: str) -> Statement[Found]:
    matches = [func.lower(table.c[name]).like(bindparam("part"), escape="\\") for name in ("id", *contains)]
    clause = (
        select(*_line(table, title, note))
        .where(table.c.id > bindparam("after"), or_(*matches))
        .order_by(table.c.id)
        .limit(bindparam("most"))
    )
    return Statement(clause, Found)


def _search_ids(table: Table, title: str, note: str) -> Statement[Found]:
    """For a table of a million rows: the beginning of an id is a range of the primary key."""
    clause = (
        select(*_line(table, title, note))
        .where(table.c.id >= bindparam("low"), table.c.id < bindparam("high"), table.c.id != bindparam("after"))
        .order_by(table.c.id)
        .limit(bindparam("most"))
    )
    return Statement(clause, Found)


_BY_PART = {
    "customers": _search(CUSTOMERS, "name", "id", "name"),
    "sites": _search(SITES, "name", "city", "name", "city", "street"),
    "users": _search(USERS, "name", "username", "name", "username"),
    "accounts": _search(SERVICE_ACCOUNTS, "username", "name", "username", "name"),
    "applications": _search(CLIENTS, "name", "type", "name"),
    "apis": _search(APIS, "name", "audience", "name", "audience"),
}
_UNITS = _search_ids(UNITS, "id", "equipment_type")
_LAST = "\U0010ffff"


async def search(db: Database, kind: str, text: str, *, after: str = "", most: int = 50) -> list[Found]:
    """`kind` is a key of the console's registry of things; units are found by the beginning of their id, in any case as
    typed or in capitals. At most `most` behind the id `after`."""
    if kind == "units":
        typed = cleaned(text)
        found: dict[str, Found] = {}
        # One range with one beginning: else the engines walk the index from its own beginning.
        for low in {typed, typed.upper()}:
            ends = {"low": max(low, after), "high": low + _LAST}
            rows = await db.all(_UNITS, {"after": after, "most": most, **ends})
            found |= {row.id: row for row in rows}
        return [found[unit_id] for unit_id in sorted(found)[:most]]
    part = cleaned(text).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return await db.slow(_BY_PART[kind], {"after": after, "part": f"%{part}%", "most": most})
