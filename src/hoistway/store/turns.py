"""Operators change things one after the other: of two who change each other, neither waits for ever."""

from typing import Final

from sqlalchemy import func, literal_column, select

from hoistway.store.db import Statement, Writer, nothing

OPERATORS: Final = 0x0401_0001
"""The number of the turn in PostgreSQL; nothing else of ours takes such locks."""

# SQLite has one writer at a time anyway.
_TURN = Statement(
    select(func.pg_advisory_xact_lock(literal_column(str(OPERATORS)))),
    nothing,
    on_sqlite=select(literal_column("1")),
)


async def take_turn(tx: Writer) -> None:
    """Until this transaction ends no other operator changes anything. To be taken before any row."""
    await tx.one(_TURN, {})
