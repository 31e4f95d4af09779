"""Lists for the management API: rows of a kind by their ids, narrowed by filters. Each set of filters is a statement of its
own, so that the database sees which index helps.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Integer, Table, Text, bindparam, case, exists, func, select
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.text import cleaned, username_key
from hoistway.store.apis import APIS, api_row
from hoistway.store.clients import CLIENTS, client_row
from hoistway.store.customers import CUSTOMERS, Customer
from hoistway.store.db import Reads, Statement
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.products import PRODUCTS, product_row
from hoistway.store.requests import REQUESTS, request_row
from hoistway.store.service_accounts import SERVICE_ACCOUNTS, ServiceAccount
from hoistway.store.sites import SITES, Site
from hoistway.store.subscriptions import SUBSCRIPTIONS, Subscription
from hoistway.store.tenants import TENANTS, Tenant
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.units import FLOORS, UNITS, Unit
from hoistway.store.users import USERS, read_user

Clause = Callable[[], ColumnElement[bool]]


def _is(table: Table, column: str) -> Clause:
    return lambda: table.c[column] == bindparam(column, type_=Text)


def _named(table: Table) -> Clause:
    """A part of the name, in any case."""
    return lambda: func.lower(table.c.name).like(bindparam("name", type_=Text), escape="\\")


def _disabled(table: Table) -> Clause:
    state = case((table.c.disabled_at.is_(None), 0), else_=1)
    return lambda: state == bindparam("disabled", type_=Integer)


def _seen_by() -> ColumnElement[bool]:
    return exists().where(
        UNIT_ACCESS.c.unit_id == UNITS.c.id, UNIT_ACCESS.c.customer_id == bindparam("customer_id", type_=Text)
    )


def _member_of() -> ColumnElement[bool]:
    return exists().where(
        MEMBERSHIPS.c.user_id == USERS.c.id, MEMBERSHIPS.c.customer_id == bindparam("customer_id", type_=Text)
    )


class Narrowed(Struct, frozen=True):
    """`columns` are those of the row, by their names; `filters` are clauses with a parameter of the filter's name."""

    table: Table
    row: Callable[..., Any]
    columns: Callable[[], tuple[ColumnElement[Any], ...]]
    filters: Mapping[str, Clause]

    def clause(self, names: tuple[str, ...]) -> Executable:
        chosen = [self.filters[name]() for name in names]
        key = self.table.c.id
        return (
            select(*self.columns())
            .where(key > bindparam("after", type_=Text), *chosen)
            .order_by(key)
            .limit(bindparam("most"))
        )


def _columns_of(table: Table, row: type[Struct], **others: ColumnElement[Any]) -> Callable[[], tuple[Any, ...]]:
    return lambda: tuple(others.get(name, table.c.get(name)) for name in row.__struct_fields__)


LISTED: Final[Mapping[str, Narrowed]] = {
    "customers": Narrowed(
        CUSTOMERS, Customer, _columns_of(CUSTOMERS, Customer),
        {"name": _named(CUSTOMERS), "disabled": _disabled(CUSTOMERS)},
    ),
    "sites": Narrowed(
        SITES, Site, _columns_of(SITES, Site),
        {name: _is(SITES, name) for name in ("city", "country", "postal_code")} | {"disabled": _disabled(SITES)},
    ),
    "units": Narrowed(
        UNITS, Unit, _columns_of(UNITS, Unit, floors=FLOORS),
        {
            "site_id": _is(UNITS, "site_id"), "equipment_type": _is(UNITS, "equipment_type"),
            "serial_number": _is(UNITS, "serial_number"), "customer_id": _seen_by, "disabled": _disabled(UNITS),
        },
    ),
    "accounts": Narrowed(
        SERVICE_ACCOUNTS, ServiceAccount, _columns_of(SERVICE_ACCOUNTS, ServiceAccount),
        {
            "customer_id": _is(SERVICE_ACCOUNTS, "customer_id"), "username": _is(SERVICE_ACCOUNTS, "username"),
            "disabled": _disabled(SERVICE_ACCOUNTS),
        },
    ),
    "applications": Narrowed(
        CLIENTS, client_row, lambda: tuple(CLIENTS.columns),
        {
            "customer_id": _is(CLIENTS, "customer_id"), "type": _is(CLIENTS, "type"),
            "environment": _is(CLIENTS, "environment"), "name": _named(CLIENTS), "disabled": _disabled(CLIENTS),
        },
    ),
    "users": Narrowed(
        USERS, read_user, lambda: tuple(USERS.columns),
        {
            "customer_id": _member_of, "username": lambda: USERS.c.username_key == bindparam("username", type_=Text),
            "disabled": _disabled(USERS),
        },
    ),
    "apis": Narrowed(APIS, api_row, lambda: tuple(APIS.columns), {"disabled": _disabled(APIS)}),
    "products": Narrowed(PRODUCTS, product_row, lambda: tuple(PRODUCTS.columns), {"disabled": _disabled(PRODUCTS)}),
    "subscriptions": Narrowed(
        SUBSCRIPTIONS, Subscription, _columns_of(SUBSCRIPTIONS, Subscription),
        {name: _is(SUBSCRIPTIONS, name) for name in ("customer_id", "product_id", "state")},
    ),
    "requests": Narrowed(
        REQUESTS, request_row, lambda: tuple(REQUESTS.columns), {name: _is(REQUESTS, name) for name in ("customer_id", "state")},
    ),
    "tenants": Narrowed(TENANTS, Tenant, _columns_of(TENANTS, Tenant), {"disabled": _disabled(TENANTS)}),
}  # fmt: skip
STATEMENTS: Final[Mapping[tuple[str, ...], Statement[Any]]] = {
    (kind, *names): Statement(partial(listed.clause, names), listed.row)
    for kind, listed in LISTED.items()
    for count in range(len(listed.filters) + 1)
    for names in combinations(sorted(listed.filters), count)
}
"""By the kind and the names of the filters, in the order of the alphabet."""


async def managed_page(db: Reads, kind: str, filters: Mapping[str, str], *, after: str, most: int) -> list[Any]:
    """Up to `most` rows after the id `after`. `filters` are by name; of "name" a part is enough, "disabled" is true or
    false. Raises Busy."""
    asked: dict[str, Any] = dict(filters)
    if "name" in asked:
        part = cleaned(asked["name"]).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        asked["name"] = f"%{part}%"
    if kind == "users" and "username" in asked:
        asked["username"] = username_key(asked["username"])
    if "disabled" in asked:
        asked["disabled"] = int(asked["disabled"] == "true")
    statement = STATEMENTS[(kind, *sorted(filters))]
    params = {**asked, "after": after, "most": most}
    return await (db.slow(statement, params) if filters else db.all(statement, params))
