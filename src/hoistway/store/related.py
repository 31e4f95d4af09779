"""Rows that belong to another row, for the lists below it in the console; at most 100 of each kind."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, FromClause, bindparam, select
from sqlalchemy.sql.expression import Executable

from hoistway.store.client_secrets import CLIENT_SECRETS
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.products import PRODUCTS
from hoistway.store.search import Found
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.unit_access import UNIT_ACCESS
from hoistway.store.users import USERS


def _lines(
    read: Callable[[], tuple[FromClause, ColumnElement[bool], Sequence[ColumnElement[Any]]]],
) -> Statement[Found]:
    """The columns are the id, title, note and end of a line."""

    def clause() -> Executable:
        source, where, columns = read()
        named = [one.label(name) for one, name in zip(columns, ("id", "title", "note", "disabled_at"), strict=True)]
        return select(*named).select_from(source).where(where).order_by(columns[0]).limit(100)

    return Statement(clause, Found)


_M, _U, _C, _S, _A, _K = MEMBERSHIPS.c, USERS.c, CLIENTS.c, SERVICE_ACCOUNTS.c, UNIT_ACCESS.c, CLIENT_SECRETS.c
_B = SUBSCRIPTIONS.c
_ID: BindParameter[str] = bindparam("id")

RELATED: Final[dict[str, Statement[Found]]] = {
    "members_of_customer": _lines(
        lambda: (
            MEMBERSHIPS.join(USERS, _U.id == _M.user_id), _M.customer_id == _ID, (_U.id, _U.name, _M.role, _U.disabled_at),
        )
    ),
    "accounts_of_customer": _lines(
        lambda: (SERVICE_ACCOUNTS, _S.customer_id == _ID, (_S.id, _S.username, _S.name, _S.disabled_at))
    ),
    "applications_of_customer": _lines(
        lambda: (CLIENTS, _C.customer_id == _ID, (_C.id, _C.name, _C.type, _C.disabled_at))
    ),
    "subscriptions_of_customer": _lines(
        lambda: (
            SUBSCRIPTIONS.join(PRODUCTS, PRODUCTS.c.id == _B.product_id),
            _B.customer_id == _ID, (_B.id, PRODUCTS.c.name, _B.state, _B.decided_at),
        )
    ),
    "customers_of_user": _lines(
        lambda: (
            MEMBERSHIPS.join(CUSTOMERS, CUSTOMERS.c.id == _M.customer_id),
            _M.user_id == _ID, (CUSTOMERS.c.id, CUSTOMERS.c.name, _M.role, CUSTOMERS.c.disabled_at),
        )
    ),
    "customers_of_unit": _lines(
        lambda: (
            UNIT_ACCESS.join(CUSTOMERS, CUSTOMERS.c.id == _A.customer_id),
            _A.unit_id == _ID, (CUSTOMERS.c.id, CUSTOMERS.c.name, _A.role, CUSTOMERS.c.disabled_at),
        )
    ),
    "applications_of_account": _lines(
        lambda: (CLIENTS, _C.service_account_id == _ID, (_C.id, _C.name, _C.type, _C.disabled_at))
    ),
    "secrets_of_application": _lines(
        lambda: (CLIENT_SECRETS, _K.client_id == _ID, (_K.id, _K.prefix, _K.id.label("note"), _K.expires_at))
    ),
}  # fmt: skip


async def related(db: Reader, what: str, row_id: str) -> list[Found]:
    """`what` is a key of RELATED, such as "members_of_customer"."""
    return await db.all(RELATED[what], {"id": row_id})
