"""The one-time numbers of forms that were carried out, kept until the forms would have expired anyway."""

from sqlalchemy import Index, Table, bindparam, delete, func, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, insert_all, key, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

USED_FORMS = Table(
    "used_forms", METADATA, key("number"), reference("user_id", "users.id"), text("result"), at("used_at"),
    Index("ix_used_forms_used_at", "used_at"), Index("ix_used_forms_user_id", "user_id"),
)  # fmt: skip

_F = USED_FORMS.c
_ADD = Statement(lambda: insert_all(USED_FORMS), nothing)
_FIND = Statement(lambda: select(_F.result).where(_F.number == bindparam("number")), str)
_LEAD = Statement(
    lambda: update(USED_FORMS).where(_F.number == bindparam("b_number")).values(result=bindparam("result")), nothing
)
_COUNT = Statement(lambda: select(func.count()).select_from(USED_FORMS).where(_F.user_id == bindparam("user_id")), int)
_PRUNE = Statement(lambda: delete(USED_FORMS).where(_F.used_at < bindparam("before")), nothing)


async def find_used_form(db: Reader, number: str) -> str | None:
    """The address to which the form led."""
    return await db.one(_FIND, {"number": number})


async def add_used_form(tx: Writer, number: str, user_id: UserId, result: str, now: int) -> None:
    """Raises Conflict where it was used."""
    await tx.run(_ADD, {"number": number, "user_id": user_id, "result": result, "used_at": now})


async def lead_used_form(tx: Writer, number: str, result: str) -> None:
    await tx.run(_LEAD, {"b_number": number, "result": result})


async def count_used_forms(db: Reader, user_id: UserId) -> int:
    """Counts those of one person that are still kept."""
    return await db.one(_COUNT, {"user_id": user_id}) or 0


async def prune_used_forms(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
