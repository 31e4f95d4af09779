"""Named random values that all processes share (for refresh tokens, cookies, throttling), sealed under the master key."""

from sqlalchemy import Column, LargeBinary, Table, bindparam, select, update

from hoistway.store.columns import insert_all, key
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

SECRETS = Table("secrets", METADATA, key("name"), Column("sealed", LargeBinary, nullable=False))

_ADD = Statement(lambda: insert_all(SECRETS, ignore=True), nothing)
_FIND = Statement(lambda: select(SECRETS.c.sealed).where(SECRETS.c.name == bindparam("name")), bytes)
_ALL = Statement(lambda: select(SECRETS).order_by(SECRETS.c.name), lambda name, sealed: (str(name), bytes(sealed)))
_PAGE = Statement(
    lambda: (
        select(SECRETS).where(SECRETS.c.name > bindparam("after")).order_by(SECRETS.c.name).limit(bindparam("most"))
    ),
    lambda name, sealed: (str(name), bytes(sealed)),
)
_RESEAL = Statement(
    lambda: (
        update(SECRETS)
        .where(SECRETS.c.name == bindparam("b_name"), SECRETS.c.sealed == bindparam("before"))
        .values(sealed=bindparam("after"))
    ),
    nothing,
)


async def add_sealed(tx: Writer, name: str, sealed: bytes) -> None:
    """Keeps an existing value: the first process that adds one wins."""
    await tx.run(_ADD, {"name": name, "sealed": sealed})


async def find_sealed(db: Reader, name: str) -> bytes | None:
    return await db.one(_FIND, {"name": name})


async def all_sealed(db: Reader) -> list[tuple[str, bytes]]:
    """(name, sealed)"""
    return await db.all(_ALL, {})


async def sealed_behind(db: Reader, name: str, most: int) -> list[tuple[str, bytes]]:
    """(name, sealed), ordered by name."""
    return await db.all(_PAGE, {"after": name, "most": most})


async def reseal(tx: Writer, name: str, before: bytes, after: bytes) -> bool:
    """Returns False where somebody else sealed it anew."""
    return await tx.run(_RESEAL, {"b_name": name, "before": before, "after": after}) == 1
