"""Creations of the management API that a program may send again within a day: what was asked, and the answer, sealed
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, func, select

from hoistway.protocol.ids import ClientId
from hoistway.store.columns import at, key, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

KEPT: Final = 24 * 3600
MOST_OF_ONE, MOST = 10_000, 50_000

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys", METADATA, key("client_id"), Column("key_digest", LargeBinary, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False), Column("answer", LargeBinary, nullable=False), at("answered_at"),
    Index("ix_idempotency_keys_answered_at", "answered_at"),
)  # fmt: skip


class AnsweredKey(Struct, frozen=True):
    """`key_digest` is that of the key which the application chose, `request_digest` that of the request."""

    client_id: ClientId
    key_digest: bytes
    request_digest: bytes
    answer: bytes
    answered_at: int


_K = IDEMPOTENCY_KEYS.c
_PUT = Statement(lambda: upsert(IDEMPOTENCY_KEYS), nothing)
_FIND = Statement(
    lambda: select(IDEMPOTENCY_KEYS).where(
        _K.client_id == bindparam("client_id"), _K.key_digest == bindparam("key_digest"), _K.answered_at > bindparam("since")
    ),
    AnsweredKey,
)  # fmt: skip
_COUNT_OF = Statement(
    lambda: select(func.count()).where(_K.client_id == bindparam("client_id"), _K.answered_at > bindparam("since")), int
)
_COUNT = Statement(lambda: select(func.count()).where(_K.answered_at > bindparam("since")), int)
_PRUNE = Statement(lambda: delete(IDEMPOTENCY_KEYS).where(_K.answered_at < bindparam("before")), nothing)


async def put_answered_key(tx: Writer, row: AnsweredKey) -> None:
    """In place of an older one with the same key that is not kept any more."""
    await tx.run(_PUT, asdict(row))


async def find_answered_key(db: Reader, client_id: ClientId, key_digest: bytes, since: int) -> AnsweredKey | None:
    """One that was answered after `since`."""
    return await db.one(_FIND, {"client_id": client_id, "key_digest": key_digest, "since": since})


async def count_answered_keys(db: Reader, since: int, client_id: ClientId | None = None) -> int:
    """Of one application, or of all, that were answered after `since`."""
    if client_id is None:
        return await db.one(_COUNT, {"since": since}) or 0
    return await db.one(_COUNT_OF, {"client_id": client_id, "since": since}) or 0


async def prune_answered_keys(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
