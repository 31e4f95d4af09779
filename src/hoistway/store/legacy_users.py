"""Which technical accounts and people use a legacy flow, by customer and application, and who should be told."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import bindparam, func, or_, select, union

from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.clients import CLIENTS
from hoistway.store.columns import from_list
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Database, Statement
from hoistway.store.flow_uses import FLOW_USES
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.users import USERS

MOST_LINES: Final = 10_000
MOST_CONTACTS: Final = 5_000


class Contact(Struct, frozen=True):
    """An administrator of the customer. `email` is "" where they have no address."""

    customer_id: CustomerId
    user_id: UserId
    name: str
    email: str


class LegacyUser(Struct, frozen=True):
    """`kind` is "service_account" or "user". `customer_id` is None for uses by people that were recorded before
    customers were. `owner_id` is the customer that owns the application, None where the operator does."""

    customer_id: CustomerId | None
    customer: str
    actor: str
    kind: str
    username: str
    client_id: ClientId
    application: str
    owner_id: CustomerId | None
    flow: str
    uses: int
    last_used_at: int


def _user(
    customer_id: str | None, customer: str | None, actor: str, account: str | None, person: str | None, client_id: str,
    application: str, owner_id: str | None, flow: str, uses: int, last_used_at: int,
) -> LegacyUser:  # fmt: skip
    kind = "user" if account is None else "service_account"
    return LegacyUser(
        None if customer_id is None else CustomerId(customer_id), customer or "", actor, kind, account or person or "",
        ClientId(client_id), application, None if owner_id is None else CustomerId(owner_id), flow, int(uses), last_used_at,
    )  # fmt: skip


def _contact(customer_id: str, user_id: str, name: str, emails: str) -> Contact:
    found = from_list(emails)
    return Contact(CustomerId(customer_id), UserId(user_id), name, found[0] if found else "")


_F, _A, _C = FLOW_USES.c, SERVICE_ACCOUNTS.c, CLIENTS.c
# Uses of codes are in that table too, and are left out here. A technical account has one customer; of a person the
# table keeps the customer of the last use of a day.
_SUMS = (
    select(
        func.coalesce(_A.customer_id, _F.customer_id).label("customer_id"),
        _F.actor,
        _A.username.label("account"),
        _F.client_id,
        _F.flow,
        func.sum(_F.uses).label("uses"),
        func.max(_F.last_used_at).label("last_used_at"),
    )
    .select_from(FLOW_USES.outerjoin(SERVICE_ACCOUNTS, _A.id == _F.actor))
    .where(_F.last_used_at >= bindparam("since"), or_(_F.flow == "password", _F.flow == "implicit"))
    .group_by(func.coalesce(_A.customer_id, _F.customer_id), _F.actor, _A.username, _F.client_id, _F.flow)
    .subquery()
)
_S = _SUMS.c
_NAMED = _SUMS.join(CLIENTS, _C.id == _S.client_id)
_LINES = Statement(
    lambda: select(
        _S.customer_id, CUSTOMERS.c.name, _S.actor, _S.account, USERS.c.username, _S.client_id, _C.name,
        _C.customer_id.label("owner_id"), _S.flow, _S.uses, _S.last_used_at,
    )
    .select_from(
        _NAMED.outerjoin(CUSTOMERS, CUSTOMERS.c.id == _S.customer_id).outerjoin(USERS, USERS.c.id == _S.actor)
    )
    .where(_S.flow == func.coalesce(bindparam("flow", type_=_S.flow.type), _S.flow))
    .order_by(_S.uses.desc(), _S.actor, _S.client_id, _S.flow)
    .limit(bindparam("most")),
    _user,
)  # fmt: skip
_CONCERNED = union(
    select(_S.customer_id).where(_S.customer_id.is_not(None)),
    select(_C.customer_id).select_from(_NAMED).where(_C.customer_id.is_not(None)),
)
_CONTACTS = Statement(
    lambda: (
        select(MEMBERSHIPS.c.customer_id, USERS.c.id, USERS.c.name, USERS.c.emails)
        .select_from(MEMBERSHIPS.join(USERS, USERS.c.id == MEMBERSHIPS.c.user_id))
        .where(
            MEMBERSHIPS.c.role == "administrator",
            USERS.c.disabled_at.is_(None),
            MEMBERSHIPS.c.customer_id.in_(_CONCERNED),
        )
        .order_by(MEMBERSHIPS.c.customer_id, USERS.c.name, USERS.c.id)
        .limit(MOST_CONTACTS)
    ),
    _contact,
)


async def legacy_users(db: Database, since: int, flow: str | None, most: int) -> list[LegacyUser]:
    """The users with the most uses since that day come first; `flow` is "password", "implicit" or None for both. Raises
    Busy."""
    return await db.slow(_LINES, {"since": since, "flow": flow, "most": most})


async def contacts_of(db: Database, since: int) -> dict[CustomerId, Sequence[Contact]]:
    """The living administrators of the customers that use a legacy flow, and of the customers whose applications use
    one. Raises Busy."""
    found: dict[CustomerId, list[Contact]] = {}
    for contact in await db.slow(_CONTACTS, {"since": since}):
        found.setdefault(contact.customer_id, []).append(contact)
    return dict(found)
