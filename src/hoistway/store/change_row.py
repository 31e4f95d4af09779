"""Changes single columns of a row for operators, each by a statement made in advance."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Table, bindparam, update

from hoistway.store.apis import APIS
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sites import SITES
from hoistway.store.units import UNITS
from hoistway.store.users import USERS

CHANGEABLE: Final[dict[str, tuple[Table, tuple[str, ...]]]] = {
    "customers": (CUSTOMERS, ("name",)),
    "sites": (SITES, ("name", "street", "postal_code", "city", "country")),
    "units": (UNITS, ("controller_type", "serial_number", "capacity_kg", "updated_at")),
    "users": (USERS, ("name", "emails", "flags")),
    "accounts": (SERVICE_ACCOUNTS, ("name",)),
    "applications": (CLIENTS, ("name", "name_key", "consent", "access_token_alg")),
    "apis": (APIS, ("name", "token_lifetime", "signing_alg")),
}
_SET = {
    (kind, column): Statement(
        update(table)
        .where(table.c.id == bindparam("b_id"))
        .values({column: bindparam("new", type_=table.c[column].type)}),
        nothing,
    )
    for kind, (table, columns) in CHANGEABLE.items()
    for column in columns
}


async def change_row(tx: Writer, kind: str, row_id: str, values: Mapping[str, Any]) -> None:
    """`values` by column, of those in CHANGEABLE. Raises KeyError for another one."""
    for column, value in values.items():
        await tx.run(_SET[kind, column], {"b_id": row_id, "new": value})
