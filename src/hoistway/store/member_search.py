"""Finds people and technical accounts of one customer: by a part of a name, by the lack of a second factor, by what they use."""

from msgspec import Struct
from sqlalchemy import bindparam, case, func, not_, or_, select

from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Reads, Statement
from hoistway.store.families import FAMILIES
from hoistway.store.members import HAS_FACTOR
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.unit_access import pattern_of
from hoistway.store.users import USERS

MOST_USED = 50
_M, _U, _A, _F, _C = MEMBERSHIPS.c, USERS.c, SERVICE_ACCOUNTS.c, FAMILIES.c, CLIENTS.c
_THEIRS = MEMBERSHIPS.join(USERS, _U.id == _M.user_id)


class Bare(Struct, frozen=True):
    """A person without a second factor."""

    user_id: UserId
    name: str
    role: str


class UsedApplication(Struct, frozen=True):
    """An application that holds refresh tokens of a person for one customer."""

    client_id: ClientId
    name: str
    customer_id: CustomerId | None
    since: int
    used_at: int


_ROLE_FIRST = case((_M.role == "administrator", 0), else_=1)
_BARE = Statement(
    lambda: (
        select(_U.id.label("user_id"), _U.name, _M.role)
        .select_from(_THEIRS)
        .where(_M.customer_id == bindparam("customer_id"), _U.disabled_at.is_(None), not_(HAS_FACTOR))
        .order_by(_ROLE_FIRST, _U.name, _U.id)
        .limit(bindparam("most"))
    ),
    Bare,
)
_PEOPLE = Statement(
    lambda: (
        select(_U.id)
        .select_from(_THEIRS)
        .where(
            _M.customer_id == bindparam("customer_id"),
            or_(*(func.lower(column).like(bindparam("text"), escape="\\") for column in (_U.name, _U.username))),
        )
        .order_by(_U.name, _U.id)
        .limit(bindparam("most"))
    ),
    str,
)
_ACCOUNTS = Statement(
    lambda: (
        select(_A.id)
        .where(
            _A.customer_id == bindparam("customer_id"),
            or_(*(func.lower(column).like(bindparam("text"), escape="\\") for column in (_A.name, _A.username))),
        )
        .order_by(_A.id)
        .limit(bindparam("most"))
    ),
    str,
)
_USED = Statement(
    lambda: (
        select(
            _C.id.label("client_id"), _C.name, _C.customer_id, func.min(_F.created_at).label("since"),
            func.max(_F.rotated_at).label("used_at"),
        )
        .select_from(FAMILIES.join(CLIENTS, _C.id == _F.client_id))
        .where(
            _F.subject_id == bindparam("user_id"), _F.subject_kind == "user", _F.customer_id == bindparam("customer_id"),
            _F.revoked_at.is_(None), _F.idle_expires_at > bindparam("now"), _F.expires_at > bindparam("now"),
        )
        .group_by(_C.id, _C.name, _C.customer_id)
        .order_by(func.max(_F.rotated_at).desc(), _C.id)
        .limit(MOST_USED)
    ),
    UsedApplication,
)  # fmt: skip


async def members_without_factor(db: Reads, customer_id: CustomerId, most: int) -> list[Bare]:
    """Administrators first."""
    return await db.slow(_BARE, {"customer_id": customer_id, "most": most}, customer_id)


async def actors_called(db: Reads, customer_id: CustomerId, text: str, most: int) -> list[str]:
    """Ids of the customer's own people and technical accounts whose name or user name has the text in it."""
    params = {"customer_id": customer_id, "text": pattern_of(text), "most": most}
    people = await db.slow(_PEOPLE, params, customer_id)
    return [*people, *await db.slow(_ACCOUNTS, params, customer_id)][:most]


async def applications_used_by(db: Reader, customer_id: CustomerId, user_id: UserId, now: int) -> list[UsedApplication]:
    """The ones used last come first; at most MOST_USED."""
    return await db.all(_USED, {"customer_id": customer_id, "user_id": user_id, "now": now})
