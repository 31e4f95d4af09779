"""Browser sessions: digests of cookie values. A session ends by signing out, by time, or with the person's account."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, ColumnElement, Index, LargeBinary, Table, bindparam, delete, null, or_, select, update
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.application_sessions import carry_sessions, prune_application_sessions, tell_of_end
from hoistway.store.columns import at, insert_all, newest_of, optional_at, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("session_digest", LargeBinary, primary_key=True),
    text("public_id"),
    reference("user_id", "users.id"),
    optional_text("customer_id"),
    at("auth_time"),
    at("created_at"),
    at("expires_at"),
    optional_text("acting_for"),
    optional_text("amr"),
    optional_at("proven_at"),
    optional_text("agent"),
    optional_text("network"),
    optional_at("begun_at"),
    optional_at("last_used_at"),
    optional_text("last_network"),
    optional_text("earlier_ids"),
    Column("browser_digest", LargeBinary, nullable=True),
    Index("ix_sessions_expires_at", "expires_at"),
    Index("ix_sessions_user_id", "user_id"),
)


class Session(Struct, frozen=True):
    """`public_id` is the `sid` of ID tokens; knowing it opens nothing. `customer_id` is the last choice among the
    person's own customers. `acting_for` is the customer for whom an operator looks at the portal, with a reason that
    was recorded. `amr` is what was proven (protocol/authentication), and `proven_at` when the last of it was. `agent` is the
    browser in words, `network` where the sign-in came from, `begun_at` when the person was first signed in there, and
    `earlier_ids` the public ids of the sessions that this one replaced, separated by spaces. `last_used_at` and `last_network`
    may lag behind. `browser_digest` is explained in store/known_browsers. What a version before did not know is None."""

    session_digest: bytes
    public_id: str
    user_id: UserId
    customer_id: CustomerId | None
    auth_time: int
    created_at: int
    expires_at: int
    acting_for: CustomerId | None = None
    amr: str | None = None
    proven_at: int | None = None
    agent: str | None = None
    network: str | None = None
    begun_at: int | None = None
    last_used_at: int | None = None
    last_network: str | None = None
    earlier_ids: str | None = None
    browser_digest: bytes | None = None

    @property
    def worth(self) -> tuple[str | None, int | None]:
        """What the person proved, and when: where it is another than before, whatever was allowed by it is judged anew."""
        return self.amr, self.proven_at

    @property
    def since(self) -> int:
        return self.created_at if self.begun_at is None else self.begun_at

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own public id and the earlier ones, the newest first."""
        return (self.public_id, *(self.earlier_ids or "").split())


_S = SESSIONS.c
_INSERT = Statement(lambda: insert_all(SESSIONS), nothing)
_FIND = Statement(
    lambda: select(SESSIONS).where(_S.session_digest == bindparam("digest"), _S.expires_at > bindparam("now")), Session
)
_LOCK = Statement(
    lambda: (
        select(SESSIONS)
        .where(_S.session_digest == bindparam("digest"), _S.expires_at > bindparam("now"))
        .with_for_update(key_share=True)
    ),
    Session,
)
_LOCK_OF = Statement(
    lambda: (
        select(_S.session_digest)
        .where(_S.user_id == bindparam("user_id"))
        .order_by(_S.session_digest)
        .with_for_update(key_share=True)
    ),
    bytes,
)
_CHOOSE = Statement(
    lambda: (
        update(SESSIONS).where(_S.session_digest == bindparam("b_digest")).values(customer_id=bindparam("customer"))
    ),
    nothing,
)
_ACT = Statement(
    lambda: update(SESSIONS).where(_S.session_digest == bindparam("b_digest")).values(acting_for=bindparam("customer")),
    nothing,
)
_STOP_FOR = Statement(
    lambda: update(SESSIONS).where(_S.acting_for == bindparam("b_customer")).values(acting_for=null()), nothing
)
_STOP_OF = Statement(
    lambda: (
        update(SESSIONS).where(_S.user_id == bindparam("b_user"), _S.acting_for.is_not(None)).values(acting_for=null())
    ),
    nothing,
)


def ending(*which: ColumnElement[bool]) -> Executable:
    """For `end_which`: the sessions that end."""
    return delete(SESSIONS).where(*which).returning(_S.public_id)


