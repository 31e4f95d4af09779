"""The audit trail: what was done, by whom and for which customer. Entries are only added, and removed when they are old enough."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct, field
from sqlalchemy import ColumnElement, Index, Table, bindparam, column, delete, func, literal_column, or_, select

from hoistway.store.columns import at, insert_all, key, optional_text, text, to_json
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

# This is a literal, because with a parameter the planner can't know that the index of sign-ins holds every row that is
# asked for.
_SIGN_IN: ColumnElement[bool] = column("event") == literal_column("'sign_in.succeeded'")
_FAILED: ColumnElement[bool] = column("event").in_(
    [literal_column("'sign_in.failed'"), literal_column("'factor.failed'")]
)

LONGEST_VALUE = 200
AUDIT = Table(
    "audit",
    METADATA,
    key(),
    at("at"),
    text("event"),
    optional_text("actor"),
    optional_text("client_id"),
    optional_text("customer_id"),
    optional_text("correlation_id"),
    text("detail"),
    Index("ix_audit_event_at", "event", "at"),
    Index("ix_audit_customer", "customer_id", "at"),
    Index("ix_audit_sign_ins", "actor", "at", sqlite_where=_SIGN_IN, postgresql_where=_SIGN_IN),
    Index("ix_audit_failures", "actor", "at", sqlite_where=_FAILED, postgresql_where=_FAILED),
)


class Entry(Struct, frozen=True):
    """`event` is a dotted word such as "password_grant.used"; `detail` holds no secret. `id` sorts by time (UUIDv7)."""

    id: str
    at: int
    event: str
    actor: str | None = None
    client_id: str | None = None
    customer_id: str | None = None
    correlation_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


class WrittenEntry(Struct, frozen=True):
    """An entry as the table stores it: `detail` is JSON text."""

    id: str
    at: int
    event: str
    actor: str | None
    client_id: str | None
    customer_id: str | None
    correlation_id: str | None
    detail: str


_INSERT = Statement(lambda: insert_all(AUDIT), nothing)
_LATEST = Statement(
    lambda: (
        select(AUDIT)
        .where(AUDIT.c.event == bindparam("event"))
        .order_by(AUDIT.c.at.desc(), AUDIT.c.id.desc())
        .limit(bindparam("most"))
    ),
    WrittenEntry,
)
# Its index has the event and the time; what has the same second follows by its id.
_OF_EVENT = Statement(
    lambda: (
        select(AUDIT)
        .where(
            AUDIT.c.event == bindparam("event"),
            AUDIT.c.at >= bindparam("at"),
            or_(AUDIT.c.at > bindparam("at"), AUDIT.c.id > bindparam("after")),
        )
        .order_by(AUDIT.c.at, AUDIT.c.id)
        .limit(bindparam("most"))
    ),
    WrittenEntry,
)
_FROM = Statement(
    lambda: (
        select(AUDIT)
        .where(AUDIT.c.id > bindparam("after"), AUDIT.c.at >= bindparam("since"), AUDIT.c.at < bindparam("until"))
        .order_by(AUDIT.c.id)
        .limit(bindparam("most"))
    ),
    WrittenEntry,
)
# The ids sort by time, so their index serves here; there is no index on the time itself.
_OLDEST = select(AUDIT.c.id, AUDIT.c.at).order_by(AUDIT.c.id).limit(bindparam("most")).subquery()
_FIRST = Statement(
    lambda: select(AUDIT).where(AUDIT.c.id > bindparam("after")).order_by(AUDIT.c.id).limit(bindparam("most")),
    WrittenEntry,
)
_REMOVE = Statement(lambda: delete(AUDIT).where(AUDIT.c.id == bindparam("id")), nothing)
_DUE = Statement(lambda: select(_OLDEST.c.id).where(_OLDEST.c.at < bindparam("before")), str)
_BETWEEN = Statement(
    lambda: (
        select(AUDIT)
        .where(AUDIT.c.id > bindparam("after"), AUDIT.c.id <= bindparam("until"))
        .order_by(AUDIT.c.id)
        .limit(bindparam("most"))
    ),
    WrittenEntry,
)
SLOTS: Final = 50
_OF = Statement(
    lambda: select(AUDIT).where(AUDIT.c.id.in_([bindparam(f"id_{slot}") for slot in range(SLOTS)])), WrittenEntry
)
_BEHIND = select(AUDIT.c.id).where(AUDIT.c.id > bindparam("after")).limit(bindparam("most")).subquery()
_COUNT_BEHIND = Statement(lambda: select(func.count()).select_from(_BEHIND), int)


def last_sign_in(person: ColumnElement[Any]) -> ColumnElement[int | None]:
    """A column for statements that read people: when this person last signed in, or NULL."""
    signed_in = AUDIT.c.event == literal_column("'sign_in.succeeded'")
    return select(func.max(AUDIT.c.at)).where(signed_in, AUDIT.c.actor == person).scalar_subquery()


def is_failure() -> ColumnElement[bool]:
    """Of a sign-in or a second factor; their index holds every such entry."""
    return AUDIT.c.event.in_([literal_column("'sign_in.failed'"), literal_column("'factor.failed'")])


def short(text: str) -> str:
    """Shortens a value for the trail, because some, such as a product's terms, can be long."""
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


