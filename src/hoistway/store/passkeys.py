"""Passkeys: public keys of WebAuthn credentials (https://www.w3.org/TR/webauthn-3/)."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, find_in, insert_all, key, number, optional_at, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

PASSKEYS = Table(
    "passkeys",
    METADATA,
    key(),
    reference("user_id", "users.id"),
    text("name"),
    Column("public_key", LargeBinary, nullable=False),
    number("sign_count"),
    number("is_copied"),
    at("created_at"),
    optional_at("last_used_at"),
    Index("ix_passkeys_user_id", "user_id"),
)


class Passkey(Struct, frozen=True):
    """`id` is the credential's in base64url. `is_copied` is 1 for a key that its owner's devices share, so that it is
    no key of one piece of hardware."""

    id: str
    user_id: UserId
    name: str
    public_key: bytes
    sign_count: int
    is_copied: int
    created_at: int
    last_used_at: int | None = None


_P = PASSKEYS.c
_ADD = Statement(lambda: insert_all(PASSKEYS), nothing)
_FIND = Statement(lambda: find_in(PASSKEYS), Passkey)
_LOCK = Statement(lambda: select(PASSKEYS).where(_P.id == bindparam("id")).with_for_update(), Passkey)
_OF = Statement(
    lambda: select(PASSKEYS).where(_P.user_id == bindparam("user_id")).order_by(_P.created_at, _P.id), Passkey
)
_USE = Statement(
    lambda: (
        update(PASSKEYS)
        .where(_P.id == bindparam("b_id"))
        .values(sign_count=bindparam("count"), is_copied=bindparam("copied"), last_used_at=bindparam("now"))
    ),
    nothing,
)
_RENAME = Statement(
    lambda: (
        update(PASSKEYS)
        .where(_P.id == bindparam("b_id"), _P.user_id == bindparam("b_user"))
        .values(name=bindparam("name"))
    ),
    nothing,
)
_REMOVE = Statement(
    lambda: delete(PASSKEYS).where(_P.id == bindparam("b_id"), _P.user_id == bindparam("b_user")), nothing
)
_REMOVE_ALL = Statement(lambda: delete(PASSKEYS).where(_P.user_id == bindparam("b_user")), nothing)

_REMOVE_SINCE = Statement(
    lambda: delete(PASSKEYS).where(_P.user_id == bindparam("b_user"), _P.created_at >= bindparam("since")), nothing
)


async def add_passkey(tx: Writer, row: Passkey) -> None:
    """Raises Conflict where the credential is registered, for whomever."""
    await tx.run(_ADD, asdict(row))


async def find_passkey(db: Reader, credential: str) -> Passkey | None:
    return await db.one(_FIND, {"id": credential})


async def lock_passkey(tx: Writer, credential: str) -> Passkey | None:
    return await tx.one(_LOCK, {"id": credential})


async def passkeys_of(db: Reader, user_id: UserId) -> list[Passkey]:
    return await db.all(_OF, {"user_id": user_id})


async def use_passkey(tx: Writer, row: Passkey) -> None:
    """Writes counter, kind and last use; the caller has locked the row."""
    values = {"count": row.sign_count, "copied": row.is_copied, "now": row.last_used_at}
    await tx.run(_USE, {"b_id": row.id, **values})


async def rename_passkey(tx: Writer, user_id: UserId, credential: str, name: str) -> bool:
    return await tx.run(_RENAME, {"b_id": credential, "b_user": user_id, "name": name}) == 1


async def remove_passkey(tx: Writer, user_id: UserId, credential: str) -> bool:
    return await tx.run(_REMOVE, {"b_id": credential, "b_user": user_id}) == 1


async def remove_passkeys(tx: Writer, user_id: UserId) -> int:
    return await tx.run(_REMOVE_ALL, {"b_user": user_id})


async def remove_passkeys_since(tx: Writer, user_id: UserId, since: int) -> int:
    return await tx.run(_REMOVE_SINCE, {"b_user": user_id, "since": since})
