"""Revoked access tokens and families, kept until the last token concerned has expired. Every process holds a copy."""

from collections.abc import Sequence

from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.store.columns import at, insert_all, key, optional_text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

REVOCATIONS = Table(
    "revocations",
    METADATA,
    key(),
    at("revoked_at"),
    at("expires_at"),
    optional_text("made_by"),
    Index("ix_revocations_revoked_at", "revoked_at"),
    Index("ix_revocations_expires_at", "expires_at"),
)

_R = REVOCATIONS.c
_ADD = Statement(lambda: insert_all(REVOCATIONS, ignore=True), nothing)
_SINCE = Statement(
    lambda: select(_R.id, _R.expires_at, _R.made_by).where(
        _R.revoked_at >= bindparam("since"), _R.expires_at > bindparam("now")
    ),
    lambda id, expires_at, made_by: (str(id), int(expires_at), None if made_by is None else str(made_by)),
)
_PRUNE = Statement(lambda: delete(REVOCATIONS).where(_R.expires_at < bindparam("now")), nothing)


async def add_revocation(tx: Writer, revoked_id: str, *, now: int, expires_at: int, made_by: str | None = None) -> None:
    """`revoked_id` is the `jti` of an access token, or the id of a family, which stands for all of its access tokens.
    `made_by` names the application that revoked it, if it was one."""
    await tx.run(_ADD, {"id": revoked_id, "revoked_at": now, "expires_at": expires_at, "made_by": made_by})


async def add_revocations(tx: Writer, revoked_ids: Sequence[str], *, now: int, expires_at: int) -> None:
    rows = [{"id": one, "revoked_at": now, "expires_at": expires_at, "made_by": None} for one in revoked_ids]
    await tx.run_many(_ADD, rows)


async def revocations_since(db: Reader, since: int, now: int) -> list[tuple[str, int, str | None]]:
    """(id, expires_at, made_by) of what was revoked at `since` or later and has not expired."""
    return await db.all(_SINCE, {"since": since, "now": now})


async def prune_revocations(tx: Writer, now: int) -> int:
    return await tx.run(_PRUNE, {"now": now})
