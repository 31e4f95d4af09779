"""The sessions of one person: listed, ended by the id that pages show, and when they were last used."""

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.sessions import SESSIONS, Session, take_which

_S = SESSIONS.c
_TAKE_NAMED = Statement(
    lambda: (
        delete(SESSIONS)
        .where(_S.public_id == bindparam("public_id"), _S.user_id == bindparam("user_id"))
        .returning(*SESSIONS.columns)
    ),
    Session,
)
_TAKE_OTHERS = Statement(
    lambda: (
        delete(SESSIONS)
        .where(_S.user_id == bindparam("user_id"), _S.session_digest != bindparam("digest"))
        .returning(*SESSIONS.columns)
    ),
    Session,
)
_OF_USER = Statement(
    lambda: (
        select(SESSIONS)
        .where(_S.user_id == bindparam("user_id"), _S.expires_at > bindparam("now"))
        .order_by(_S.created_at.desc(), _S.session_digest)
    ),
    Session,
)
_USED = Statement(
    lambda: (
        update(SESSIONS)
        .where(_S.session_digest == bindparam("b_digest"))
        .values(last_used_at=bindparam("used_at"), last_network=bindparam("used_network"))
    ),
    nothing,
)


async def take_session_named(tx: Writer, user_id: UserId, public_id: str) -> Session | None:
    """Ends one of the person's by the id that pages show."""
    return next(iter(await take_which(tx, _TAKE_NAMED, {"user_id": user_id, "public_id": public_id})), None)


async def take_other_sessions(tx: Writer, user_id: UserId, digest: bytes) -> list[Session]:
    """Ends all of the person's but this one."""
    return await take_which(tx, _TAKE_OTHERS, {"user_id": user_id, "digest": digest})


async def sessions_of(db: Reader, user_id: UserId, now: int) -> list[Session]:
    """The newest first; as many as a person may have."""
    return await db.all(_OF_USER, {"user_id": user_id, "now": now})


async def mark_sessions_used(tx: Writer, used: Mapping[bytes, tuple[int, str]]) -> None:
    """`used` maps digests to time and network of the last use."""
    rows = [
        {"b_digest": digest, "used_at": at, "used_network": network} for digest, (at, network) in sorted(used.items())
    ]
    await tx.run_many(_USED, rows)
