"""Signing keys, sealed under the master key, with the times from and until which each is published, signs and verifies."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, LargeBinary, Table, UniqueConstraint, bindparam, delete, select, update

from hoistway.protocol.ids import KeyId
from hoistway.store.columns import at, insert_all, key, number, optional_at, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

KEYS = Table(
    "keys",
    METADATA,
    key(),
    text("alg"),
    number("generation"),
    Column("sealed", LargeBinary, nullable=False),
    at("published_at"),
    at("signs_from"),
    optional_at("retired_at"),
    optional_at("gone_at"),
    UniqueConstraint("alg", "generation"),
)


class Key(Struct, frozen=True):
    """It signs from `signs_from` until `retired_at`. It is published from `published_at` until `gone_at`, when every
    token that it signed has expired."""

    id: KeyId
    alg: str
    generation: int
    sealed: bytes
    published_at: int
    signs_from: int
    retired_at: int | None = None
    gone_at: int | None = None


_K = KEYS.c
_INSERT = Statement(lambda: insert_all(KEYS), nothing)
_ALL = Statement(lambda: select(KEYS).order_by(_K.alg, _K.generation), Key)
_PAGE = Statement(lambda: select(KEYS).where(_K.id > bindparam("after")).order_by(_K.id).limit(bindparam("most")), Key)
_RETIRE = Statement(
    lambda: (
        update(KEYS)
        .where(_K.alg == bindparam("b_alg"), _K.generation < bindparam("b_generation"), _K.retired_at.is_(None))
        .values(retired_at=bindparam("at"), gone_at=bindparam("gone"))
    ),
    nothing,
)
_RESEAL = Statement(
    lambda: (
        update(KEYS)
        .where(_K.id == bindparam("b_id"), _K.sealed == bindparam("before"))
        .values(sealed=bindparam("after"))
    ),
    nothing,
)
_PRUNE = Statement(lambda: delete(KEYS).where(_K.gone_at < bindparam("now")), nothing)


async def add_key(tx: Writer, new: Key, *, gone_at: int) -> None:
    """Adds a key; older keys of its algorithm sign until it takes over. Raises Conflict where another process added
    this generation first."""
    await tx.run(_INSERT, asdict(new))
    retire = {"b_alg": new.alg, "b_generation": new.generation, "at": new.signs_from, "gone": gone_at}
    await tx.run(_RETIRE, retire)


async def all_keys(db: Reader) -> list[Key]:
    return await db.all(_ALL, {})


async def keys_behind(db: Reader, key_id: str, most: int) -> list[Key]:
    """Ordered by id."""
    return await db.all(_PAGE, {"after": key_id, "most": most})


async def reseal_key(tx: Writer, key_id: KeyId, before: bytes, after: bytes) -> bool:
    """Returns False where it no longer exists or somebody else sealed it anew."""
    return await tx.run(_RESEAL, {"b_id": key_id, "before": before, "after": after}) == 1


async def prune_keys(tx: Writer, now: int) -> int:
    return await tx.run(_PRUNE, {"now": now})
