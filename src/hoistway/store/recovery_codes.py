"""Digests of recovery codes, each of which stands for a lost second factor once."""

from collections.abc import Sequence

from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, func, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, insert_all, optional_at, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

RECOVERY_CODES = Table(
    "recovery_codes",
    METADATA,
    Column("code_digest", LargeBinary, primary_key=True),
    reference("user_id", "users.id"),
    at("created_at"),
    optional_at("used_at"),
    Index("ix_recovery_codes_user_id", "user_id"),
)

_R = RECOVERY_CODES.c
_ADD = Statement(lambda: insert_all(RECOVERY_CODES), nothing)
_TAKE = Statement(
    lambda: (
        update(RECOVERY_CODES)
        .where(_R.code_digest == bindparam("b_digest"), _R.user_id == bindparam("b_user"), _R.used_at.is_(None))
        .values(used_at=bindparam("now"))
    ),
    nothing,
)
_LEFT = Statement(
    lambda: (
        select(func.count()).select_from(RECOVERY_CODES).where(_R.user_id == bindparam("user_id"), _R.used_at.is_(None))
    ),
    int,
)
_REMOVE = Statement(lambda: delete(RECOVERY_CODES).where(_R.user_id == bindparam("b_user")), nothing)

_REMOVE_SINCE = Statement(
    lambda: delete(RECOVERY_CODES).where(_R.user_id == bindparam("b_user"), _R.created_at >= bindparam("since")),
    nothing,
)


async def replace_recovery_codes(tx: Writer, user_id: UserId, digests: Sequence[bytes], now: int) -> None:
    """Those of before are worth nothing from then on."""
    await tx.run(_REMOVE, {"b_user": user_id})
    rows = [{"code_digest": digest, "user_id": user_id, "created_at": now, "used_at": None} for digest in digests]
    await tx.run_many(_ADD, rows)


async def take_recovery_code(tx: Writer, user_id: UserId, digest: bytes, now: int) -> bool:
    """Uses it up; of parallel attempts one gets True."""
    return await tx.run(_TAKE, {"b_digest": digest, "b_user": user_id, "now": now}) == 1


async def recovery_codes_left(db: Reader, user_id: UserId) -> int:
    return await db.one(_LEFT, {"user_id": user_id}) or 0


async def remove_recovery_codes(tx: Writer, user_id: UserId) -> int:
    return await tx.run(_REMOVE, {"b_user": user_id})


async def remove_recovery_codes_since(tx: Writer, user_id: UserId, since: int) -> int:
    return await tx.run(_REMOVE_SINCE, {"b_user": user_id, "since": since})
