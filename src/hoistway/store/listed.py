"""Lists of people, technical accounts and applications for the command line: of one customer, or by a part of their name."""

from sqlalchemy import ColumnElement, Table, Text, bindparam, exists, func, or_, select
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.text import cleaned
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Statement
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.users import USERS

# An empty text means everything; PostgreSQL can't guess the type of a parameter that may be NULL.
_CUSTOMER, _PART = bindparam("customer", type_=Text), bindparam("part", type_=Text)


def _ids(table: Table, belongs: ColumnElement[bool], *names: str) -> Executable:
    matches = [func.lower(table.c[name]).like(_PART, escape="\\") for name in names]
    return (
        select(table.c.id)
        .where(table.c.id > bindparam("after"), or_(_CUSTOMER == "", belongs), or_(_PART == "", *matches))
        .order_by(table.c.id)
        .limit(bindparam("most"))
    )


def _users() -> Executable:
    members = exists().where(MEMBERSHIPS.c.user_id == USERS.c.id, MEMBERSHIPS.c.customer_id == _CUSTOMER)
    return _ids(USERS, members, "name", "username")


def _accounts() -> Executable:
    return _ids(SERVICE_ACCOUNTS, SERVICE_ACCOUNTS.c.customer_id == _CUSTOMER, "name", "username")


def _applications() -> Executable:
    return _ids(CLIENTS, CLIENTS.c.customer_id == _CUSTOMER, "name")


_LISTED = {
    "users": Statement(_users, str),
    "accounts": Statement(_accounts, str),
    "applications": Statement(_applications, str),
}


async def listed_ids(db: Reader, kind: str, *, customer: str, name: str, after: str, most: int) -> list[str]:
    """`kind` is users, accounts or applications. `customer` and `name` (a part of it) are empty where they do not
    restrict the list."""
    part = cleaned(name).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    asked = {"customer": customer, "part": f"%{part}%" if part else "", "after": after, "most": most}
    return await db.all(_LISTED[kind], asked)
