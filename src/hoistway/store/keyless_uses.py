"""Which applications call the Customer API without a subscription key, taken from the counted use of the last days."""

from typing import Final

from msgspec import Struct
from sqlalchemy import bindparam, distinct, func, select

from hoistway.protocol.ids import ClientId
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Database, Statement
from hoistway.store.usage_days import USAGE_DAYS
from hoistway.store.usage_shape import EVERYBODY

MOST_NAMED: Final = 20


class KeylessProgram(Struct, frozen=True):
    """`name` is "" where the application no longer exists; `last_day` is the beginning (UTC) of the last day on which
    it was answered."""

    client_id: ClientId
    name: str
    customers: int
    calls: int
    last_day: int


class Keyless(Struct, frozen=True):
    """How many applications of how many customers got answers; `named` are the ones with the most calls."""

    applications: int = 0
    customers: int = 0
    named: tuple[KeylessProgram, ...] = ()


def _program(client_id: str, name: str | None, customers: int, calls: int, last_day: int) -> KeylessProgram:
    return KeylessProgram(ClientId(client_id), name or "", customers, int(calls), last_day)


_U = USAGE_DAYS.c
_ANSWERED = (
    _U.at >= bindparam("since"), _U.customer_id != EVERYBODY, _U.surface == "api", _U.subscription_id == "", _U.status < 400,
)  # fmt: skip
_COUNT = Statement(
    lambda: select(
        func.count(distinct(_U.client_id)).label("applications"),
        func.count(distinct(_U.customer_id)).label("customers"),
    ).where(*_ANSWERED),
    Keyless,
)
_SUMS = (
    select(
        _U.client_id,
        func.count(distinct(_U.customer_id)).label("customers"),
        func.sum(_U.calls).label("calls"),
        func.max(_U.at).label("last_day"),
    )
    .where(*_ANSWERED)
    .group_by(_U.client_id)
    .order_by(func.sum(_U.calls).desc(), _U.client_id)
    .limit(MOST_NAMED)
    .subquery()
)
_NAMED = Statement(
    lambda: (
        select(_SUMS.c.client_id, CLIENTS.c.name, _SUMS.c.customers, _SUMS.c.calls, _SUMS.c.last_day)
        .select_from(_SUMS.outerjoin(CLIENTS, CLIENTS.c.id == _SUMS.c.client_id))
        .order_by(_SUMS.c.calls.desc(), _SUMS.c.client_id)
    ),
    _program,
)


async def find_keyless(db: Database, since: int) -> Keyless:
    """Looks at days that began at `since` or later. Raises Busy."""
    found = {"since": since}
    (count,) = await db.slow(_COUNT, found)
    if not count.applications:
        return count
    return Keyless(count.applications, count.customers, tuple(await db.slow(_NAMED, found)))