_END_ALL = Statement(lambda: ending(_S.user_id == bindparam("user_id")), str)
_TAKE = Statement(
    lambda: delete(SESSIONS).where(_S.session_digest == bindparam("digest")).returning(*SESSIONS.columns), Session
)
_END_IN = Statement(
    lambda: ending(
        _S.user_id == bindparam("user_id"), or_(_S.customer_id.is_(None), _S.customer_id == bindparam("customer_id"))
    ),
    str,
)
_BOUND = Statement(
    lambda: ending(
        _S.user_id == bindparam("b_user"),
        _S.session_digest.not_in(newest_of(_S.session_digest, _S.user_id, _S.created_at.desc(), _S.session_digest)),
    ),
    str,
)
_PRUNE = Statement(lambda: delete(SESSIONS).where(_S.expires_at < bindparam("now")), nothing)


async def add_session(tx: Writer, session: Session) -> None:
    await tx.run(_INSERT, asdict(session))


async def bound_sessions(tx: Writer, user_id: UserId, most: int) -> int:
    """Ends a person's oldest sessions where there are too many."""
    return await end_which(tx, _BOUND, {"b_user": user_id, "most": most})


async def find_session(db: Reader, digest: bytes, now: int) -> Session | None:
    return await db.one(_FIND, {"digest": digest, "now": now})


async def lock_session(tx: Writer, digest: bytes, now: int) -> Session | None:
    """Like `find_session`, and locks the row: nobody can end or change it until this transaction ends."""
    return await tx.one(_LOCK, {"digest": digest, "now": now})


async def lock_sessions_of(tx: Writer, user_id: UserId) -> None:
    """For whoever changes a place and then ends sessions: who gives something in the name of a session locks it first, and
    the place after it, so two who began with one each would wait for each other."""
    await tx.all(_LOCK_OF, {"user_id": user_id})


async def choose_session_customer(tx: Writer, digest: bytes, customer_id: CustomerId) -> None:
    """The customer is one of the person's own."""
    await tx.run(_CHOOSE, {"b_digest": digest, "customer": customer_id})


async def act_in_session(tx: Writer, digest: bytes, customer_id: CustomerId) -> None:
    """Begins acting for the customer. The caller records it, with the reason."""
    await tx.run(_ACT, {"b_digest": digest, "customer": customer_id})


async def stop_in_session(tx: Writer, digest: bytes) -> None:
    """Ends acting for a customer. The caller records it."""
    await tx.run(_ACT, {"b_digest": digest, "customer": None})


async def stop_acting_for(tx: Writer, customer_id: CustomerId) -> None:
    """Ends all acting for the customer. It does not come back when the customer is enabled again."""
    await tx.run(_STOP_FOR, {"b_customer": customer_id})


async def stop_acting_of(tx: Writer, user_id: UserId) -> None:
    """Ends this person's acting for customers. It does not come back when they get the same role again."""
    await tx.run(_STOP_OF, {"b_user": user_id})


async def end_which(tx: Writer, statement: Statement[str], params: Mapping[str, Any]) -> int:
    """Runs a statement made with `ending`. Whichever way sessions end, applications that know of them are told. Returns
    how many ended."""
    ended = await tx.all(statement, params)
    await tell_of_end(tx, ended)
    return len(ended)


async def end_for(tx: Writer, digest: bytes, before: str, after: Session) -> Session | None:
    """Ends a session because its browser goes on under another; returns it, even where its time was over. Where that is the
    same person's, applications that know the first are told when the other ends."""
    await carry_sessions(tx, before, after.public_id, after.user_id, after.expires_at)
    return await take_session(tx, digest)


async def take_session(tx: Writer, digest: bytes) -> Session | None:
    """Ends it, and returns what it was."""
    return next(iter(await take_which(tx, _TAKE, {"digest": digest})), None)


async def take_which(tx: Writer, statement: Statement[Session], params: Mapping[str, Any]) -> list[Session]:
    """Like `end_which`, for a statement that returns whole rows."""
    ended = await tx.all(statement, params)
    await tell_of_end(tx, [one.public_id for one in ended])
    return ended


async def end_sessions_of(tx: Writer, user_id: UserId) -> int:
    return await end_which(tx, _END_ALL, {"user_id": user_id})


async def end_sessions_in(tx: Writer, user_id: UserId, customer_id: CustomerId) -> int:
    """Those in which the person chose this customer last, or none yet."""
    return await end_which(tx, _END_IN, {"user_id": user_id, "customer_id": customer_id})


async def prune_sessions(tx: Writer, now: int) -> int:
    """Those whose time is over; nobody is told."""
    await prune_application_sessions(tx, now)
    return await tx.run(_PRUNE, {"now": now})
