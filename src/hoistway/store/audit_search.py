"""Searching the audit trail: newest first by the time-ordered id, each filter and their combinations made in advance."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, select

from hoistway.store.audit import AUDIT, WrittenEntry
from hoistway.store.db import Database, Statement

FILTERS: Final = ("event", "actor", "client_id", "customer_id", "correlation_id")
_A = AUDIT.c
_EVER = 2**62


def _statement(names: frozenset[str]) -> Statement[WrittenEntry]:
    conditions = [_A[name] == bindparam(name) for name in sorted(names)]
    clause = (
        select(AUDIT)
        .where(_A.id < bindparam("before"), _A.at >= bindparam("since"), _A.at <= bindparam("until"), *conditions)
        .order_by(_A.id.desc())
        .limit(bindparam("most"))
    )
    return Statement(clause, WrittenEntry)


_STATEMENTS = {
    names: _statement(names)
    for mask in range(2 ** len(FILTERS))
    for names in [frozenset(name for bit, name in enumerate(FILTERS) if mask >> bit & 1)]
}


async def search_audit(
    db: Database, wanted: Mapping[str, str], *, since: int | None, until: int | None, before: str, most: int
) -> list[WrittenEntry]:
    """`wanted` by column, of FILTERS; times in seconds since the epoch; `before` an id, empty for the newest."""
    params = {
        **wanted,
        "before": before or "~",
        "since": since or 0,
        "until": _EVER if until is None else until,
        "most": most,
    }
    return await db.slow(_STATEMENTS[frozenset(wanted)], params)
