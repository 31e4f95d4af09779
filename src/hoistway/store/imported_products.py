"""Which products an import made: those that are as old as one, as an import makes its products at the moment at which it began."""

from sqlalchemy import bindparam, exists, select

from hoistway.store.db import Reader, Statement
from hoistway.store.imports import IMPORTS
from hoistway.store.products import PRODUCTS

_MADE = Statement(
    lambda: select(PRODUCTS.c.id).where(
        exists().where(IMPORTS.c.kind == bindparam("kind"), IMPORTS.c.begun_at == PRODUCTS.c.created_at)
    ),
    str,
)


async def made_by_imports(db: Reader, kind: str) -> frozenset[str]:
    return frozenset(await db.all(_MADE, {"kind": kind}))
