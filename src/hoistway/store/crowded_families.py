"""Limits how many refresh token families one account may have at one application: some programs begin a new one with each call."""

from sqlalchemy import Select, bindparam, column, delete, func, select

from hoistway.protocol.ids import ClientId
from hoistway.store.db import Database, Statement, nothing
from hoistway.store.families import FAMILIES

MOST_FAMILIES = 1_000
"""Of an account at an application. Looked after in the background, so that no token request counts; those used longest ago end."""

_F = FAMILIES.c
_CROWDED = Statement(
    lambda: (
        select(_F.subject_id, _F.client_id)
        .group_by(_F.subject_id, _F.client_id)
        .having(func.count() > bindparam("most"))
        .limit(100)
    ),
    lambda subject_id, client_id: (str(subject_id), ClientId(client_id)),
)
_KEPT: Select[tuple[str]] = select(column("id")).select_from(
    select(_F.id)
    .where(_F.subject_id == bindparam("b_subject"), _F.client_id == bindparam("b_client"))
    .order_by(_F.rotated_at.desc(), _F.id)
    .limit(bindparam("most"))
    .subquery()
)
_END = Statement(
    lambda: delete(FAMILIES).where(
        _F.subject_id == bindparam("b_subject"), _F.client_id == bindparam("b_client"), _F.id.not_in(_KEPT)
    ),
    nothing,
)


async def end_crowded(db: Database, most: int = MOST_FAMILIES) -> int:
    """Keeps the families that were used last; returns how many it ended. It reads every family, so it must not run
    often."""
    ended = 0
    for subject_id, client_id in await db.slow(_CROWDED, {"most": most}):
        async with db.write() as tx:
            ended += await tx.run(_END, {"b_subject": subject_id, "b_client": client_id, "most": most})
    return ended
