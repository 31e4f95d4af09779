"""Single-use links: digests of their secrets, what they are about, and until when (docs/adr/0028-links.md)."""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    Table,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.columns import at, insert_all, key, optional_at, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

Kind = Literal["asked", "reset", "invitation", "address", "way_back", "first"]
KEPT: Final = 86_400
"""Seconds for which a link stays in the table after its end."""
_WAITS: ColumnElement[bool] = literal_column("kind = 'asked' AND used_at IS NULL")

MOST_OPEN: Final = 100
"""Links of one kind about one person that are read at once; rations allow no more in seven days."""
LINKS = Table(
    "links",
    METADATA,
    key(),
    Column("digest", LargeBinary, nullable=False),
    text("kind"),
    reference("user_id", "users.id", optional=True),
    reference("customer_id", "customers.id", optional=True),
    text("about"),
    Column("sealed", LargeBinary, nullable=False),
    optional_text("made_by"),
    at("created_at"),
    at("expires_at"),
    optional_at("used_at"),
    Index("ix_links_digest", "digest", unique=True),
    Index("ix_links_user_id", "user_id"),
    Index("ix_links_customer_id", "customer_id", "kind", "id"),
    Index("ix_links_expires_at", "expires_at"),
    Index("ix_links_waiting", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
)


class Link(Struct, frozen=True):
    """`about` is a keyed digest of the name or address. `made_by` is who invited. `used_at` is also set where the link was
    withdrawn or replaced."""

    id: str
    digest: bytes
    kind: Kind
    user_id: UserId | None
    customer_id: CustomerId | None
    about: str
    sealed: bytes
    made_by: UserId | None
    created_at: int
    expires_at: int
    used_at: int | None = None

    def is_open(self, now: int) -> bool:
        return self.used_at is None and self.expires_at > now


_L = LINKS.c
_INSERT = Statement(lambda: insert_all(LINKS), nothing)
_FIND = Statement(lambda: select(LINKS).where(_L.digest == bindparam("digest"), _L.kind == bindparam("kind")), Link)
_LOCK = Statement(lambda: select(LINKS).where(_L.id == bindparam("id")).with_for_update(), Link)
_BY_ID = Statement(lambda: select(LINKS).where(_L.id == bindparam("id")), Link)
_USE = Statement(lambda: update(LINKS).where(_L.id == bindparam("b_id")).values(used_at=bindparam("now")), nothing)
_END = Statement(
    lambda: (
        update(LINKS)
        .where(_L.user_id == bindparam("b_user"), _L.kind == bindparam("b_kind"), _L.used_at.is_(None))
        .values(used_at=bindparam("now"))
    ),
    nothing,
)
_END_LATER = Statement(
    lambda: (
        update(LINKS)
        .where(
            _L.user_id == bindparam("b_user"),
            _L.kind == bindparam("b_kind"),
            _L.id > bindparam("b_after"),
            _L.used_at.is_(None),
        )
        .values(used_at=bindparam("now"))
    ),
    nothing,
)
_REMOVE_OF = Statement(
    lambda: delete(LINKS).where(_L.user_id == bindparam("b_user"), _L.kind == bindparam("b_kind")), nothing
)
_NEWEST = Statement(
    lambda: (
        select(LINKS)
        .where(_L.user_id == bindparam("user_id"), _L.kind == bindparam("kind"))
        .order_by(_L.id.desc())
        .limit(1)
    ),
    Link,
)
_OPEN = Statement(
    lambda: (
        select(LINKS)
        .where(
            _L.user_id == bindparam("user_id"),
            _L.kind == bindparam("kind"),
            _L.used_at.is_(None),
            _L.expires_at > bindparam("now"),
        )
        .order_by(_L.id)
        .limit(bindparam("most"))
    ),
    Link,
)
_REMOVE = Statement(lambda: delete(LINKS).where(_L.id == bindparam("id")), nothing)
_WAITING = Statement(lambda: select(_L.id).where(_WAITS).order_by(_L.id).limit(bindparam("most")), str)
_RENEW = Statement(
    lambda: (
        update(LINKS)
        .where(_L.id == bindparam("b_id"))
        .values(digest=bindparam("new_digest"), expires_at=bindparam("until"))
    ),
    nothing,
)
_PENDING = (
    _L.kind == literal_column("'invitation'"),
    _L.used_at.is_(None),
    _L.expires_at > bindparam("now"),
)
_OF_CUSTOMER = _L.customer_id == bindparam("customer_id")
_PAGE = Statement(
    lambda: (
        select(LINKS)
        .where(_OF_CUSTOMER, *_PENDING, _L.id > bindparam("after"))
        .order_by(_L.id)
        .limit(bindparam("most"))
    ),
    Link,
)
_COUNT = Statement(lambda: select(func.count()).select_from(LINKS).where(_OF_CUSTOMER, *_PENDING), int)
_SAME = Statement(
    lambda: (
        update(LINKS)
        .where(
            _L.customer_id == bindparam("b_customer"),
            _L.kind == literal_column("'invitation'"),
            _L.about == bindparam("b_about"),
            _L.used_at.is_(None),
        )
        .values(used_at=bindparam("now"))
    ),
    nothing,
)
_PRUNE = Statement(lambda: delete(LINKS).where(_L.expires_at < bindparam("before")), nothing)


async def add_link(tx: Writer, link: Link) -> None:
    await tx.run(_INSERT, asdict(link))


async def find_link(db: Reader, kind: Kind, digest: bytes) -> Link | None:
    """Whatever became of it."""
    return await db.one(_FIND, {"kind": kind, "digest": digest})


async def find_link_by_id(db: Reader, link_id: str) -> Link | None:
    """Whatever became of it."""
    return await db.one(_BY_ID, {"id": link_id})


async def lock_link(tx: Writer, link_id: str) -> Link | None:
    """Nobody else can use or end it until this transaction ends."""
    return await tx.one(_LOCK, {"id": link_id})


async def use_link(tx: Writer, link_id: str, now: int) -> None:
    await tx.run(_USE, {"b_id": link_id, "now": now})


async def end_links_of(tx: Writer, user_id: UserId, kind: Kind, now: int) -> int:
    """Of that kind, about this person."""
    return await tx.run(_END, {"b_user": user_id, "b_kind": kind, "now": now})


async def end_later_links(tx: Writer, user_id: UserId, kind: Kind, after: str, now: int) -> None:
    """Like `end_links_of`, for those that were made after the one with this id."""
    await tx.run(_END_LATER, {"b_user": user_id, "b_kind": kind, "b_after": after, "now": now})


async def remove_links_of(tx: Writer, user_id: UserId, kind: Kind) -> None:
    await tx.run(_REMOVE_OF, {"b_user": user_id, "b_kind": kind})


async def newest_link(db: Reader, user_id: UserId, kind: Kind) -> Link | None:
    """Whatever became of it."""
    return await db.one(_NEWEST, {"user_id": user_id, "kind": kind})


async def open_links_of(db: Reader, user_id: UserId, kind: Kind, now: int) -> list[Link]:
    """The oldest first."""
    return await db.all(_OPEN, {"user_id": user_id, "kind": kind, "now": now, "most": MOST_OPEN})


async def remove_link(tx: Writer, link_id: str) -> None:
    await tx.run(_REMOVE, {"id": link_id})


async def waiting_resets(db: Reader, most: int) -> list[str]:
    """Ids of resets that were asked for and not looked at yet, the oldest first."""
    return await db.all(_WAITING, {"most": most})


async def renew_link(tx: Writer, link_id: str, digest: bytes, until: int) -> None:
    """Another secret, and more time; the secret before gives nothing any more."""
    await tx.run(_RENEW, {"b_id": link_id, "new_digest": digest, "until": until})


async def pending_invitations(db: Reader, customer_id: CustomerId, now: int, *, after: str, most: int) -> list[Link]:
    """Those that can still be accepted, the oldest first; `after` is an id."""
    return await db.all(_PAGE, {"customer_id": customer_id, "now": now, "after": after, "most": most})


async def count_invitations(db: Reader, customer_id: CustomerId, now: int) -> int:
    return await db.one(_COUNT, {"customer_id": customer_id, "now": now}) or 0


async def end_invitations_to(tx: Writer, customer_id: CustomerId, about: str, now: int) -> int:
    """Invitations of the same address to the same customer."""
    return await tx.run(_SAME, {"b_customer": customer_id, "b_about": about, "now": now})


async def prune_links(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
