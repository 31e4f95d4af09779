"""Named random values that all processes share (refresh HMAC, cookies, throttling), sealed under the master key."""

from sqlalchemy import Column, LargeBinary, Table, bindparam, select

from hoistway.store.columns import insert_all, key
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

SECRETS = Table("secrets", METADATA, key("name"), Column("sealed", LargeBinary, nullable=False))

_ADD = Statement(insert_all(SECRETS, ignore=True), nothing)
_FIND = Statement(select(SECRETS.c.sealed).where(SECRETS.c.name == bindparam("name")), bytes)


async def add_sealed(tx: Writer, name: str, sealed: bytes) -> None:
    """Keeps the value that is there, if one is: the first process wins."""
    await tx.run(_ADD, {"name": name, "sealed": sealed})


async def find_sealed(db: Reader, name: str) -> bytes | None:
    return await db.one(_FIND, {"name": name})
