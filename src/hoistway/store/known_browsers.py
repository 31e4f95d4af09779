"""Browsers in which people signed in before: digests of cookies, each of one person, until the password changes
(docs/adr/0031-devices.md).
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from hoistway.protocol.ids import UserId
from hoistway.store.columns import at, newest_of, reference, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.remembered_devices import REMEMBERED_DEVICES
from hoistway.store.schema import METADATA
from hoistway.store.sessions import SESSIONS

MOST: Final = 20
"""Of a person; the one used longest ago goes first."""
KEPT: Final = 400 * 86_400
"""Seconds since the last use, as long as browsers keep a cookie. The newest of a person stays: without any, the next sign-in
would count as the first."""
KNOWN_BROWSERS = Table(
    "known_browsers",
    METADATA,
    Column("browser_digest", LargeBinary, primary_key=True),
    reference("user_id", "users.id", primary_key=True),
    at("password_changed_at"),
    at("created_at"),
    at("last_used_at"),
    Index("ix_known_browsers_user_id", "user_id", "last_used_at"),
    Index("ix_known_browsers_last_used_at", "last_used_at"),
)
UNPROVEN: Final = 0
"""In the place of the time since which a browser is known, where nothing of the person's own was proven there."""
_FORGOTTEN: Final = -1
"""In the place of the time of a password, which it never is."""


class KnownBrowser(Struct, frozen=True):
    """`password_changed_at` is that of the person when they signed in there; with another password it is not known."""

    browser_digest: bytes
    user_id: UserId
    password_changed_at: int
    created_at: int
    last_used_at: int


_B = KNOWN_BROWSERS.c
_THIS = (_B.browser_digest == bindparam("b_digest"), _B.user_id == bindparam("b_user"))
_SEE = Statement(
    lambda: (
        update(KNOWN_BROWSERS)
        .where(*_THIS, _B.password_changed_at == bindparam("b_changed"))
        .values(last_used_at=bindparam("now"))
    ),
    nothing,
)
_KNOWN = Statement(
    lambda: select(_B.created_at).where(
        _B.browser_digest == bindparam("digest"),
        _B.user_id == bindparam("user_id"),
        _B.password_changed_at == bindparam("changed"),
        _B.created_at > UNPROVEN,
    ),
    int,
)
_ANY = Statement(
    lambda: select(_B.created_at).where(_B.user_id == bindparam("user_id")).order_by(_B.last_used_at).limit(1), int
)
_PUT = Statement(lambda: upsert(KNOWN_BROWSERS), nothing)
_MOVE = Statement(
    lambda: (
        update(KNOWN_BROWSERS)
        .where(_B.browser_digest == bindparam("b_digest"))
        .values(browser_digest=bindparam("new_digest"))
    ),
    nothing,
)


def _moving(table: Table, owners: str) -> Statement[None]:
    """What hangs on the browser in another table, of those who are known there under the digest with this name."""
    known = select(_B.user_id).where(_B.browser_digest == bindparam(owners))
    return Statement(
        lambda: (
            update(table)
            .where(table.c.user_id.in_(known), table.c.browser_digest == bindparam("b_digest"))
            .values(browser_digest=bindparam("new_digest"))
        ),
        nothing,
    )


_MOVE_SESSIONS, _MOVE_DEVICES = _moving(SESSIONS, "b_digest"), _moving(REMEMBERED_DEVICES, "new_digest")
_FORGET = Statement(lambda: update(KNOWN_BROWSERS).where(*_THIS).values(password_changed_at=_FORGOTTEN), nothing)
_RENEW = Statement(
    lambda: update(KNOWN_BROWSERS).where(*_THIS).values(password_changed_at=bindparam("changed")), nothing
)
_NEWER = KNOWN_BROWSERS.alias("newer")
_IS_NEWER = or_(
    _NEWER.c.last_used_at > _B.last_used_at,
    and_(_NEWER.c.last_used_at == _B.last_used_at, _NEWER.c.browser_digest > _B.browser_digest),
)
_PRUNE = Statement(
    lambda: delete(KNOWN_BROWSERS).where(
        _B.last_used_at < bindparam("before"),
        exists().where(_NEWER.c.user_id == _B.user_id, _IS_NEWER),
    ),
    nothing,
)


_NEWEST_FIRST = (_B.last_used_at.desc(), _B.created_at.desc(), _B.browser_digest)
_BOUND = Statement(
    lambda: delete(KNOWN_BROWSERS).where(
        _B.user_id == bindparam("b_user"),
        _B.browser_digest.not_in(newest_of(_B.browser_digest, _B.user_id, *_NEWEST_FIRST)),
    ),
    nothing,
)


async def see_browser(tx: Writer, digest: bytes, user_id: UserId, password_changed_at: int, now: int) -> bool:
    """True where the person signed in there with the present password before; that it was used now is written."""
    asked = {"b_digest": digest, "b_user": user_id, "b_changed": password_changed_at, "now": now}
    return await tx.run(_SEE, asked) == 1


async def known_since(db: Reader, digest: bytes, user_id: UserId, password_changed_at: int) -> int | None:
    """When the person first signed in there with the present password; nothing is written. It stays the same when the browser
    gets another cookie. None, too, where nothing of the person's own was proven at that sign-in."""
    asked = {"digest": digest, "user_id": user_id, "changed": password_changed_at}
    found: int | None = await db.one(_KNOWN, asked)
    return found


async def has_browsers(db: Reader, user_id: UserId) -> bool:
    """Also forgotten ones."""
    return await db.one(_ANY, {"user_id": user_id}) is not None


async def add_browser(tx: Writer, row: KnownBrowser, most: int) -> None:
    await tx.run(_PUT, asdict(row))
    await tx.run(_BOUND, {"b_user": row.user_id, "most": most})


async def move_browsers(tx: Writer, before: bytes, after: bytes) -> None:
    """The same browser has another cookie from now on, for everybody who signs in there: what ends their sessions forgets it."""
    asked = {"b_digest": before, "new_digest": after}
    # In the order of whoever ends a session.
    await tx.run(_MOVE_SESSIONS, asked)
    await tx.run(_MOVE, asked)
    await tx.run(_MOVE_DEVICES, asked)


async def forget_browser(tx: Writer, digest: bytes, user_id: UserId) -> None:
    """The next sign-in there is that of an unknown one."""
    await tx.run(_FORGET, {"b_digest": digest, "b_user": user_id})


async def renew_browser(tx: Writer, digest: bytes, user_id: UserId, password_changed_at: int) -> None:
    """The person chose another password there."""
    await tx.run(_RENEW, {"b_digest": digest, "b_user": user_id, "changed": password_changed_at})


async def prune_browsers(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
