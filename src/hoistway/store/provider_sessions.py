"""Which sessions began at a provider, and answers of providers that were spent."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    bindparam,
    delete,
    exists,
    null,
    or_,
    select,
    update,
)

from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.store.columns import at, insert_all, optional_text, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.identities import IDENTITIES
from hoistway.store.provider_domains import PROVIDER_DOMAINS
from hoistway.store.providers import PROVIDERS
from hoistway.store.schema import METADATA
from hoistway.store.sessions import SESSIONS, Session, end_which, ending, take_which

PROVIDER_SESSIONS = Table(
    "provider_sessions",
    METADATA,
    Column("session_digest", LargeBinary, ForeignKey("sessions.session_digest", ondelete="CASCADE"), primary_key=True),
    reference("provider_id", "providers.id"),
    optional_text("sid"),
    Column("hint", LargeBinary, nullable=True),
    Index("ix_provider_sessions_provider_id", "provider_id", "sid"),
)
SPENT_STATES = Table(
    "spent_states",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    at("ends_at"),
    Index("ix_spent_states_ends_at", "ends_at"),
)


class ProviderSession(Struct, frozen=True):
    """`sid` is the provider's name of its session. `hint` is its ID token, sealed, where signing out leads there."""

    session_digest: bytes
    provider_id: ProviderId
    sid: str | None
    hint: bytes | None


_S = PROVIDER_SESSIONS.c
_INSERT = Statement(lambda: insert_all(PROVIDER_SESSIONS), nothing)
_FIND = Statement(
    lambda: select(PROVIDER_SESSIONS).where(_S.session_digest == bindparam("digest")),
    lambda session_digest, provider_id, sid, hint: ProviderSession(
        bytes(session_digest), ProviderId(provider_id), sid, None if hint is None else bytes(hint)
    ),
)


def _began(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    there = select(_S.session_digest).where(_S.provider_id == bindparam("provider_id"), *which)
    return SESSIONS.c.session_digest.in_(there)


_END = Statement(lambda: ending(_began()), str)
_END_NAMED = Statement(lambda: ending(_began(_S.sid == bindparam("sid"))), str)
_END_OF_PERSON = Statement(lambda: ending(_began(), SESSIONS.c.user_id == bindparam("user_id")), str)
_END_NAMED_OF_PERSON = Statement(
    lambda: ending(_began(_S.sid == bindparam("sid")), SESSIONS.c.user_id == bindparam("user_id")), str
)
_DOUBT = Statement(
    lambda: (
        update(SESSIONS)
        .where(
            SESSIONS.c.user_id == bindparam("b_user"),
            exists().where(
                _S.session_digest == SESSIONS.c.session_digest,
                _S.provider_id == PROVIDERS.c.id,
                PROVIDERS.c.customer_id != bindparam("b_customer"),
            ),
        )
        .values(amr="", proven_at=null())
    ),
    nothing,
)
_TAKE = Statement(
    lambda: delete(SESSIONS).where(_began(), SESSIONS.c.user_id == bindparam("user_id")).returning(*SESSIONS.columns),
    Session,
)
_END_ELSEWHERE = Statement(
    lambda: ending(
        SESSIONS.c.user_id == bindparam("user_id"),
        exists().where(
            _S.session_digest == SESSIONS.c.session_digest,
            _S.provider_id == PROVIDERS.c.id,
            PROVIDERS.c.customer_id != bindparam("customer_id"),
            IDENTITIES.c.provider_id == PROVIDERS.c.id,
            IDENTITIES.c.user_id == bindparam("user_id"),
            or_(
                IDENTITIES.c.how == "proof",
                ~exists().where(
                    PROVIDER_DOMAINS.c.provider_id == PROVIDERS.c.id,
                    PROVIDER_DOMAINS.c.domain == bindparam("domain"),
                    PROVIDER_DOMAINS.c.proved_at.is_not(None),
                ),
            ),
        ),
    ),
    str,
)
_SPEND = Statement(lambda: insert_all(SPENT_STATES, ignore=True), nothing)
_PRUNE = Statement(lambda: delete(SPENT_STATES).where(SPENT_STATES.c.ends_at < bindparam("now")), nothing)


async def add_provider_session(tx: Writer, row: ProviderSession) -> None:
    """The session stands in the same transaction."""
    await tx.run(_INSERT, asdict(row))


async def find_provider_session(db: Reader, session_digest: bytes) -> ProviderSession | None:
    return await db.one(_FIND, {"digest": session_digest})


async def end_sessions_from(tx: Writer, provider_id: ProviderId) -> int:
    """Ends every session that began at the provider."""
    return await end_which(tx, _END, {"provider_id": provider_id})


async def end_named_sessions(tx: Writer, provider_id: ProviderId, sid: str | None, user_id: UserId | None) -> int:
    """Ends those that began at the provider under this name of its own, of this person, or both where both are given;
    one of them is."""
    if sid is None and user_id is None:
        raise ValueError("all sessions of the provider were meant to end")
    statement = _END_OF_PERSON if sid is None else _END_NAMED if user_id is None else _END_NAMED_OF_PERSON
    return await end_which(tx, statement, {"provider_id": provider_id, "sid": sid, "user_id": user_id})


async def take_sessions_from(tx: Writer, provider_id: ProviderId, user_id: UserId) -> list[Session]:
    """Ends what this person began at the provider."""
    return await take_which(tx, _TAKE, {"provider_id": provider_id, "user_id": user_id})


async def doubt_other_providers(tx: Writer, user_id: UserId, customer_id: CustomerId, domain: str) -> None:
    """The person has a place in this customer from now on, for which providers of others do not speak: sessions that began there
    open their customer alone, and change no way in, until the person proves themselves. What began by a link of the person's own
    ends, and what began at a provider that has not proved `domain`, that of the address to which a new password would be sent."""
    await end_which(tx, _END_ELSEWHERE, {"user_id": user_id, "customer_id": customer_id, "domain": domain})
    await tx.run(_DOUBT, {"b_user": user_id, "b_customer": customer_id})


async def spend_state(tx: Writer, digest: bytes, ends_at: int) -> bool:
    """False where it was spent before: of two at once the second waits and then finds it."""
    return await tx.run(_SPEND, {"digest": digest, "ends_at": ends_at}) == 1


async def prune_states(tx: Writer, now: int) -> int:
    return await tx.run(_PRUNE, {"now": now})
