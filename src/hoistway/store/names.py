"""The names of people, technical accounts, customers and applications by their ids, for the lines of a page."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import BindParameter, Table, bindparam, select

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


async def names_of(db: Reader, kind: str, ids: Iterable[str | None]) -> dict[str, str]:
    """Maps ids to names; ids that do not exist are left out. At most SLOTS different ids. `kind` is users, accounts,
    customers or applications."""
    asked = sorted({one for one in ids if one})
    if not asked:
        return {}
    slots = {f"id_{slot}": asked[slot] if slot < len(asked) else asked[0] for slot in range(SLOTS)}
    return dict(await db.all(_NAMES[kind], slots))
