"""The names of people, technical accounts, customers and applications by their ids, for the lines of a page."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import BindParameter, Table, bindparam, or_, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.users import USERS

SLOTS: Final = 50


def _ids() -> list[BindParameter[str]]:
    return [bindparam(f"id_{slot}") for slot in range(SLOTS)]


def _names(table: Table, name: str) -> Statement[tuple[str, str]]:
    return Statement(
        lambda: select(table.c.id, table.c[name]).where(table.c.id.in_(_ids())), lambda row_id, title: (row_id, title)
    )


_NAMES: Final = {
    "users": _names(USERS, "name"),
    "accounts": _names(SERVICE_ACCOUNTS, "username"),
    "customers": _names(CUSTOMERS, "name"),
    "applications": _names(CLIENTS, "name"),
}


def _equal(table: Table, name: str) -> Statement[tuple[str, str]]:
    return Statement(
        lambda: (
            select(table.c.id, table.c[name])
            .where(table.c[name] == bindparam("name"))
            .order_by(table.c.id)
            .limit(bindparam("most"))
        ),
        lambda row_id, title: (row_id, title),
    )


_EQUAL: Final = {"customers": _equal(CUSTOMERS, "name"), "accounts": _equal(SERVICE_ACCOUNTS, "username")}
_FIRST: Final = {
    "customers": Statement(
        lambda: (
            select(CUSTOMERS.c.id, CUSTOMERS.c.name).order_by(CUSTOMERS.c.name, CUSTOMERS.c.id).limit(bindparam("most"))
        ),
        lambda row_id, title: (row_id, title),
    )
}
_KNOWN: Final = Statement(
    lambda: select(CLIENTS.c.id, CLIENTS.c.name).where(
        CLIENTS.c.id.in_(_ids()),
        or_(CLIENTS.c.customer_id == bindparam("customer_id"), CLIENTS.c.customer_id.is_(None)),
    ),
    lambda row_id, title: (row_id, title),
)


async def known_applications(db: Reader, customer_id: CustomerId, ids: Iterable[str | None]) -> dict[str, str]:
    """Like `names_of`; those of the customer and of the operator alone."""
    return await _named(db, _KNOWN, ids, {"customer_id": customer_id})


async def names_of(db: Reader, kind: str, ids: Iterable[str | None]) -> dict[str, str]:
    """Maps ids to names; ids that do not exist are left out. At most SLOTS different ids. `kind` is users, accounts,
    customers or applications."""
    return await _named(db, _NAMES[kind], ids, {})


async def named(db: Reader, kind: str, name: str, most: int) -> list[tuple[str, str]]:
    """(id, name) of those that are called exactly so. `kind` is customers or accounts; these are called by user name."""
    return await db.all(_EQUAL[kind], {"name": name, "most": most})


async def first_of(db: Reader, kind: str, most: int) -> list[tuple[str, str]]:
    """(id, name) of the first by name. `kind` is customers."""
    return await db.all(_FIRST[kind], {"most": most})


async def _named(
    db: Reader, statement: Statement[tuple[str, str]], ids: Iterable[str | None], more: Mapping[str, str]
) -> dict[str, str]:
    asked = sorted({one for one in ids if one})
    if not asked:
        return {}
    slots = {f"id_{slot}": asked[slot] if slot < len(asked) else asked[0] for slot in range(SLOTS)}
    return dict(await db.all(statement, {**slots, **more}))
