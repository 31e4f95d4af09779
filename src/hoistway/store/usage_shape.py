"""What the tables of counted use have in common: one row for each kind of call in a span of time, with its latency in
bins.

Rows belong to a customer. Rows of the customer `EVERYBODY` are the sums over all, including calls whose customer is
unknown. Nothing refers to other tables, because counts outlive the rows that they are about.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, Table, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.latency import BINS
from hoistway.store.clients import CLIENTS
from hoistway.store.columns import key, number, optional_number
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.store.schema import METADATA

EVERYBODY: Final = ""
KEY: Final = ("customer_id", "at", "client_id", "subscription_id", "surface", "operation", "status", "cause")
_BIN_NAMES: Final = tuple(f"b{place:02}" for place in range(BINS))
MOST_GROUPS: Final = 20_000


class Asked(Struct, frozen=True):
    """Which rows are asked for: from `since` up to, but not including, `until`; None or "" means no filter."""

    customer_id: str
    since: int
    until: int
    surface: str | None = None
    client_id: str | None = None
    subscription_id: str | None = None
    operation: str | None = None


class Moment(Struct, frozen=True):
    """All calls of one span: how many were answered, refused (4xx) and failed (5xx)."""

    at: int
    answered: int
    refused: int
    failed: int
    bins: tuple[int, ...]


class Kind(Struct, frozen=True):
    """All calls of one kind in the whole time that was asked for. `client_name` is "" where the application is unknown."""

    client_id: str
    client_name: str
    subscription_id: str
    surface: str
    operation: str
    status: int
    cause: str
    calls: int
    bins: tuple[int, ...]


class Line(Struct, frozen=True):
    """One stored row, as the export shows it."""

    at: int
    kind: Kind


def usage_table(name: str) -> Table:
    """A bin without calls is NULL: most are, and NULL takes no space on either engine."""
    return Table(
        name,
        METADATA,
        key("customer_id"), Column("at", BigInteger, primary_key=True), key("client_id"), key("subscription_id"),
        key("surface"), key("operation"), Column("status", Integer, primary_key=True), key("cause"), number("calls"),
        *(optional_number(name) for name in _BIN_NAMES),
        Index(f"ix_{name}_at", "at"),
    )  # fmt: skip


def _moment(at: int, calls: int, refused: int | None, failed: int | None, *bins: int | None) -> Moment:
    bad, worse = int(refused or 0), int(failed or 0)
    return Moment(at, int(calls) - bad - worse, bad, worse, tuple(int(count or 0) for count in bins))


def _kind(name: str | None, client: str, *columns: Any) -> Kind:
    sub, surface, operation, status, cause, calls, *bins = columns
    counts = tuple(int(count or 0) for count in bins)
    return Kind(client, name or "", sub, surface, operation, status, cause, int(calls), counts)


def _line(at: int, *columns: Any) -> Line:
    return Line(at, _kind(*columns))


class UsageRows:
    """The statements for one such table. Their text does not depend on the request: a filter that is not used is NULL."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._add = Statement(self._adding, nothing)
        self._moments = Statement(self._by_moment, _moment)
        self._kinds = Statement(self._by_kind, _kind)
        self._lines = Statement(self._one_by_one, _line)
        self._prune = Statement(self._pruning, nothing)

    def _adding(self) -> Executable:
        c = self._table.c
        insert = Insert(self._table).values({column.name: bindparam(column.name, type_=column.type) for column in c})
        more: dict[str, Any] = {
            name: func.coalesce(c[name] + insert.excluded[name], c[name], insert.excluded[name]) for name in _BIN_NAMES
        }
        return insert.on_conflict_do_update(
            index_elements=list(KEY), set_={"calls": c.calls + insert.excluded.calls, **more}
        )

    def _narrowed(self) -> list[ColumnElement[bool]]:
        c = self._table.c
        asked = [
            func.coalesce(bindparam(f"w_{name}", type_=c[name].type), c[name]) == c[name]
            for name in ("surface", "client_id", "subscription_id", "operation")
        ]
        return [
            c.customer_id == bindparam("customer_id"), c.at >= bindparam("since"), c.at < bindparam("until"), *asked,
        ]  # fmt: skip

    def _bins(self) -> list[Column[Any]]:
        return [self._table.c[name] for name in _BIN_NAMES]

    def _what(self) -> list[Column[Any]]:
        c = self._table.c
        return [c.client_id, c.subscription_id, c.surface, c.operation, c.status, c.cause]

    def _by_moment(self) -> Executable:
        c = self._table.c
        calls, sums = func.sum(c.calls), [func.sum(one) for one in self._bins()]
        refused = func.sum(c.calls).filter(c.status >= 400, c.status < 500)
        failed = func.sum(c.calls).filter(c.status >= 500)
        return select(c.at, calls, refused, failed, *sums).where(*self._narrowed()).group_by(c.at).order_by(c.at)

    def _by_kind(self) -> Executable:
        what, calls = self._what(), func.sum(self._table.c.calls)
        sums = [func.sum(one) for one in self._bins()]
        groups = select(*what, calls.label("calls"), *sums).where(*self._narrowed()).group_by(*what)
        few = groups.order_by(calls.desc()).limit(MOST_GROUPS).subquery()
        named = few.outerjoin(CLIENTS, CLIENTS.c.id == few.c.client_id)
        return select(CLIENTS.c.name, *few.c).select_from(named).order_by(few.c.calls.desc(), few.c.client_id)

    def _one_by_one(self) -> Executable:
        c, what = self._table.c, self._what()
        named = self._table.outerjoin(CLIENTS, CLIENTS.c.id == c.client_id)
        rows = select(c.at, CLIENTS.c.name, *what, c.calls, *self._bins()).select_from(named)
        return rows.where(*self._narrowed()).order_by(c.at.desc(), *what).limit(bindparam("most"))

    def _pruning(self) -> Executable:
        keys = [self._table.c[name] for name in KEY]
        old = select(*keys).where(self._table.c.at < bindparam("before")).limit(bindparam("most"))
        return delete(self._table).where(tuple_(*keys).in_(old))

    async def add(self, tx: Writer, rows: Iterable[tuple[tuple[Any, ...], Sequence[int]]]) -> None:
        """Each row is a key, in the order of `KEY`, and its counts: all calls, then the bins."""
        await tx.run_many(self._add, [_params(key, counts) for key, counts in rows])

    async def prune(self, tx: Writer, before: int, most: int) -> int:
        """Deletes up to `most` rows of spans that began before that time; returns how many."""
        return await tx.run(self._prune, {"before": before, "most": most})

    async def moments(self, db: Database, asked: Asked) -> list[Moment]:
        return await db.slow(self._moments, _narrowing(asked), asked.customer_id)

    async def kinds(self, db: Database, asked: Asked) -> list[Kind]:
        """The most frequent first."""
        return await db.slow(self._kinds, _narrowing(asked), asked.customer_id)

    async def lines(self, db: Database, asked: Asked, most: int) -> list[Line]:
        """The newest first."""
        return await db.slow(self._lines, {**_narrowing(asked), "most": most}, asked.customer_id)


def _params(key: tuple[Any, ...], counts: Sequence[int]) -> Mapping[str, Any]:
    return dict(zip((*KEY, "calls", *_BIN_NAMES), (*key, *(counts[:1]), *(n or None for n in counts[1:])), strict=True))


def _narrowing(asked: Asked) -> dict[str, Any]:
    return {
        "customer_id": asked.customer_id, "since": asked.since, "until": asked.until, "w_surface": asked.surface or None,
        "w_client_id": asked.client_id or None, "w_subscription_id": asked.subscription_id or None,
        "w_operation": asked.operation or None,
    }  # fmt: skip
