"""What files manage: which set of files named a thing last (docs/adr/0044-files.md)."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.store.columns import at, key, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

MANAGED_THINGS = Table(
    "managed_things",
    METADATA,
    key("kind"),
    key("thing_id"),
    text("set_name"),
    at("since"),
    Index("ix_managed_things_set", "set_name", "kind", "thing_id"),
)


class Managed(Struct, frozen=True):
    """`kind` is a part of a file, such as "applications"; `thing_id` what it is found by there."""

    kind: str
    thing_id: str
    set_name: str
    since: int


_M = MANAGED_THINGS.c
_PUT = Statement(lambda: upsert(MANAGED_THINGS, keep=("since",)), nothing)
_FIND = Statement(
    lambda: select(MANAGED_THINGS).where(_M.kind == bindparam("kind"), _M.thing_id == bindparam("thing_id")), Managed
)
_OF_SET = Statement(
    lambda: (
        select(MANAGED_THINGS)
        .where(_M.set_name == bindparam("set_name"), _M.kind == bindparam("kind"), _M.thing_id > bindparam("after"))
        .order_by(_M.thing_id)
        .limit(bindparam("most"))
    ),
    Managed,
)
_REMOVE = Statement(
    lambda: delete(MANAGED_THINGS).where(_M.kind == bindparam("kind"), _M.thing_id == bindparam("thing_id")), nothing
)


async def put_managed(tx: Writer, row: Managed) -> None:
    await tx.run(_PUT, asdict(row))


async def find_managed(db: Reader, kind: str, thing_id: str) -> Managed | None:
    return await db.one(_FIND, {"kind": kind, "thing_id": thing_id})


async def managed_of_set(db: Reader, set_name: str, kind: str, after: str = "", most: int = 1_000) -> list[Managed]:
    """Ordered by id."""
    return await db.all(_OF_SET, {"set_name": set_name, "kind": kind, "after": after, "most": most})


async def remove_managed(tx: Writer, kind: str, thing_id: str) -> None:
    await tx.run(_REMOVE, {"kind": kind, "thing_id": thing_id})
