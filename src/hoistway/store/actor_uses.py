"""Who called the APIs through which application: one row for each person or technical account, application and day
(docs/adr/0039-who-called.md). Nothing refers to other tables, because counts outlive what they are about.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Index,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import Insert

from hoistway.protocol.ids import CustomerId
from hoistway.store.clients import CLIENTS
from hoistway.store.columns import key, lists_of, number
from hoistway.store.db import Reads, Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.schema import METADATA
from hoistway.store.service_accounts import SERVICE_ACCOUNTS
from hoistway.store.users import USERS

ACTOR_USES = Table(
    "actor_uses",
    METADATA,
    key("customer_id"),
    Column("day", BigInteger, primary_key=True),
    key("kind"),
    key("actor"),
    key("client_id"),
    number("calls"),
    number("refused"),
    Index("ix_actor_uses_day", "day"),
    Index("ix_actor_uses_actor", "actor"),
)
MOST: Final = 500
"""Rows of a customer and a day; the calls of whoever comes later are summed in one row, whose kind is OTHERS."""
OTHERS: Final = ""
KEPT: Final = 92 * 86_400


class ActorUse(Struct, frozen=True):
    """`day` is its beginning (UTC); `kind` is that of protocol/subject, or OTHERS."""

    customer_id: str
    day: int
    kind: str
    actor: str
    client_id: str
    calls: int
    refused: int


class Used(Struct, frozen=True):
    """The sum of a time. `person` is the name of somebody who is a person of the customer, `account` that of its technical
    account; both are None for others."""

    kind: str
    actor: str
    client_id: str
    calls: int
    refused: int
    last_day: int
    person: str | None
    account: str | None
    application: str | None


_A, _M, _U, _S = ACTOR_USES.c, MEMBERSHIPS.c, USERS.c, SERVICE_ACCOUNTS.c
_KEY: Final = ("customer_id", "day", "kind", "actor", "client_id")
_ROW: Final = {column.name: bindparam(column.name, type_=column.type) for column in ACTOR_USES.columns}
_ASKED = lists_of({column.name: column.type for column in ACTOR_USES.columns})
# Written out, because the other parameters are taken from rows.
_FULL, _NOBODY = literal_column(str(MOST), BigInteger()), literal_column("''", Text())
_OF_DAY = and_(_A.customer_id == _ROW["customer_id"], _A.day == _ROW["day"])


def _summing(given: Any) -> Insert:
    statement = Insert(ACTOR_USES).from_select([column.name for column in ACTOR_USES.columns], given)
    sums: dict[str, Any] = {name: _A[name] + statement.excluded[name] for name in ("calls", "refused")}
    return statement.on_conflict_do_update(index_elements=list(_KEY), set_=sums)


def _adding() -> Insert:
    """Into the row of the others where it has none of its own and the day is full."""
    known = select(_A.actor).where(_OF_DAY, *(_A[name] == _ROW[name] for name in _KEY[2:])).exists()
    rows = select(func.count()).select_from(ACTOR_USES).where(_OF_DAY).scalar_subquery()
    fits = or_(known, rows < _FULL)
    values = [case((fits, _ROW[name]), else_=_NOBODY) for name in _KEY[2:]]
    return _summing(select(_ROW["customer_id"], _ROW["day"], *values, _ROW["calls"], _ROW["refused"]).where(true()))


def _adding_all() -> Insert:
    """The same for lists of rows: the first new ones of a customer and a day get what is free, in the order of the lists."""
    a = _ASKED.c
    same = and_(*(_A[name] == a[name] for name in _KEY))
    known = _A.calls.is_not(None)
    turn = func.row_number().over(partition_by=(a.customer_id, a.day, known), order_by=a.place)
    asked = (
        select(*a, known.label("known"), turn.label("turn"))
        .select_from(_ASKED.outerjoin(ACTOR_USES, same))
        .subquery()
        .c
    )
    held = ACTOR_USES.alias("held")
    rows = (
        select(func.count()).where(held.c.customer_id == asked.customer_id, held.c.day == asked.day).scalar_subquery()
    )
    fits = or_(asked.known, rows + asked.turn <= _FULL)
    placed = select(
        asked.customer_id, asked.day, *(case((fits, asked[name]), else_=_NOBODY).label(name) for name in _KEY[2:]),
        asked.calls, asked.refused,
    ).subquery().c  # fmt: skip
    keys = [placed[name] for name in _KEY]
    sums = [cast(func.sum(one), BigInteger) for one in (placed.calls, placed.refused)]
    return _summing(select(*keys, *sums).group_by(*keys).order_by(*keys))


def _holding(given: Any) -> Insert:
    """Makes the row of the others, and holds it until the transaction ends."""
    statement = Insert(ACTOR_USES).from_select([column.name for column in ACTOR_USES.columns], given)
    return statement.on_conflict_do_update(index_elements=list(_KEY), set_={"calls": _A.calls})


_ADD = Statement(_adding, nothing, Statement(_adding_all, nothing))
_HOLD = Statement(
    lambda: _holding(select(*_ROW.values()).where(true())),
    nothing,
    Statement(
        lambda: _holding(select(*(_ASKED.c[name] for name in _ROW)).order_by(_ASKED.c.customer_id, _ASKED.c.day)),
        nothing,
    ),
)
_KEYS: Final = [_A[name] for name in _KEY]
_PRUNE = Statement(
    lambda: delete(ACTOR_USES).where(
        tuple_(*_KEYS).in_(select(*_KEYS).where(_A.day < bindparam("before")).limit(bindparam("most")))
    ),
    nothing,
)


def _summed() -> Any:
    calls = func.sum(_A.calls)
    sums = (
        select(
            _A.kind, _A.actor, _A.client_id, calls.label("calls"), func.sum(_A.refused).label("refused"),
            func.max(_A.day).label("last_day"),
        )
        .where(_A.customer_id == bindparam("customer_id"), _A.day >= bindparam("since"))
        .group_by(_A.kind, _A.actor, _A.client_id)
        .having(calls > 0)
        .order_by(calls.desc(), _A.actor, _A.client_id)
        .limit(bindparam("most"))
        .subquery()
    )  # fmt: skip
    of: BindParameter[str] = bindparam("customer_id")
    named = (
        sums.outerjoin(MEMBERSHIPS, and_(sums.c.kind == "user", _M.user_id == sums.c.actor, _M.customer_id == of))
        .outerjoin(USERS, _U.id == _M.user_id)
        .outerjoin(
            SERVICE_ACCOUNTS, and_(sums.c.kind == "service_account", _S.id == sums.c.actor, _S.customer_id == of)
        )
        .outerjoin(
            CLIENTS,
            and_(CLIENTS.c.id == sums.c.client_id, or_(CLIENTS.c.customer_id == of, CLIENTS.c.customer_id.is_(None))),
        )
    )
    return (
        select(*sums.c, _U.name.label("person"), _S.username.label("account"), CLIENTS.c.name.label("application"))
        .select_from(named)
        .order_by(sums.c.calls.desc(), sums.c.actor, sums.c.client_id)
    )


def _used(kind: str, actor: str, client_id: str, calls: int, refused: int, last_day: int, *names: str | None) -> Used:
    person, account, application = names
    return Used(kind, actor, client_id, int(calls), int(refused), last_day, person, account, application)


_SHOWN = Statement(_summed, _used)


async def add_actor_uses(tx: Writer, uses: Sequence[ActorUse]) -> None:
    """Of each customer and day the row of the others is held first: two processes that write both add to it, in whatever
    order, and do not wait for each other for ever. On PostgreSQL these are two statements, however many rows there are."""
    days = sorted({(one.customer_id, one.day) for one in uses})
    await tx.put_rows(_HOLD, [ActorUse(*day, OTHERS, OTHERS, OTHERS, 0, 0) for day in days])
    await tx.put_rows(_ADD, uses)


async def actors_of(db: Reads, customer_id: CustomerId, since: int, most: int) -> list[Used]:
    """The most frequent first, since the day that begins then."""
    return await db.slow(_SHOWN, {"customer_id": customer_id, "since": since, "most": most}, customer_id)


async def prune_actor_uses(tx: Writer, before: int, most: int) -> int:
    """Deletes up to `most` rows of days that began before that time; returns how many."""
    return await tx.run(_PRUNE, {"before": before, "most": most})
