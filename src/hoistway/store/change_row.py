"""Changes single columns of a row for operators. The statement for each column is made in advance."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Table, bindparam, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.apis import APIS
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.profiles import repeat_name
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sites import SITES
from hoistway.store.tenants import TENANTS
from hoistway.store.unit_marks import mark_sites, mark_units
from hoistway.store.unit_revisions import CURRENT, next_revision
from hoistway.store.units import UNITS
from hoistway.store.users import USERS

CHANGEABLE: Final[dict[str, tuple[Table, tuple[str, ...]]]] = {
    "customers": (CUSTOMERS, ("name", "second_factor")),
    "sites": (SITES, ("name", "street", "postal_code", "city", "country")),
    "units": (UNITS, ("controller_type", "serial_number", "capacity_kg", "updated_at")),
    "users": (USERS, ("name", "emails")),
    "accounts": (SERVICE_ACCOUNTS, ("name",)),
    "applications": (
        CLIENTS,
        (
            "name",
            "name_key",
            "consent",
            "access_token_alg",
            "backchannel_logout_uri",
            "backchannel_logout_session_required",
        ),
    ),
    "tenants": (TENANTS, ()),
    "apis": (
        APIS,
        ("name", "token_lifetime", "signing_alg", "b2c_signing_alg", "client_id", "acr", "max_age", "scopes"),
    ),
}
_MARK = {"units": mark_units, "sites": mark_sites}


def _set(kind: str, table: Table, column: str) -> Statement[None]:
    marked = {"revision": CURRENT} if kind in _MARK else {}
    return Statement(
        lambda: (
            update(table)
            .where(table.c.id == bindparam("b_id"))
            .values({column: bindparam("new", type_=table.c[column].type), **marked})
        ),
        nothing,
    )


def _lock(table: Table) -> Statement[str]:
    return Statement(
        lambda: select(table.c.id).where(table.c.id == bindparam("id")).with_for_update(key_share=True), str
    )


_SET = {
    (kind, column): _set(kind, table, column) for kind, (table, columns) in CHANGEABLE.items() for column in columns
}
_LOCK = {kind: _lock(table) for kind, (table, _columns) in CHANGEABLE.items()}


async def take_turn_of(tx: Writer, kind: str) -> None:
    """Call it before a row of this kind is locked: the revision of the units comes before their rows, in the order of an
    import. Otherwise the two could wait for each other."""
    if kind in _MARK:
        await next_revision(tx)


async def lock_row(tx: Writer, kind: str, row_id: str) -> None:
    """Locks the row until this transaction ends; read it afterwards. `kind` is one of CHANGEABLE."""
    await take_turn_of(tx, kind)
    await tx.one(_LOCK[kind], {"id": row_id})


async def change_row(tx: Writer, kind: str, row_id: str, values: Mapping[str, Any]) -> None:
    """`values` maps columns to values; raises KeyError for a column that is not in CHANGEABLE."""
    await take_turn_of(tx, kind)
    for column, value in values.items():
        await tx.run(_SET[kind, column], {"b_id": row_id, "new": value})
    if kind in _MARK:
        await _MARK[kind](tx)
    if kind == "users":
        await repeat_name(tx, UserId(row_id))
