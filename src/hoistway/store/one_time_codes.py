"""Secrets of one-time codes, one a person, sealed under the master key (https://www.rfc-editor.org/rfc/rfc6238)."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, LargeBinary, Table, bindparam, delete, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, number, optional_at, reference, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

ONE_TIME_CODES = Table(
    "one_time_codes",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    number("last_step"),
    at("created_at"),
    optional_at("last_used_at"),
)


class OneTimeCodes(Struct, frozen=True):
    """`sealed` is the secret. `last_step` is the time step whose code was used last: it and those before it are used up."""

    user_id: UserId
    sealed: bytes
    last_step: int
    created_at: int
    last_used_at: int | None = None


_O = ONE_TIME_CODES.c
_PUT = Statement(lambda: upsert(ONE_TIME_CODES), nothing)
_FIND = Statement(lambda: select(ONE_TIME_CODES).where(_O.user_id == bindparam("user_id")), OneTimeCodes)
_LOCK = Statement(
    lambda: select(ONE_TIME_CODES).where(_O.user_id == bindparam("user_id")).with_for_update(), OneTimeCodes
)
_USE = Statement(
    lambda: (
        update(ONE_TIME_CODES)
        .where(_O.user_id == bindparam("b_user"))
        .values(last_step=bindparam("step"), last_used_at=bindparam("now"))
    ),
    nothing,
)
_REMOVE = Statement(lambda: delete(ONE_TIME_CODES).where(_O.user_id == bindparam("b_user")), nothing)
_PAGE = Statement(
    lambda: select(ONE_TIME_CODES).where(_O.user_id > bindparam("after")).order_by(_O.user_id).limit(bindparam("most")),
    OneTimeCodes,
)
_RESEAL = Statement(
    lambda: (
        update(ONE_TIME_CODES)
        .where(_O.user_id == bindparam("b_user"), _O.sealed == bindparam("before"))
        .values(sealed=bindparam("after"))
    ),
    nothing,
)


async def put_one_time_codes(tx: Writer, row: OneTimeCodes) -> None:
    """Replaces the person's secret."""
    await tx.run(_PUT, asdict(row))


async def find_one_time_codes(db: Reader, user_id: UserId) -> OneTimeCodes | None:
    return await db.one(_FIND, {"user_id": user_id})


async def lock_one_time_codes(tx: Writer, user_id: UserId) -> OneTimeCodes | None:
    """Like `find_one_time_codes`, and locks the row: nobody can use a code of it until this transaction ends."""
    return await tx.one(_LOCK, {"user_id": user_id})


async def use_step(tx: Writer, user_id: UserId, step: int, now: int) -> None:
    """The caller has locked the row, and the step is later than the last."""
    await tx.run(_USE, {"b_user": user_id, "step": step, "now": now})


async def remove_one_time_codes(tx: Writer, user_id: UserId) -> bool:
    return await tx.run(_REMOVE, {"b_user": user_id}) == 1


async def sealed_codes(db: Reader, after: str, most: int) -> list[OneTimeCodes]:
    """Ordered by person, behind one."""
    return await db.all(_PAGE, {"after": after, "most": most})


async def reseal_codes(tx: Writer, user_id: UserId, before: bytes, after: bytes) -> bool:
    return await tx.run(_RESEAL, {"b_user": user_id, "before": before, "after": after}) == 1
