"""OpenID providers that customers have connected (https://openid.net/specs/openid-connect-core-1_0.html)."""

from typing import ClassVar, Literal

from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, select, update

from hoistway.discreet import Discreet
from hoistway.protocol.ids import CustomerId, ProviderId
from hoistway.store.columns import (
    at,
    find_in,
    from_list,
    insert_all,
    key,
    optional_at,
    optional_text,
    reference,
    switch_of,
    text,
    to_list,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

PROVIDERS = Table(
    "providers",
    METADATA,
    key(),
    reference("customer_id", "customers.id"),
    text("name"),
    text("issuer"),
    text("client_id"),
    text("auth"),
    Column("sealed", LargeBinary, nullable=False),
    text("addresses"),
    optional_text("role_claim"),
    text("administrators"),
    text("members"),
    text("sign_out"),
    at("created_at"),
    optional_at("disabled_at"),
    Index("ix_providers_customer_id", "customer_id"),
)
MOST: Literal[10] = 10
"""Of a customer."""

Auth = Literal["client_secret_basic", "client_secret_post", "private_key_jwt"]


class Provider(Discreet, frozen=True):
    """`sealed` is the secret, or the private key, under the master key and the provider's id. `addresses` is "verified":
    only those that the provider calls verified count; or "trusted": every one in its proved domains. Values of
    `role_claim` make administrators, and where `members` has values nobody else gets in than these two. `sign_out` is
    "here", or "there": then signing out leads to the provider, too."""

    hidden: ClassVar[frozenset[str]] = frozenset({"sealed"})
    id: ProviderId
    customer_id: CustomerId
    name: str
    issuer: str
    client_id: str
    auth: Auth
    sealed: bytes
    addresses: Literal["verified", "trusted"]
    role_claim: str | None
    administrators: tuple[str, ...]
    members: tuple[str, ...]
    sign_out: Literal["here", "there"]
    created_at: int
    disabled_at: int | None = None


def read_provider(
    id: str, customer_id: str, name: str, issuer: str, client_id: str, auth: Auth, sealed: bytes,
    addresses: Literal["verified", "trusted"], role_claim: str | None, administrators: str, members: str,
    sign_out: Literal["here", "there"], created_at: int, disabled_at: int | None,
) -> Provider:  # fmt: skip
    return Provider(
        ProviderId(id), CustomerId(customer_id), name, issuer, client_id, auth, bytes(sealed), addresses, role_claim,
        from_list(administrators), from_list(members), sign_out, created_at, disabled_at,
    )  # fmt: skip


def _written(row: Provider) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(row, name) for name in row.__struct_fields__}
    return values | {"administrators": to_list(row.administrators), "members": to_list(row.members)}


_P = PROVIDERS.c
_CHANGED = (
    "name",
    "issuer",
    "client_id",
    "auth",
    "sealed",
    "addresses",
    "role_claim",
    "administrators",
    "members",
    "sign_out",
)
_INSERT = Statement(lambda: insert_all(PROVIDERS), nothing)
_FIND = Statement(lambda: find_in(PROVIDERS), read_provider)
_HOLD = Statement(lambda: select(PROVIDERS).where(_P.id == bindparam("id")).with_for_update(read=True), read_provider)
_LOCK = Statement(
    lambda: select(PROVIDERS).where(_P.id == bindparam("id")).with_for_update(key_share=True), read_provider
)
_PAGE = Statement(
    lambda: select(PROVIDERS).where(_P.id > bindparam("after")).order_by(_P.id).limit(bindparam("most")), read_provider
)
_ALL = Statement(lambda: select(PROVIDERS).order_by(_P.customer_id, _P.created_at, _P.id), read_provider)
_OF = Statement(
    lambda: select(PROVIDERS).where(_P.customer_id == bindparam("customer_id")).order_by(_P.created_at, _P.id),
    read_provider,
)
_CHANGE = Statement(
    lambda: (
        update(PROVIDERS)
        .where(_P.id == bindparam("b_id"))
        .values({name: bindparam(f"new_{name}", type_=_P[name].type) for name in _CHANGED})
    ),
    nothing,
)
_SWITCH = Statement(lambda: switch_of(PROVIDERS), nothing)
_RESEAL = Statement(
    lambda: (
        update(PROVIDERS)
        .where(_P.id == bindparam("b_id"), _P.sealed == bindparam("before"))
        .values(sealed=bindparam("after"))
    ),
    nothing,
)
_REMOVE = Statement(lambda: delete(PROVIDERS).where(_P.id == bindparam("id")), nothing)


async def add_provider(tx: Writer, row: Provider) -> None:
    """Raises Conflict where the customer does not exist."""
    await tx.run(_INSERT, _written(row))


async def find_provider(db: Reader, provider_id: ProviderId) -> Provider | None:
    return await db.one(_FIND, {"id": provider_id})


async def hold_provider(tx: Writer, provider_id: ProviderId) -> Provider | None:
    """Like `find_provider`, and holds the row shared: nobody can change it until this transaction ends."""
    return await tx.one(_HOLD, {"id": provider_id})


async def lock_provider(tx: Writer, provider_id: ProviderId) -> Provider | None:
    """Like `find_provider`, and locks the row for a change."""
    return await tx.one(_LOCK, {"id": provider_id})


async def all_providers(db: Reader) -> list[Provider]:
    """By customer; there are few."""
    return await db.all(_ALL, {})


async def providers_behind(db: Reader, provider_id: str, most: int) -> list[Provider]:
    """Ordered by id."""
    return await db.all(_PAGE, {"after": provider_id, "most": most})


async def providers_of(db: Reader, customer_id: CustomerId) -> list[Provider]:
    return await db.all(_OF, {"customer_id": customer_id})


async def change_provider(tx: Writer, row: Provider) -> bool:
    """Writes every setting of the row; not its customer, nor whether it is disabled."""
    written = _written(row)
    return await tx.run(_CHANGE, {"b_id": row.id, **{f"new_{name}": written[name] for name in _CHANGED}}) == 1


async def set_provider_disabled(tx: Writer, provider_id: ProviderId, at: int | None) -> bool:
    return await tx.run(_SWITCH, {"b_id": provider_id, "at": at}) == 1


async def reseal_provider(tx: Writer, provider_id: ProviderId, before: bytes, after: bytes) -> bool:
    """Returns False where somebody else sealed it anew."""
    return await tx.run(_RESEAL, {"b_id": provider_id, "before": before, "after": after}) == 1


async def remove_provider(tx: Writer, provider_id: ProviderId) -> bool:
    """Its domains, and which of its people are which accounts, go with it."""
    return await tx.run(_REMOVE, {"id": provider_id}) == 1
