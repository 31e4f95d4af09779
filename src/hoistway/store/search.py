"""Search for operators: rows of any kind by a part of their name or id, ordered by name."""

from functools import partial
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BindParameter, Column, ColumnElement, Table, bindparam, func, literal_column, or_, select, tuple_
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.text import cleaned
from hoistway.store.apis import APIS
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Database, Statement
from hoistway.store.found import Found as Found
from hoistway.store.found import SomeFound as SomeFound
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.sites import SITES
from hoistway.store.users import USERS

_NONE: ColumnElement[Any] = literal_column("NULL")
_CUSTOMER = CUSTOMERS.c


class _Kind(Struct, frozen=True):
    """`contains` are the columns, beside the id, in which a word may stand anywhere. It is empty where there are too
    many rows to read them all."""

    table: Table
    title: str
    note: ColumnElement[Any]
    place: ColumnElement[Any]
    contains: tuple[str, ...]

    def statement(self, *, by_part: bool, further: bool) -> Statement[Found]:
        return Statement(partial(self._clause, by_part, further), Found)

    def title_of_one(self) -> Statement[str]:
        return Statement(lambda: select(self.table.c[self.title]).where(self.table.c.id == bindparam("id")), str)

    def _clause(self, by_part: bool, further: bool) -> Executable:
        """A position in the list is a name and an id: an index of both finds the page without reading those before it."""
        columns = self.table.c
        title = columns[self.title]
        disabled = columns.disabled_at if "disabled_at" in columns else _NONE
        clause = select(
            columns.id, title.label("title"), self.note.label("note"), disabled.label("disabled_at"),
            self.place.label("place"),
        )  # fmt: skip
        if further:
            clause = clause.where(tuple_(title, columns.id) > tuple_(bindparam("title"), bindparam("after")))
        if by_part:
            part: BindParameter[str] = bindparam("part")
            matches = [func.lower(columns[name]).like(part, escape="\\") for name in ("id", *self.contains)]
            clause = clause.where(or_(*matches))
        return clause.order_by(title, columns.id).limit(bindparam("most"))


def _count_of_customer(table: Table) -> ColumnElement[Any]:
    counted: ColumnElement[Any] = (
        select(func.count()).select_from(table).where(table.c.customer_id == _CUSTOMER.id).scalar_subquery()
    )
    return counted


def _customer(column: Column[Any]) -> ColumnElement[Any]:
    """The name of the customer; looked up only for the lines of the page."""
    name: ColumnElement[Any] = select(_CUSTOMER.name).where(_CUSTOMER.id == column).scalar_subquery()
    return name


_S, _U, _T, _C = SITES.c, USERS.c, SERVICE_ACCOUNTS.c, CLIENTS.c
_KINDS: Final = {
    "customers": _Kind(CUSTOMERS, "name", _count_of_customer(MEMBERSHIPS), _count_of_customer(CLIENTS), ("name",)),
    "sites": _Kind(SITES, "name", _S.city, _S.street, ()),
    "users": _Kind(USERS, "name", _U.username, _customer(_U.home_customer_id), ()),
    "accounts": _Kind(SERVICE_ACCOUNTS, "username", _T.name, _customer(_T.customer_id), ("username", "name")),
    "applications": _Kind(CLIENTS, "name", _C.type, _customer(_C.customer_id), ("name",)),
    "apis": _Kind(APIS, "name", APIS.c.audience, _NONE, ("name", "audience")),
}
SEARCHES: Final = {
    (word, by_part, further): kind.statement(by_part=by_part, further=further)
    for word, kind in _KINDS.items()
    for by_part in ((False, True) if kind.contains else (False,))
    for further in (False, True)
}
_TITLES: Final[dict[str, Statement[Any]]] = {word: kind.title_of_one() for word, kind in _KINDS.items()}


async def search(db: Database, kind: str, text: str, *, after: str = "", most: int = 50) -> list[Found]:
    """`kind` is a key of the console's registry of things. With a text, people, sites and units are searched by
    store/people_search, site_search and unit_search instead. Returns up to `most` rows after the one whose id is `after`, or from the
    beginning where that row no longer exists."""
    asked: dict[str, Any] = {"most": most}
    part = cleaned(text).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if part:
        asked["part"] = f"%{part}%"
    title: str | None = await db.one(_TITLES[kind], {"id": after}) if after else None
    if title is not None:
        asked |= {"title": title, "after": after}
    return await db.slow(SEARCHES[kind, bool(part), title is not None], asked)
