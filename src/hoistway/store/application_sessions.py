"""Which applications know of a browser session by its `sid`, and are to be told when it ends
(https://openid.net/specs/openid-connect-backchannel-1_0.html). A row is due from the end of its session on.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Index, Table, bindparam, column, delete, func, select, update

from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.columns import at, insert_all, key, number, optional_at, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

APPLICATION_SESSIONS = Table(
    "application_sessions",
    METADATA,
    key("sid"),
    reference("client_id", "clients.id", primary_key=True),
    key("issuer"),
    text("session_id"),
    optional_text("user_id"),
    at("begun_at"),
    at("expires_at"),
    optional_at("next_at"),
    number("attempts"),
    Index("ix_application_sessions_session_id", "session_id"),
    Index("ix_application_sessions_user_id", "user_id"),
    Index("ix_application_sessions_expires_at", "expires_at"),
    Index(
        "ix_application_sessions_due",
        "client_id",
        "next_at",
        sqlite_where=column("next_at").is_not(None),
        postgresql_where=column("next_at").is_not(None),
    ),
)
MOST_SIDS: Final = 20
"""Under which a browser's session is known, where its person signed in again and again; older ones are told."""


class ApplicationSession(Struct, frozen=True):
    """`sid` is what the application knows, `session_id` the session's public id today: they differ where the person has
    signed in again since. `next_at` is None while the session lives, then the time of the next attempt to tell, of
    which `attempts` failed. `user_id` is None once the person was erased."""

    sid: str
    client_id: ClientId
    issuer: str
    session_id: str
    user_id: UserId | None
    begun_at: int
    expires_at: int
    next_at: int | None = None
    attempts: int = 0


_A = APPLICATION_SESSIONS.c


def _newest_sids() -> ColumnElement[bool]:
    newest = (
        select(_A.sid)
        .where(_A.session_id == bindparam("b_before"))
        .group_by(_A.sid)
        .order_by(func.max(_A.begun_at).desc(), _A.sid)
        .limit(bindparam("most"))
        .subquery()
    )
    return _A.sid.in_(select(newest.c.sid))


_INSERT = Statement(lambda: insert_all(APPLICATION_SESSIONS, ignore=True), nothing)
_KNOWS = Statement(
    lambda: select(_A.sid).where(_A.sid == bindparam("sid"), _A.client_id == bindparam("client"), _A.next_at.is_(None)),
    str,
)
_CARRY = Statement(
    lambda: (
        update(APPLICATION_SESSIONS)
        .where(
            _A.session_id == bindparam("b_before"),
            _A.user_id == bindparam("b_user"),
            _A.next_at.is_(None),
            _newest_sids(),
        )
        .values(session_id=bindparam("after"), expires_at=bindparam("until"))
    ),
    nothing,
)
_END = Statement(
    lambda: (
        update(APPLICATION_SESSIONS)
        .where(_A.session_id == bindparam("b_session"), _A.next_at.is_(None))
        .values(next_at=bindparam("at"))
    ),
    nothing,
)
_END_ALL = Statement(
    lambda: update(APPLICATION_SESSIONS).where(_A.next_at.is_(None)).values(next_at=bindparam("at")), nothing
)
_PRUNE = Statement(
    lambda: delete(APPLICATION_SESSIONS).where(_A.expires_at < bindparam("now"), _A.next_at.is_(None)), nothing
)


async def add_application_session(tx: Writer, row: ApplicationSession) -> None:
    """Changes nothing where the application knows the session already. The session's row is locked."""
    await tx.run(_INSERT, asdict(row))


async def knows_session(db: Reader, client_id: ClientId, sid: str) -> bool:
    """False where the session has ended."""
    return await db.one(_KNOWS, {"sid": sid, "client": client_id}) is not None


async def carry_sessions(tx: Writer, before: str, after: str, user_id: UserId, until: int) -> None:
    """The person goes on in this browser under a new session: what applications know leads to it."""
    values = {"b_before": before, "after": after, "b_user": user_id, "until": until, "most": MOST_SIDS}
    await tx.run(_CARRY, values)


async def tell_of_end(tx: Writer, session_ids: Sequence[str]) -> None:
    """The sessions ended in this transaction: whoever knows them is told at once."""
    if session_ids:
        await tx.run_many(_END, [{"b_session": one, "at": 0} for one in session_ids])


async def tell_of_all(tx: Writer) -> None:
    """Every session ended."""
    await tx.run(_END_ALL, {"at": 0})


async def prune_application_sessions(tx: Writer, now: int) -> int:
    return await tx.run(_PRUNE, {"now": now})
