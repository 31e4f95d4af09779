"""What customers' directories say of people (docs/adr/0033-scim.md). A row gives nothing; the place in the customer does."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, delete, func, literal_column, select, update

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.scim_user import SaidPerson, email_lines
from hoistway.protocol.text import username_key
from hoistway.store.columns import at, insert_all, key, number, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

SCIM_PEOPLE = Table(
    "scim_people",
    METADATA,
    # A member who was not pushed is known by the account, which may have a place in several customers.
    reference("customer_id", "customers.id", primary_key=True),
    key(),
    reference("user_id", "users.id", optional=True),
    text("user_name"),
    text("user_name_key"),
    optional_text("external_id"),
    text("display_name"),
    text("details"),
    text("emails_key"),
    number("active"),
    text("role"),
    text("reach"),
    text("how"),
    at("created_at"),
    at("changed_at"),
    Index("ix_scim_people_name", "customer_id", "user_name_key", unique=True),
    Index("ix_scim_people_user", "customer_id", "user_id", unique=True),
    Index("ix_scim_people_user_id", "user_id"),
    Index("ix_scim_people_external", "customer_id", "external_id"),
)
MOST = 50_000
"""Of a customer."""


class Pushed(Struct, frozen=True):
    """`id` is unique in its customer only. `user_id` is None while nobody may be given a place for it. `role` and `reach`
    are those of the next place; while there is a place, its own count. `how` is "made" where the account was made for it,
    "found" where it was there, "waiting" while there is none. `active` is what the directory wants."""

    id: str
    customer_id: CustomerId
    user_id: UserId | None
    user_name: str
    external_id: str | None
    display_name: str
    details: dict[str, Any]
    active: bool
    role: str
    reach: str
    how: str
    created_at: int
    changed_at: int

    @property
    def said(self) -> SaidPerson:
        return SaidPerson(self.user_name, self.external_id, self.display_name, self.active, self.details)


def read_pushed(
    customer_id: str, id: str, user_id: str | None, user_name: str, _user_name_key: str, external_id: str | None,
    display_name: str, details: str, _emails_key: str, active: int, role: str, reach: str, how: str, created_at: int,
    changed_at: int,
) -> Pushed:  # fmt: skip
    return Pushed(
        id, CustomerId(customer_id), None if user_id is None else UserId(user_id), user_name, external_id, display_name,
        msgspec.json.decode(details), bool(active), role, reach, how, created_at, changed_at,
    )  # fmt: skip


_P = SCIM_PEOPLE.c
_THIS = (_P.customer_id == bindparam("customer_id"), _P.id == bindparam("id"))
_INSERT = Statement(lambda: insert_all(SCIM_PEOPLE), nothing)
_LOCK = Statement(lambda: select(SCIM_PEOPLE).where(*_THIS).with_for_update(), read_pushed)
_OF_USER = Statement(
    lambda: select(SCIM_PEOPLE).where(_P.customer_id == bindparam("customer_id"), _P.user_id == bindparam("user_id")),
    read_pushed,
)
_BY_NAME = Statement(
    lambda: select(SCIM_PEOPLE).where(
        _P.customer_id == bindparam("customer_id"), _P.user_name_key == bindparam("user_name_key")
    ),
    read_pushed,
)
_CHANGEABLE = [column.name for column in SCIM_PEOPLE.columns if column.name not in {"id", "customer_id"}]
_CHANGE = Statement(
    lambda: (
        update(SCIM_PEOPLE)
        .where(_P.customer_id == bindparam("b_customer"), _P.id == bindparam("b_id"))
        .values({name: bindparam(f"n_{name}") for name in _CHANGEABLE})
    ),
    nothing,
)
_KEEP_PLACE = Statement(
    lambda: (
        update(SCIM_PEOPLE)
        .where(_P.customer_id == bindparam("b_customer"), _P.user_id == bindparam("b_user"))
        .values(role=bindparam("n_role"), reach=bindparam("n_reach"))
    ),
    nothing,
)
_REMOVE = Statement(lambda: delete(SCIM_PEOPLE).where(*_THIS), nothing)
_COUNT = Statement(
    lambda: select(func.count()).select_from(SCIM_PEOPLE).where(_P.customer_id == bindparam("customer_id")), int
)
_WAITING = Statement(
    lambda: (
        select(_P.user_name)
        .where(_P.customer_id == bindparam("customer_id"), _P.user_id.is_(None), _P.active == literal_column("1"))
        .order_by(_P.user_name_key)
        .limit(bindparam("most"))
    ),
    str,
)


def _row(row: Pushed) -> dict[str, Any]:
    return {
        "id": row.id, "customer_id": row.customer_id, "user_id": row.user_id, "user_name": row.user_name,
        "user_name_key": username_key(row.user_name), "external_id": row.external_id, "display_name": row.display_name,
        "details": msgspec.json.encode(row.details).decode(), "emails_key": email_lines(row.details),
        "active": int(row.active), "role": row.role, "reach": row.reach, "how": row.how, "created_at": row.created_at,
        "changed_at": row.changed_at,
    }  # fmt: skip


async def add_pushed(tx: Writer, row: Pushed) -> None:
    """Raises Conflict where the customer has the user name, or the account, already."""
    await tx.run(_INSERT, _row(row))


async def change_pushed(tx: Writer, row: Pushed) -> None:
    """Raises Conflict."""
    values = {f"n_{name}": value for name, value in _row(row).items() if name not in {"id", "customer_id"}}
    await tx.run(_CHANGE, {"b_customer": row.customer_id, "b_id": row.id, **values})


async def keep_last_place(tx: Writer, customer_id: CustomerId, user_id: UserId, role: str, reach: str) -> None:
    """Of a place that ends: the next one has the role that this one had, not one that was taken meanwhile."""
    await tx.run(_KEEP_PLACE, {"b_customer": customer_id, "b_user": user_id, "n_role": role, "n_reach": reach})


async def lock_pushed(tx: Writer, customer_id: CustomerId, id: str) -> Pushed | None:
    return await tx.one(_LOCK, {"customer_id": customer_id, "id": id})


async def pushed_of(db: Reader, customer_id: CustomerId, user_id: UserId) -> Pushed | None:
    return await db.one(_OF_USER, {"customer_id": customer_id, "user_id": user_id})


async def pushed_named(db: Reader, customer_id: CustomerId, user_name: str) -> Pushed | None:
    return await db.one(_BY_NAME, {"customer_id": customer_id, "user_name_key": username_key(user_name)})


async def remove_pushed(tx: Writer, customer_id: CustomerId, id: str) -> bool:
    return await tx.run(_REMOVE, {"customer_id": customer_id, "id": id}) == 1


async def count_pushed(db: Reader, customer_id: CustomerId) -> int:
    return await db.one(_COUNT, {"customer_id": customer_id}) or 0


async def waiting_people(db: Reader, customer_id: CustomerId, most: int) -> list[str]:
    """The user names of those whom the directory wants in, and who have no account yet."""
    return await db.all(_WAITING, {"customer_id": customer_id, "most": most})
