"""People whose password somebody else made and handed over: at the next sign-in they choose one of their own."""

from sqlalchemy import Table, bindparam, delete, select

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, reference, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

HANDED_OVER = Table("handed_over", METADATA, reference("user_id", "users.id", primary_key=True), at("handed_at"))

_H = HANDED_OVER.c
_PUT = Statement(lambda: upsert(HANDED_OVER), nothing)
_FIND = Statement(lambda: select(_H.handed_at).where(_H.user_id == bindparam("user_id")), int)
_REMOVE = Statement(lambda: delete(HANDED_OVER).where(_H.user_id == bindparam("user_id")), nothing)


async def put_handed_over(tx: Writer, user_id: UserId, now: int) -> None:
    await tx.run(_PUT, {"user_id": user_id, "handed_at": now})


async def was_handed_over(db: Reader, user_id: UserId) -> bool:
    return await db.one(_FIND, {"user_id": user_id}) is not None


async def remove_handed_over(tx: Writer, user_id: UserId) -> None:
    await tx.run(_REMOVE, {"user_id": user_id})
