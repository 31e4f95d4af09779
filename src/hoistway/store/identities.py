"""Which account a person of a provider is: known by provider and subject, never by an address (OpenID Connect Core section 2)."""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, and_, bindparam, delete, select

from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.store.columns import at, insert_all, key, reference, text
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.providers import PROVIDERS
from hoistway.store.schema import METADATA

IDENTITIES = Table(
    "identities",
    METADATA,
    reference("provider_id", "providers.id", primary_key=True),
    key("subject"),
    reference("user_id", "users.id"),
    text("how"),
    at("created_at"),
    Index("ix_identities_user_id", "user_id", "provider_id", unique=True),
)


class Identity(Struct, frozen=True):
    """`how` it came about: the account was "made" at the first sign-in, or linked by the "address",
    or by "proof" of both."""

    provider_id: ProviderId
    subject: str
    user_id: UserId
    how: Literal["made", "address", "proof"]
    created_at: int


class Offered(Struct, frozen=True):
    """An enabled provider of a customer in which a person has a place; `linked_at` and `how` are None where it is not
    linked."""

    provider_id: ProviderId
    name: str
    customer_id: CustomerId
    customer_name: str
    linked_at: int | None
    how: str | None


MOST: Final = 100
"""Providers that a page shows."""
_I, _P, _M, _C = IDENTITIES.c, PROVIDERS.c, MEMBERSHIPS.c, CUSTOMERS.c
_OFFERED = Statement(
    lambda: (
        select(
            _P.id.label("provider_id"),
            _P.name,
            _P.customer_id,
            _C.name.label("customer_name"),
            _I.created_at.label("linked_at"),
            _I.how,
        )
        .select_from(
            MEMBERSHIPS.join(CUSTOMERS, _C.id == _M.customer_id)
            .join(PROVIDERS, _P.customer_id == _M.customer_id)
            .outerjoin(IDENTITIES, and_(_I.provider_id == _P.id, _I.user_id == _M.user_id))
        )
        .where(_M.user_id == bindparam("user_id"), _C.disabled_at.is_(None), _P.disabled_at.is_(None))
        .order_by(_C.name, _P.name, _P.id)
        .limit(MOST)
    ),
    Offered,
)
_REMOVE = Statement(
    lambda: delete(IDENTITIES).where(_I.user_id == bindparam("user_id"), _I.provider_id == bindparam("provider_id")),
    nothing,
)
_REMOVE_SINCE = Statement(
    lambda: delete(IDENTITIES).where(
        _I.user_id == bindparam("user_id"), _I.how == "proof", _I.created_at >= bindparam("since")
    ),
    nothing,
)
_INSERT = Statement(lambda: insert_all(IDENTITIES), nothing)
_FIND = Statement(
    lambda: select(IDENTITIES).where(_I.provider_id == bindparam("provider_id"), _I.subject == bindparam("subject")),
    Identity,
)
_AT = Statement(
    lambda: select(IDENTITIES).where(_I.user_id == bindparam("user_id"), _I.provider_id == bindparam("provider_id")),
    Identity,
)


async def add_identity(tx: Writer, row: Identity) -> None:
    """Raises Conflict where the subject is known, or the account has another one at this provider."""
    await tx.run(_INSERT, asdict(row))


async def find_identity(db: Reader, provider_id: ProviderId, subject: str) -> Identity | None:
    return await db.one(_FIND, {"provider_id": provider_id, "subject": subject})


async def identity_at(db: Reader, user_id: UserId, provider_id: ProviderId) -> Identity | None:
    """The one that the account has at this provider."""
    return await db.one(_AT, {"user_id": user_id, "provider_id": provider_id})


async def offered_to(db: Reader, user_id: UserId) -> list[Offered]:
    """Ordered by customer and name."""
    return await db.all(_OFFERED, {"user_id": user_id})


async def remove_identity(tx: Writer, user_id: UserId, provider_id: ProviderId) -> bool:
    return await tx.run(_REMOVE, {"user_id": user_id, "provider_id": provider_id}) == 1


async def remove_links_since(tx: Writer, user_id: UserId, since: int) -> int:
    """Those by proof. Returns how many."""
    return await tx.run(_REMOVE_SINCE, {"user_id": user_id, "since": since})