async def add_entry(tx: Writer, entry: Entry) -> None:
    row = {
        "id": entry.id, "at": entry.at, "event": entry.event, "actor": entry.actor, "client_id": entry.client_id,
        "customer_id": entry.customer_id, "correlation_id": entry.correlation_id, "detail": to_json(entry.detail),
    }  # fmt: skip
    await tx.run(_INSERT, row)


async def latest_entries(db: Reader, event: str, most: int = 100) -> list[WrittenEntry]:
    return await db.all(_LATEST, {"event": event, "most": most})


async def entries_of_event(db: Reader, event: str, at: int, after: str, most: int) -> list[WrittenEntry]:
    """The oldest first: from the time `at` on, and of that second those behind the id `after`."""
    return await db.all(_OF_EVENT, {"event": event, "at": at, "after": after, "most": most})


async def entries_from(db: Reader, after: str, since: int, until: int, most: int) -> list[WrittenEntry]:
    """Entries from the time `since` up to, but not including, `until`; the oldest first, after the id `after`."""
    return await db.all(_FROM, {"after": after, "since": since, "until": until, "most": most})


async def due_entries(db: Reader, before: int, most: int) -> list[str]:
    """The ids of the oldest, as far as they are older than that."""
    return await db.all(_DUE, {"before": before, "most": most})


async def first_entries(db: Reader, after: str, most: int) -> list[WrittenEntry]:
    """The oldest first, behind the id `after`."""
    return await db.all(_FIRST, {"after": after, "most": most})


async def remove_entries(tx: Writer, ids: Sequence[str]) -> None:
    """Those alone."""
    await tx.run_many(_REMOVE, [{"id": one} for one in ids])


async def entries_between(db: Reader, after: str, until: str, most: int) -> list[WrittenEntry]:
    """The oldest first, behind the id `after`, up to and with `until`."""
    return await db.all(_BETWEEN, {"after": after, "until": until, "most": most})


async def entries_of(db: Reader, ids: Sequence[str]) -> list[WrittenEntry]:
    """In the order of their ids."""
    found: list[WrittenEntry] = []
    for first in range(0, len(ids), SLOTS):
        some = ids[first : first + SLOTS]
        found += await db.all(_OF, {f"id_{slot}": some[slot % len(some)] for slot in range(SLOTS)})
    return sorted(found, key=lambda row: row.id)


async def count_entries_after(db: Reader, after: str, most: int) -> int:
    """At most so many."""
    return await db.one(_COUNT_BEHIND, {"after": after, "most": most}) or 0
