"""The last requests of each application: a bounded sample, so that a caller's correlation id leads to what went wrong.

No token, body, query or address is in it; `detail` is a constant sentence of ours."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Float, Index, Integer, Select, Table, bindparam, delete, func, select

from hoistway.store.clients import CLIENTS
from hoistway.store.columns import at, insert_all, key, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

RECENT_REQUESTS = Table(
    "recent_requests", METADATA, key(), at("at"), text("customer_id"), text("client_id"), text("subscription_id"),
    text("surface"), text("operation"), Column("status", Integer, nullable=False), text("cause"), text("detail"),
    Column("took_ms", Float, nullable=False), text("correlation_id"), Column("failed", Integer, nullable=False),
    Index("ix_recent_requests_customer", "customer_id", "id"),
    Index("ix_recent_requests_client", "customer_id", "client_id", "failed", "id"),
    Index("ix_recent_requests_correlation", "customer_id", "correlation_id"),
    Index("ix_recent_requests_at", "at"),
)  # fmt: skip


class RecentRequest(Struct, frozen=True):
    """`id` sorts by time; `failed` is 1 for statuses of 400 and above; `client_id` is "" where the application is
    unknown."""

    id: str
    at: int
    customer_id: str
    client_id: str
    subscription_id: str
    surface: str
    operation: str
    status: int
    cause: str
    detail: str
    took_ms: float
    correlation_id: str
    failed: int


class NamedRequest(Struct, frozen=True):
    """A request with the application's name, which is "" where the application no longer exists."""

    request: RecentRequest
    client_name: str


class Wanted(Struct, frozen=True):
    """Filters for the requests of a customer; None or "" means no filter. `before` is the id with which the page before
    ended."""

    customer_id: str
    client_id: str | None = None
    correlation_id: str | None = None
    failed: int | None = None
    surface: str | None = None
    before: str | None = None


def _named(name: str | None, *columns: Any) -> NamedRequest:
    return NamedRequest(RecentRequest(*columns), name or "")


_R = RECENT_REQUESTS.c
_ADD = Statement(lambda: insert_all(RECENT_REQUESTS, ignore=True), nothing)


def _page() -> Select[tuple[object, ...]]:
    columns: tuple[Any, ...] = (CLIENTS.c.name, *RECENT_REQUESTS.c)
    return (
        select(*columns)
        .select_from(RECENT_REQUESTS.outerjoin(CLIENTS, CLIENTS.c.id == _R.client_id))
        .where(
            _R.customer_id == bindparam("customer_id"),
            _R.id < bindparam("before"),
            func.coalesce(bindparam("client_id", type_=_R.client_id.type), _R.client_id) == _R.client_id,
            func.coalesce(bindparam("failed", type_=_R.failed.type), _R.failed) == _R.failed,
            func.coalesce(bindparam("surface", type_=_R.surface.type), _R.surface) == _R.surface,
        )
        .order_by(_R.id.desc())
        .limit(bindparam("most"))
    )


_LIST = Statement(_page, _named)
_LIST_CORRELATED = Statement(lambda: _page().where(_R.correlation_id == bindparam("correlation_id")), _named)
_GROUP = (
    _R.customer_id == bindparam("customer_id"),
    _R.client_id == bindparam("client_id"),
    _R.failed == bindparam("failed"),
)
_TRIM = Statement(
    lambda: delete(RECENT_REQUESTS).where(
        *_GROUP,
        _R.id
        <= select(_R.id).where(*_GROUP).order_by(_R.id.desc()).offset(bindparam("keep")).limit(1).scalar_subquery(),
    ),
    nothing,
)
_OLD = select(_R.id).where(_R.at < bindparam("before")).limit(bindparam("most"))
_PRUNE = Statement(lambda: delete(RECENT_REQUESTS).where(_R.id.in_(_OLD)), nothing)
_LAST = "~"


async def add_requests(tx: Writer, rows: Sequence[RecentRequest]) -> None:
    await tx.run_many(_ADD, [asdict(row) for row in rows])


async def trim_requests(tx: Writer, customer_id: str, client_id: str, failed: int, keep: int) -> int:
    """Deletes all but the newest `keep` requests of an application, counting successful and failed ones separately."""
    return await tx.run(_TRIM, {"customer_id": customer_id, "client_id": client_id, "failed": failed, "keep": keep})


async def list_requests(db: Reader, wanted: Wanted, most: int) -> list[NamedRequest]:
    """The newest first."""
    params = {
        "customer_id": wanted.customer_id, "client_id": wanted.client_id or None, "failed": wanted.failed,
        "surface": wanted.surface, "before": wanted.before or _LAST, "most": most,
    }  # fmt: skip
    if wanted.correlation_id:
        return await db.all(_LIST_CORRELATED, {**params, "correlation_id": wanted.correlation_id})
    return await db.all(_LIST, params)


async def prune_requests(tx: Writer, before: int, most: int) -> int:
    """Deletes up to `most` requests that are older; returns how many."""
    return await tx.run(_PRUNE, {"before": before, "most": most})
