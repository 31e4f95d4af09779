"""Secrets of applications: SHA-256 digests of generated values; two may overlap while one replaces the other."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, or_, select, update

from hoistway.protocol.ids import ClientId
from hoistway.store.columns import at, insert_all, key, optional_at, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

CLIENT_SECRETS = Table(
    "client_secrets",
    METADATA,
    key(),
    reference("client_id", "clients.id"),
    Column("secret_digest", LargeBinary, nullable=False),
    text("prefix"),
    at("created_at"),
    optional_at("expires_at"),
    optional_at("last_used_at"),
    Index("ix_client_secrets_client", "client_id"),
)


class ClientSecret(Struct, frozen=True):
    """`prefix` is the beginning of the value, by which people tell secrets apart."""

    id: str
    client_id: ClientId
    secret_digest: bytes
    prefix: str
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None


_S = CLIENT_SECRETS.c
_INSERT = Statement(lambda: insert_all(CLIENT_SECRETS), nothing)
_OF = Statement(
    lambda: select(CLIENT_SECRETS).where(_S.client_id == bindparam("client_id")).order_by(_S.created_at), ClientSecret
)
_REMOVE = Statement(
    lambda: delete(CLIENT_SECRETS).where(_S.id == bindparam("id"), _S.client_id == bindparam("client_id")), nothing
)
_EXPIRE = Statement(
    lambda: (
        update(CLIENT_SECRETS)
        .where(_S.id == bindparam("b_id"), _S.client_id == bindparam("b_client"))
        .values(expires_at=bindparam("at"))
    ),
    nothing,
)
_END = Statement(
    lambda: (
        update(CLIENT_SECRETS)
        .where(_S.client_id == bindparam("b_client"), or_(_S.expires_at.is_(None), _S.expires_at > bindparam("at")))
        .values(expires_at=bindparam("at"))
    ),
    nothing,
)
_USED = Statement(
    lambda: update(CLIENT_SECRETS).where(_S.id == bindparam("b_id")).values(last_used_at=bindparam("at")), nothing
)


async def add_secret(tx: Writer, secret: ClientSecret) -> None:
    await tx.run(_INSERT, asdict(secret))


async def secrets_of(db: Reader, client_id: ClientId) -> list[ClientSecret]:
    return await db.all(_OF, {"client_id": client_id})


async def remove_secret(tx: Writer, client_id: ClientId, secret_id: str) -> bool:
    return await tx.run(_REMOVE, {"id": secret_id, "client_id": client_id}) == 1


async def expire_secret(tx: Writer, client_id: ClientId, secret_id: str, at: int) -> bool:
    return await tx.run(_EXPIRE, {"b_id": secret_id, "b_client": client_id, "at": at}) == 1


async def end_secrets(tx: Writer, client_id: ClientId, at: int) -> None:
    """Ends every secret that still works; they stay in lists as ended."""
    await tx.run(_END, {"b_client": client_id, "at": at})


async def mark_secrets_used(tx: Writer, used: dict[str, int]) -> None:
    """`used` maps secret ids to the time of their last use. They are collected in memory and written together, so that
    no request has to write."""
    await tx.run_many(_USED, [{"b_id": secret_id, "at": at} for secret_id, at in used.items()])
