"""Searches the audit trail, newest first by the time-ordered id, with one statement for each combination of filters."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.sql.expression import Executable

from hoistway.store.audit import AUDIT, WrittenEntry
from hoistway.store.db import Database, Statement

FILTERS: Final = ("event", "actor", "client_id", "customer_id", "correlation_id")
SLOTS: Final = 20
"""How many values of one column are looked for at once; fewer fill the rest with the first."""
_EVENTS: Final = 1000
_A = AUDIT.c
_EVER = 2**62


@cache
def statement_of(names: frozenset[str]) -> Statement[WrittenEntry]:
    """Of one combination, kept once it was asked for."""
    conditions = [_A[name].in_([bindparam(f"{name}_{slot}") for slot in range(SLOTS)]) for name in sorted(names)]
    return Statement(
        lambda: (
            select(AUDIT)
            .where(_A.id < bindparam("before"), _A.at >= bindparam("since"), _A.at <= bindparam("until"), *conditions)
            .order_by(_A.id.desc())
            .limit(bindparam("most"))
        ),
        WrittenEntry,
    )


def _kinds() -> Executable:
    """One index lookup for each kind of event, instead of reading every entry."""
    first = select(func.min(_A.event).label("event")).cte("kinds", recursive=True)
    after = select(func.min(_A.event)).where(_A.event > first.c.event).scalar_subquery()
    kinds = first.union_all(select(after).where(first.c.event.is_not(None)))
    return select(kinds.c.event).where(kinds.c.event.is_not(None)).limit(_EVENTS)


KINDS: Final = Statement(_kinds, str)


async def kinds_of_events(db: Database) -> list[str]:
    """The names of the events that occur in the trail, sorted."""
    return await db.slow(KINDS, {})


async def search_audit(
    db: Database,
    wanted: Mapping[str, list[str]],
    *,
    since: int | None,
    until: int | None,
    before: str,
    most: int,
    of: str = "",
) -> list[WrittenEntry]:
    """`wanted` maps columns (of FILTERS) to lists of 1 to SLOTS values; an entry matches if it has any of them. Pass a
    list even for one value, because a bare string would be read letter by letter. Times are in seconds since the epoch;
    `before` is an id, empty for the newest entries. `of` is the customer for whom the search runs, empty for
    operators."""
    values = {
        f"{name}_{slot}": anyone[slot] if slot < len(anyone) else anyone[0]
        for name, anyone in wanted.items()
        for slot in range(SLOTS)
    }
    params = {
        **values,
        "before": before or "~",
        "since": since or 0,
        "until": _EVER if until is None else until,
        "most": most,
    }
    return await db.slow(statement_of(frozenset(wanted)), params, of)
