"""Which account a person of a provider is: known by provider and subject, never by an address (OpenID Connect Core section 2)."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, bindparam, select

from hoistway.protocol.ids import ProviderId, UserId
from hoistway.store.columns import at, insert_all, key, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
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
    """`how` it came about: the account was "made" at the first sign-in, or linked by the "address"."""

    provider_id: ProviderId
    subject: str
    user_id: UserId
    how: Literal["made", "address"]
    created_at: int


_I = IDENTITIES.c
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
