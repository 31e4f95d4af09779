"""Refused and failed calls of one customer since a day began, by application."""

from msgspec import Struct
from sqlalchemy import bindparam, func, or_, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Database, Statement
from hoistway.store.usage_days import USAGE_DAYS


class Errors(Struct, frozen=True):
    """`client_id` and `name` are "" where the application is unknown; `surface` is "api" or "token"."""

    client_id: str
    name: str
    surface: str
    refused: int
    failed: int


_U = USAGE_DAYS.c
_CALLS = func.sum(_U.calls)
_FEW = (
    select(
        _U.client_id, _U.surface,
        func.coalesce(_CALLS.filter(_U.status < 500), 0).label("refused"),
        func.coalesce(_CALLS.filter(_U.status >= 500), 0).label("failed"),
        _CALLS.label("calls"),
    )
    .where(
        _U.customer_id == bindparam("customer_id"), _U.at >= bindparam("since"), _U.status >= 400,
        or_(_U.surface == "api", _U.surface == "token"),
    )
    .group_by(_U.client_id, _U.surface)
    .order_by(_CALLS.desc(), _U.client_id, _U.surface)
    .limit(bindparam("most"))
    .subquery()
)  # fmt: skip
_ERRORS = Statement(
    lambda: (
        select(_FEW.c.client_id, CLIENTS.c.name, _FEW.c.surface, _FEW.c.refused, _FEW.c.failed)
        .select_from(_FEW.outerjoin(CLIENTS, CLIENTS.c.id == _FEW.c.client_id))
        .order_by(_FEW.c.calls.desc(), _FEW.c.client_id, _FEW.c.surface)
    ),
    lambda client_id, name, surface, refused, failed: Errors(client_id, name or "", surface, int(refused), int(failed)),
)


async def errors_by_application(db: Database, customer_id: CustomerId, since: int, most: int) -> list[Errors]:
    """Applications with the most errors first. Raises Busy."""
    return await db.slow(_ERRORS, {"customer_id": customer_id, "since": since, "most": most}, customer_id)
