"""Revoked access tokens and grants, kept only until the last token concerned has expired; every process holds a copy."""

from collections.abc import Sequence

from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.store.columns import at, insert_all, key
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

REVOCATIONS = Table(
    "revocations",
    METADATA,
    key(),
    at("revoked_at"),
    at("expires_at"),
    Index("ix_revocations_revoked_at", "revoked_at"),
    Index("ix_revocations_expires_at", "expires_at"),
)

_R = REVOCATIONS.c
_ADD = Statement(insert_all(REVOCATIONS, ignore=True), nothing)
_SINCE = Statement(
    select(_R.id, _R.expires_at).where(_R.revoked_at >= bindparam("since"), _R.expires_at > bindparam("now")),
    lambda id, expires_at: (str(id), int(expires_at)),
)
_PRUNE = Statement(delete(REVOCATIONS).where(_R.expires_at < bindparam("now")), nothing)


async def add_revocation(tx: Writer, revoked_id: str, *, now: int, expires_at: int) -> None:
    """`revoked_id` is the `jti` of an access token, or the id of a grant for all of its access tokens."""
    await tx.run(_ADD, {"id": revoked_id, "revoked_at": now, "expires_at": expires_at})


async def add_revocations(tx: Writer, revoked_ids: Sequence[str], *, now: int, expires_at: int) -> None:
    await tx.run_many(_ADD, [{"id": one, "revoked_at": now, "expires_at": expires_at} for one in revoked_ids])


async def revocations_since(db: Reader, since: int, now: int) -> list[tuple[str, int]]:
    """(id, expires_at) of what was revoked at `since` or later and still matters."""
    return await db.all(_SINCE, {"since": since, "now": now})


async def prune_revocations(tx: Writer, now: int) -> int:
    return await tx.run(_PRUNE, {"now": now})
