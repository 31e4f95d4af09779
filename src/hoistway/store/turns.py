"""Makes operators change things one after the other, so that two who change each other do not wait for each other for ever."""

from typing import Final

from sqlalchemy import func, literal_column, select

from hoistway.store.db import Statement, Writer, nothing

OPERATORS: Final = 0x0401_0001
"""The number of the turn in PostgreSQL; nothing else of ours takes such locks."""

# SQLite has only one writer at a time.
_TURN = Statement(
    lambda: select(func.pg_advisory_xact_lock(literal_column(str(OPERATORS)))),
    nothing,
    on_sqlite=lambda: select(literal_column("1")),
)


async def take_turn(tx: Writer) -> None:
    """No other operator can change anything until this transaction ends. Call it before any row is locked."""
    await tx.one(_TURN, {})
