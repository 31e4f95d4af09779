"""The queue of logout tokens: sessions that ended, by application (docs/adr/0036-backchannel-logout.md)."""

from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Subquery, and_, bindparam, delete, func, literal_column, or_, select, update

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.application_sessions import APPLICATION_SESSIONS, ApplicationSession
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Statement, Writer, nothing

MOST_OF_APPLICATION: Final = 5_000
MOST_IN_ALL: Final = 50_000
"""That wait."""


class Waiting(Struct, frozen=True):
    """How many notices wait for an application, due or not."""

    client_id: ClientId
    count: int


class Due(Struct, frozen=True):
    """An application for which notices are due since then; `owner` is its customer, None for one of the operator's own."""

    client_id: ClientId
    owner: CustomerId | None
    environment: str
    since: int


_A = APPLICATION_SESSIONS.c
_WAITS = _A.next_at.is_not(None)


def _is(prefix: str = "") -> ColumnElement[bool]:
    return and_(
        _A.sid == bindparam(f"{prefix}sid"),
        _A.client_id == bindparam(f"{prefix}client"),
        _A.issuer == bindparam(f"{prefix}issuer"),
    )


def _newest() -> Subquery:
    waiting = select(_A.sid).where(_A.client_id == bindparam("client"), _WAITS)
    return waiting.order_by(_A.begun_at.desc(), _A.sid).limit(bindparam("most")).subquery()


_DUE_OF = Statement(
    lambda: (
        select(
            _A.client_id,
            CLIENTS.c.customer_id.label("owner"),
            CLIENTS.c.environment,
            func.min(_A.next_at).label("since"),
        )
        .join(CLIENTS, CLIENTS.c.id == _A.client_id)
        .where(_WAITS, _A.next_at <= bindparam("now"))
        .group_by(_A.client_id, CLIENTS.c.customer_id, CLIENTS.c.environment)
        .order_by(CLIENTS.c.environment == literal_column("'sandbox'"), func.min(_A.next_at), _A.client_id)
        .limit(bindparam("most"))
    ),
    Due,
)
_TAKE = Statement(
    lambda: (
        update(APPLICATION_SESSIONS)
        .where(_is("b_"), _WAITS, _A.next_at <= bindparam("now"))
        .values(next_at=bindparam("until"))
        .returning(*APPLICATION_SESSIONS.columns)
    ),
    ApplicationSession,
)
_DUE = Statement(
    lambda: (
        select(APPLICATION_SESSIONS)
        .where(_A.client_id == bindparam("client"), _WAITS, _A.next_at <= bindparam("now"))
        .order_by(_A.next_at, _A.begun_at, _A.sid, _A.issuer)
        .limit(bindparam("most"))
    ),
    ApplicationSession,
)
_REMOVE = Statement(lambda: delete(APPLICATION_SESSIONS).where(_is()), nothing)
_PUT_OFF = Statement(
    lambda: (
        update(APPLICATION_SESSIONS)
        .where(_A.client_id == bindparam("b_client"), _WAITS, or_(_A.next_at <= bindparam("now"), _is("b_")))
        .values(next_at=bindparam("at"), attempts=_A.attempts + 1)
    ),
    nothing,
)
_GIVE_UP = Statement(
    lambda: delete(APPLICATION_SESSIONS).where(
        _A.client_id == bindparam("client"), _WAITS, _A.attempts >= bindparam("most")
    ),
    nothing,
)
_FORGET = Statement(lambda: delete(APPLICATION_SESSIONS).where(_A.client_id == bindparam("client"), _WAITS), nothing)
_COUNT = Statement(
    lambda: (
        select(_A.client_id, func.count().label("count"))
        .where(_WAITS)
        .group_by(_A.client_id)
        .order_by(func.count().desc(), _A.client_id)
    ),
    Waiting,
)
_DROP = Statement(
    lambda: delete(APPLICATION_SESSIONS).where(
        _A.client_id == bindparam("client"), _WAITS, _A.sid.not_in(select(_newest().c.sid))
    ),
    nothing,
)


def _key(row: ApplicationSession, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}sid": row.sid, f"{prefix}client": row.client_id, f"{prefix}issuer": row.issuer}


async def due_applications(db: Reader, now: int, most: int) -> list[Due]:
    """Those that have been due longest come first."""
    return await db.all(_DUE_OF, {"now": now, "most": most})


async def due_notices(db: Reader, client_id: ClientId, now: int, most: int) -> list[ApplicationSession]:
    return await db.all(_DUE, {"client": client_id, "now": now, "most": most})


async def take_notice(tx: Writer, row: ApplicationSession, now: int, until: int) -> ApplicationSession | None:
    """Reserves it for one process until the given time; None where another process has it."""
    return await tx.one(_TAKE, {**_key(row, "b_"), "now": now, "until": until})


async def remove_notice(tx: Writer, row: ApplicationSession) -> None:
    await tx.run(_REMOVE, _key(row))


async def put_notices_off(tx: Writer, row: ApplicationSession, due_by: int | None, at: int) -> int:
    """The one that was taken, and all that are due for the same application by that time. Returns how many."""
    return await tx.run(_PUT_OFF, {**_key(row, "b_"), "now": -1 if due_by is None else due_by, "at": at})


async def give_notices_up(tx: Writer, client_id: ClientId, most: int) -> int:
    """Those with that many failed attempts. Returns how many."""
    return await tx.run(_GIVE_UP, {"client": client_id, "most": most})


async def forget_notices(tx: Writer, client_id: ClientId) -> int:
    """The application is to be told no more."""
    return await tx.run(_FORGET, {"client": client_id})


async def count_waiting(db: Reader) -> list[Waiting]:
    """The application for which most wait comes first."""
    return await db.all(_COUNT, {})


async def drop_notices(tx: Writer, client_id: ClientId, most: int) -> int:
    """Keeps at most the newest `most`. Returns how many went."""
    return await tx.run(_DROP, {"client": client_id, "most": most})
